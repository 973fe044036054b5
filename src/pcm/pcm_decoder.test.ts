import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { runTool } from '../../test/fixtures/ffprobe.ts';
import { hasPcmDecoder, pcmDecoder } from './pcm_decoder.ts';

/** What ffmpeg's decoder makes of the same bytes. */
async function decodedByFfmpeg(
  context: TestContext,
  bytes: Uint8Array,
  words: readonly string[],
): Promise<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-pcm-'));
  context.after(() => rm(folder, { recursive: true }));
  const name = path.join(folder, 'sound.raw');
  await writeFile(name, bytes);
  const { code, output, errors } = await runTool('ffmpeg', [
    '-v',
    'error',
    ...words,
    '-i',
    name,
    '-f',
    's16le',
    '-',
  ]);
  assert.deepEqual([code, errors], [0, '']);
  return output;
}

const everyCode = Uint8Array.from({ length: 512 }, (_, index) => index);
const pairs = Uint8Array.from({ length: 2 * 65_536 }, (_, index) => (index % 2 ? index >> 1 : index >> 9));

const kinds: readonly [codecString: string, format: string, bytes: Uint8Array][] = [
  ['alaw', 'alaw', everyCode],
  ['ulaw', 'mulaw', everyCode],
  ['twos', 's16be', pairs],
];

for (const [codecString, format, bytes] of kinds) {
  test(`all values of ${codecString} become the samples that ffmpeg makes of them`, async (context) => {
    const decoder = pcmDecoder({ codecString, timescale: 8_000, channels: 1 })!;
    const samples = decoder.decode(bytes);
    const expected = await decodedByFfmpeg(context, bytes, ['-f', format, '-ar', '8000']);
    assert.equal(Buffer.compare(Buffer.from(samples.buffer), expected), 0);
    assert.deepEqual([decoder.sampleRate, decoder.channels], [8_000, 1]);
  });
}

test('what is no whole sample of all channels at the end is left out', () => {
  const cases: readonly [codecString: string, channels: number, bytes: number, samples: number][] = [
    ['alaw', 2, 5, 4],
    ['twos', 1, 5, 2],
    ['twos', 2, 7, 2],
    ['ulaw', 1, 0, 0],
  ];
  for (const [codecString, channels, bytes, samples] of cases) {
    const decoder = pcmDecoder({ codecString, timescale: 8_000, channels })!;
    assert.equal(decoder.decode(new Uint8Array(bytes)).length, samples);
  }
});

test('there is no decoder for what browsers decode themselves, or for channels that cannot be', () => {
  for (const codecString of ['mp4a.40.2', 'opus', 'avc1.64001f', '']) {
    assert.equal(pcmDecoder({ codecString, timescale: 8_000, channels: 1 }), undefined);
    assert.equal(hasPcmDecoder(codecString), false);
  }
  for (const channels of [0, 9])
    assert.equal(pcmDecoder({ codecString: 'alaw', timescale: 8_000, channels }), undefined);
});
