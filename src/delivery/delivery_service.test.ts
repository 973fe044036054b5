import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { before, test } from 'node:test';
import { type EncodedMedia, encodedMedia } from '../../test/fixtures/encoded_media.ts';
import { decodeErrors, ffprobe } from '../../test/fixtures/ffprobe.ts';
import { frameNumbers } from '../../test/fixtures/frame_numbers.ts';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { numberedClip } from '../../test/fixtures/numbered_clip.ts';
import { cutTrack, type RecordedSegment, recordRun } from '../../test/fixtures/recorded_footage.ts';
import { until } from '../../test/fixtures/until.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { G711Track } from '../media/track.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import { DeliveryService } from './delivery_service.ts';
import { leaseMs } from './lease_table.ts';
import { chunkBytes, maxChunksInFlight } from './messages.ts';
import { idleMs, WorkerHandle } from './worker_handle.ts';

const startMs = Date.UTC(2026, 0, 1);
/** Behind all that was recorded. */
const nowMs = startMs + 3_600_000;

let media: EncodedMedia;
before(async () => {
  media = await encodedMedia((await numberedClip({ frames: 300, audio: true })).mp4File);
});

class Site {
  readonly fixture = new IndexFixture(nowMs);
  readonly streamId = this.fixture.addCamera().streamId;
  readonly dir = join(this.fixture.folder, 'recordings');
  readonly open: RecordedSegment[] = [];
  readonly service = new DeliveryService({
    databaseFile: this.fixture.file,
    recordingsDir: this.dir,
    clock: this.fixture.clock,
    openFootage: (streamId) =>
      this.open.filter(({ reservation }) => reservation.streamId === streamId).map(({ facts }) => facts),
  });
  #server: Server | undefined;

  /** Pictures [from, to) of the clip, as a run. */
  record(from = 0, to = 300, options: Partial<Parameters<typeof recordRun>[0]> = {}): RecordedSegment[] {
    const tracks = [media.video, media.audio!].map((track) => cutTrack(track, from / 25, to / 25));
    const segments = recordRun({
      dir: this.dir,
      tracks,
      startMs: startMs + from * 40,
      segmentSeconds: 4,
      fragmentSeconds: 0.5,
      streamId: this.streamId,
      ...options,
    });
    for (const { reservation, run, summary, playable } of segments) {
      this.fixture.index.ledger.reserve(reservation, run);
      if (playable.fileBytes !== undefined) this.fixture.index.ledger.close(summary, { overlap: false });
    }
    return segments;
  }

  window(from: number, to: number) {
    return { streamId: this.streamId, fromMs: unixMillis(startMs + from), toMs: unixMillis(startMs + to) };
  }

  clip(from: number, to: number, http: Parameters<DeliveryService['clip']>[1] = {}) {
    return this.service.clip({ ...this.window(from, to), gaps: 'close' }, http);
  }

  /** A web server with the routes of the API; resolves to where the playlist's folder is. */
  async serve(): Promise<string> {
    const server = createServer(async (request, response) => {
      const path = new URL(request.url ?? '', 'http://x').pathname.split('/');
      try {
        const [, folder, segmentId, fileName] = path;
        if (folder !== 'segments') {
          const query = new URL(request.url ?? '', 'http://x').searchParams;
          const [from, to] = ['from', 'to'].map((name) => Number(query.get(name)));
          const { text, headers } = await this.service.playlist({
            ...this.window(from!, to!),
            tracks: query.has('video') ? 'video' : 'all',
          });
          response.writeHead(200, headers).end(text);
          return;
        }
        const wanted = { streamIds: [this.streamId], segmentId: segmentId!, fileName: fileName! };
        const answer = await this.service.segmentFile(wanted, { range: request.headers.range });
        response.writeHead(answer.status, answer.headers);
        if (answer.body) pipeline(answer.body, response, () => {});
        else response.end();
      } catch (error) {
        response.writeHead(error instanceof NightjarError ? error.entry.httpStatus : 500).end(String(error));
      }
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
    await this.service.stop();
    this.fixture.remove();
  }
}

const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

test('a player shows every picture of a playlist once, over segments, runs and an open segment', async () => {
  await using site = new Site();
  site.record(0, 150);
  site.open.push(...site.record(150, 300, { startMs: startMs + 10_000, leaveOpen: true }).slice(-1));
  const playlist = `${await site.serve()}/playlist.m3u8?from=0&to=60000`;
  assert.deepEqual(await frameNumbers(playlist), numbers(0, 299));
  assert.equal(await decodeErrors(playlist), '');
  const { streams } = await ffprobe(playlist);
  assert.deepEqual(
    streams.map(({ codec_name }) => codec_name),
    ['h264', 'aac'],
  );
});

test('the time line of a run is continuous in the media of a playlist', async () => {
  await using site = new Site();
  site.record();
  const { packets } = await ffprobe(`${await site.serve()}/playlist.m3u8?from=0&to=60000`, { packets: true });
  for (const [kind, step] of [
    ['video', 0.04],
    ['audio', 1024 / 48_000],
  ] as const) {
    const times = packets
      .filter(({ codec_type }) => codec_type === kind)
      .map(({ dts_time }) => Number(dts_time));
    assert.ok(times.length > 250);
    for (let index = 1; index < times.length; index++) {
      assert.ok(Math.abs(times[index]! - times[index - 1]! - step) < 0.001, `${kind} ${index}`);
    }
  }
});

test('pictures alone are played without a trace of the sound', async () => {
  await using site = new Site();
  site.record();
  const playlist = `${await site.serve()}/playlist.m3u8?video&from=4000&to=8000`;
  const { streams } = await ffprobe(playlist);
  assert.deepEqual(
    streams.map(({ codec_name }) => codec_name),
    ['h264'],
  );
  assert.deepEqual(await frameNumbers(playlist), numbers(100, 199));
  assert.equal(await decodeErrors(playlist), '');
});

test('sound that browsers do not play stays in the file', async () => {
  await using site = new Site();
  const track: G711Track = {
    kind: 'audio',
    codec: 'pcmu',
    timescale: 8_000,
    sampleRate: 8_000,
    channels: 1,
    codecString: 'ulaw',
  };
  const chunk = { bytes: Buffer.alloc(160, 0xff), holders: 1 };
  const samples = Array.from({ length: 600 }, (_, index) => ({
    bytes: { chunk, start: 0, end: 160 },
    decodeTicks: trackTicks(index * 160),
    compositionOffset: 0,
    duration: 160,
    keyFrame: true,
  }));
  site.record(0, 300, { tracks: [media.video, { track, samples }] });
  const playlist = `${await site.serve()}/playlist.m3u8?from=0&to=60000`;
  assert.deepEqual(await frameNumbers(playlist), numbers(0, 299));
  assert.equal(await decodeErrors(playlist), '');
  const clip = await ffprobeClip(site, 1_000, 9_000);
  assert.deepEqual(clip, ['h264', 'pcm_mulaw']);
});

async function ffprobeClip(site: Site, from: number, to: number): Promise<string[]> {
  const server = createServer(async (request, response) => {
    const { status, headers, body } = await site.clip(from, to, { range: request.headers.range });
    response.writeHead(status, headers);
    if (body) pipeline(body, response, () => {});
    else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { streams } = await ffprobe(`http://127.0.0.1:${(server.address() as AddressInfo).port}/clip.mp4`);
  server.closeAllConnections();
  server.close();
  return streams.map(({ codec_name }) => codec_name);
}

test('a media address answers with as many bytes as it names, and for ever the same', async () => {
  await using site = new Site();
  const [first] = site.record();
  const { fragments, id, path } = first!.playable;
  const [offset, end] = [fragments[2]!.offset, fragments[3]!.offset + fragments[3]!.bytes];
  const wanted = { streamIds: [site.streamId], segmentId: id, fileName: `${offset}-${end}-av.m4s` };
  const answer = await site.service.segmentFile(wanted);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-length'], String(end - offset));
  assert.match(answer.headers['cache-control']!, /immutable/);
  // The first segment begins its run, so even the patched bytes are the recorded ones.
  assert.deepEqual(await buffer(answer.body!), readFileSync(join(site.dir, path)).subarray(offset, end));
});

const wrongAddresses = [
  { name: 'bytes that are no whole fragments', file: '1-2-v.m4s', code: 'not_found' },
  { name: 'a name that no playlist has', file: 'index.html', code: 'not_found' },
];
test('addresses that no playlist has are refused', async (context) => {
  await using site = new Site();
  const [first] = site.record(0, 50);
  const wanted = { streamIds: [site.streamId], segmentId: first!.playable.id };
  for (const { name, file, code } of wrongAddresses) {
    await context.test(name, () =>
      assert.rejects(site.service.segmentFile({ ...wanted, fileName: file }), { code }),
    );
  }
  await context.test('a segment of another camera', () =>
    assert.rejects(site.service.segmentFile({ ...wanted, streamIds: ['other'], fileName: 'init-v.mp4' }), {
      code: 'footage_deleted',
    }),
  );
});

test('any ranges of a clip put together are the whole clip', async () => {
  await using site = new Site();
  site.record();
  const whole = await site.clip(1_234, 10_987);
  const bytes = await buffer(whole.body!);
  const { etag, 'content-length': length } = whole.headers;
  assert.equal(Number(length), bytes.length);
  const cuts = [0, 1, 500, 5_000, 40_000, Math.floor(bytes.length / 2), bytes.length - 1, bytes.length];
  const parts: Buffer[] = [];
  for (const [index, from] of cuts.slice(0, -1).entries()) {
    const range = `bytes=${from}-${cuts[index + 1]! - 1}`;
    const part = await site.clip(1_234, 10_987, { range, ifRange: etag! });
    assert.equal(part.status, 206);
    assert.equal(part.headers['content-range'], `bytes ${from}-${cuts[index + 1]! - 1}/${bytes.length}`);
    parts.push(await buffer(part.body!));
  }
  assert.deepEqual(Buffer.concat(parts), bytes);
});

test('HEAD, a known ETag and an impossible range have no body', async () => {
  await using site = new Site();
  site.record();
  const head = await site.clip(0, 2_000, { head: true });
  assert.equal(head.body, undefined);
  assert.equal(head.headers['content-type'], 'video/mp4');
  const known = await site.clip(0, 2_000, { ifNoneMatch: head.headers.etag });
  assert.deepEqual([known.status, known.body], [304, undefined]);
  const beyond = await site.clip(0, 2_000, { range: 'bytes=99999999-' });
  assert.deepEqual([beyond.status, beyond.body], [416, undefined]);
});

test('a clip that grew meanwhile is sent whole to who asks for a range of the old one', async () => {
  await using site = new Site();
  const [segment] = site.record(0, 100, { leaveOpen: true });
  site.open.push({
    ...segment!,
    facts: { ...segment!.facts, fragments: segment!.facts.fragments.slice(0, 3) },
  });
  const old = await site.clip(0, 60_000, { head: true });
  site.open[0] = segment!;
  const answer = await site.clip(0, 60_000, { range: 'bytes=100-', ifRange: old.headers.etag });
  assert.equal(answer.status, 200);
  assert.notEqual(answer.headers.etag, old.headers.etag);
  answer.body!.destroy();
});

test('errors of the worker arrive as they were thrown', async () => {
  await using site = new Site();
  site.record();
  await assert.rejects(site.clip(20_000, 30_000), { code: 'no_footage', message: /No footage was recorded/ });
  await assert.rejects(site.clip(5, 5), { code: 'request_invalid' });
});

test('a file that is gone is deleted footage, one that is cut off is a damaged file', async () => {
  await using site = new Site();
  const [first, second] = site.record();
  const cut = await site.service.openClip({ ...site.window(0, 7_900), gaps: 'close' });
  truncateSync(join(site.dir, second!.playable.path), second!.playable.fragments[4]!.offset);
  await assert.rejects(buffer(cut.read()), {
    code: 'file_malformed',
    message: /ends before its footage does/,
  });
  await assert.rejects(site.clip(0, 7_000), { code: 'file_malformed' });
  rmSync(join(site.dir, first!.playable.path));
  await assert.rejects(site.clip(0, 3_000), { code: 'footage_deleted' });
});

test('segments are leased while they are sent, and free afterwards', async () => {
  await using site = new Site();
  const [first, second, third] = site.record().map(({ playable }) => playable.id);
  const { body } = await site.clip(0, 900);
  assert.deepEqual(
    [first, second, third].map((id) => site.service.isLeased(id!)),
    [true, false, false],
  );
  await buffer(body!);
  assert.equal(site.service.isLeased(first!), false);
});

test('a reader that goes away frees what it held, one that stalls loses its lease', async () => {
  await using site = new Site();
  const id = site.record()[0]!.playable.id;
  const gone = await site.clip(0, 900);
  gone.body!.destroy();
  await until(() => gone.body!.closed);
  assert.equal(site.service.isLeased(id), false);
  const stalled = await site.clip(0, 900);
  assert.equal(site.service.isLeased(id), true);
  site.fixture.clock.advance(leaseMs);
  assert.equal(site.service.isLeased(id), false);
  stalled.body!.destroy();
});

test('an answer that nobody reads is closed when its lease ends', async () => {
  await using site = new Site();
  site.record();
  const answer = await site.service.openClip({ ...site.window(0, 900), gaps: 'close' });
  site.fixture.clock.advance(leaseMs);
  assert.equal(answer.closed, true);
  await assert.rejects(buffer(answer.read()), /closed/);
});

test('a reader that does not read is sent no more than the bound', async () => {
  await using site = new Site();
  site.record();
  // Ranges of the same footage, one behind the other, until the clip is far larger than the bound.
  const { body, headers } = await site.clip(0, 12_000);
  const total = Number(headers['content-length']);
  const bound = 2 * maxChunksInFlight * chunkBytes;
  await until(() => body!.readableLength > Math.min(total, chunkBytes) - 1);
  assert.ok((body as Readable).readableLength <= bound);
  assert.equal((await buffer(body!)).length, total);
});

test('one that goes away while the clip is laid out gets no answer', async () => {
  await using site = new Site();
  site.record();
  const leaving = new AbortController();
  const asking = site.clip(0, 12_000, { signal: leaving.signal });
  leaving.abort(new Error('gone'));
  await assert.rejects(asking, /gone/);
  await assert.rejects(site.clip(0, 12_000, { signal: leaving.signal }), /gone/);
});

test('stopping ends what is under way and refuses what comes', async () => {
  await using site = new Site();
  site.record();
  const asking = site.clip(0, 12_000);
  const refused = assert.rejects(asking, { code: 'stopping' });
  await site.service.stop();
  await refused;
  await assert.rejects(site.clip(0, 12_000), { code: 'stopping' });
});

test('a worker that dies fails its jobs, and the next job starts another', async () => {
  const dying = new URL(`data:text/javascript,
    import { parentPort } from 'node:worker_threads';
    parentPort.once('message', () => process.exit(3));`);
  const settings = { databaseFile: 'none', recordingsDir: 'none' };
  const handle = new WorkerHandle(settings, new SimulatedClock(), dying);
  const dead = () =>
    new Promise<{ error: NightjarError; threadId: number | undefined }>((resolve) => {
      const job = handle.begin({
        onMessage: () => assert.fail('no answer'),
        onLost: (error) => resolve({ error, threadId }),
      });
      const { threadId } = handle;
      handle.send({ kind: 'close', job });
    });
  const first = await dead();
  assert.equal(first.error.code, 'internal');
  assert.match(first.error.message, /died: it ended with code 3/);
  assert.equal(handle.running, false);
  const second = await dead();
  assert.notEqual(second.threadId, first.threadId);
  await handle.stop();
});

test('a worker without work is ended after a while', async () => {
  await using site = new Site();
  const handle = new WorkerHandle(
    { databaseFile: site.fixture.file, recordingsDir: site.dir },
    site.fixture.clock,
  );
  const job = handle.begin({ onMessage: () => {}, onLost: () => {} });
  site.fixture.clock.advance(idleMs);
  assert.equal(handle.running, true);
  handle.end(job);
  site.fixture.clock.advance(idleMs - 1);
  assert.equal(handle.running, true);
  site.fixture.clock.advance(1);
  await until(() => !handle.running);
  await handle.stop();
});
