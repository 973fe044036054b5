import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { frontDoor, nothingRecorded, startApi } from '../../../test/fixtures/api_server.ts';
import { decodeErrors, runTool } from '../../../test/fixtures/ffprobe.ts';
import { temporaryFolder } from '../../../test/process/nightjar_process.ts';
import type { ApiServices } from '../ports.ts';

const etagLength = 27;

/** Movies of other sizes and sounds, whose tables are last: to read one takes three requests. */
async function movieVersions(folder: string): Promise<Buffer[]> {
  const widths = [160, 176, 192, 208];
  return Promise.all(
    widths.map(async (width) => {
      const file = path.join(folder, `${width}.mp4`);
      const { code, errors } = await runTool('ffmpeg', [
        ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc=size=${width}x120:rate=25:duration=20`],
        ...['-f', 'lavfi', '-i', `sine=frequency=${width}:duration=20`],
        ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '10', '-c:a', 'aac', file],
      ]);
      assert.equal(code, 0, errors);
      return readFile(file);
    }),
  );
}

test('ffmpeg reads one version of a clip that is another one each time it is asked for', async (context) => {
  const versions = await movieVersions(temporaryFolder(context));
  let found = 0;
  const parts: string[] = [];
  const clip: ApiServices['delivery']['clip'] = async ({ version }, { head, range, signal } = {}) => {
    const number = version === undefined ? found++ % versions.length : Number(version);
    const movie = versions[number]!;
    const etag = `"${String(number).padStart(etagLength, '0')}"`;
    if (head) return { status: 200, headers: { etag }, body: undefined };
    parts.push(`${version} ${range}`);
    const first = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    const rest = movie.subarray(first);
    return {
      status: 206,
      headers: {
        etag,
        'accept-ranges': 'bytes',
        'content-length': String(rest.length),
        'content-range': `bytes ${first}-${movie.length - 1}/${movie.length}`,
      },
      body: { signal: signal!, destroy() {}, [Symbol.asyncIterator]: () => chunksOf(rest) },
    };
  };
  const { ask, server, clock } = await startApi(context, { delivery: { ...nothingRecorded, clip } });
  const { id } = (await ask('POST', '/api/v1/cameras', frontDoor)).json;
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  const window = `from=${clock.now() - 20_000}&to=${clock.now() + 20_000}`;
  assert.equal(await decodeErrors(`${address}/api/v1/cameras/${id}/clip.mp4?${window}`), '');
  assert.ok(parts.length > 1, 'it came in one part, which shows nothing');
});

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
