import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { before, describe, test } from 'node:test';
import { type EncodedMedia, encodedMedia } from '../../test/fixtures/encoded_media.ts';
import { decodeErrors, ffprobe } from '../../test/fixtures/ffprobe.ts';
import { frameNumbers } from '../../test/fixtures/frame_numbers.ts';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { readBody } from '../../test/fixtures/media_body.ts';
import { numberedClip } from '../../test/fixtures/numbered_clip.ts';
import { cutTrack, type RecordedSegment, recordRun } from '../../test/fixtures/recorded_footage.ts';
import { testG711Track } from '../../test/fixtures/synthetic_media.ts';
import { testRoots } from '../../test/fixtures/test_root.ts';
import { until } from '../../test/fixtures/until.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import type { AnswerBody } from './answer_body.ts';
import { DeliveryService } from './delivery_service.ts';
import { LeaseTable, leaseMs } from './lease_table.ts';
import { chunkBytes, largeChunkBytes, maxChunksInFlight, maxLargeReaders } from './messages.ts';
import { sendBody } from './send_body.ts';
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
  readonly warnings: { file?: string; reason?: string }[] = [];
  readonly leases = new LeaseTable(this.fixture.clock);
  readonly unreadable: string[] = [];
  readonly service = new DeliveryService({
    databaseFile: this.fixture.file,
    roots: testRoots(this.dir),
    clock: this.fixture.clock,
    logger: { warn: (facts: object) => void this.warnings.push(facts) },
    leases: this.leases,
    onUnreadable: ({ path }) => this.unreadable.push(path),
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
        if (answer.body) void sendBody(response, answer.body).catch(() => {});
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
  const track = testG711Track;
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
    if (body) void sendBody(response, body).catch(() => {});
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
  assert.deepEqual(await readBody(answer.body!), readFileSync(join(site.dir, path)).subarray(offset, end));
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
      code: 'not_found',
    }),
  );
  await context.test('a segment that never was', () =>
    assert.rejects(site.service.segmentFile({ ...wanted, segmentId: 'none', fileName: 'init-v.mp4' }), {
      code: 'not_found',
    }),
  );
  await context.test('a segment that was deleted, by an error of its own', () => {
    site.service.footageDeleted([{ id: 'deleted' }]);
    const request = { ...wanted, segmentId: 'deleted', fileName: 'init-v.mp4' };
    return assert.rejects(site.service.segmentFile(request), { code: 'footage_deleted' });
  });
});

test('any ranges of a clip put together are the whole clip', async () => {
  await using site = new Site();
  site.record();
  const whole = await site.clip(1_234, 10_987);
  const bytes = await readBody(whole.body!);
  const { etag, 'content-length': length } = whole.headers;
  assert.equal(Number(length), bytes.length);
  const cuts = [0, 1, 500, 5_000, 40_000, Math.floor(bytes.length / 2), bytes.length - 1, bytes.length];
  const parts: Buffer[] = [];
  for (const [index, from] of cuts.slice(0, -1).entries()) {
    const range = `bytes=${from}-${cuts[index + 1]! - 1}`;
    const part = await site.clip(1_234, 10_987, { range, ifRange: etag! });
    assert.equal(part.status, 206);
    assert.equal(part.headers['content-range'], `bytes ${from}-${cuts[index + 1]! - 1}/${bytes.length}`);
    parts.push(await readBody(part.body!));
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

describe('a version of a clip', () => {
  const request = (site: Site) => ({ ...site.window(0, 3_000), gaps: 'close' }) as const;

  /** A site where the first version of a clip was told, and its bytes; then what lies around it changed. */
  async function changedSite(): Promise<{ site: Site; version: string; bytes: Buffer }> {
    const site = new Site();
    const [segment] = site.record(0, 100, { leaveOpen: true });
    const withFragments = (fragments: readonly FragmentEntry[]) => ({
      ...segment!,
      facts: { ...segment!.facts, fragments },
    });
    const { fragments } = segment!.facts;
    site.open.push(withFragments(fragments.slice(0, 6)));
    const first = await site.service.clip(request(site));
    const bytes = await readBody(first.body!);
    // The start of the run moves, and sound of the window may be in the fragment that came.
    const moved = fragments.map((entry) => ({ ...entry, startMs: unixMillis(entry.startMs - 100) }));
    site.open[0] = withFragments(moved);
    const other = await site.service.clip(request(site), { head: true });
    assert.notEqual(other.headers.etag, first.headers.etag, 'the footage makes another clip now');
    return { site, version: first.headers.etag!.slice(1, -1), bytes };
  }

  test('is made of the same bytes when its footage changed meanwhile', async () => {
    const { site, version, bytes } = await changedSite();
    await using _ = site;
    const half = bytes.length >> 1;
    const parts: Buffer[] = [];
    for (const range of [`bytes=0-${half - 1}`, `bytes=${half}-`]) {
      const part = await site.service.clip({ ...request(site), version }, { range });
      assert.equal(part.status, 206);
      parts.push(await readBody(part.body!));
    }
    assert.deepEqual(Buffer.concat(parts), bytes);
  });

  test('is refused when it is not kept any more and its footage changed', async () => {
    const { site, version } = await changedSite();
    await using _ = site;
    for (let end = 1_000; end < 3_000; end += 25) await site.clip(0, end, { head: true });
    await assert.rejects(site.service.clip({ ...request(site), version }), { code: 'clip_changed' });
  });

  test('stays when footage comes behind it that makes no other bytes', async () => {
    await using site = new Site();
    const [segment] = site.record(0, 100, { leaveOpen: true });
    const { fragments } = segment!.facts;
    const versions = new Set<string>();
    for (let count = 4; count <= fragments.length; count++) {
      site.open[0] = { ...segment!, facts: { ...segment!.facts, fragments: fragments.slice(0, count) } };
      versions.add((await site.clip(0, 2_000, { head: true })).headers.etag!);
    }
    assert.equal(versions.size, 1);
  });

  test('is made again as long as its footage is the same', async () => {
    await using site = new Site();
    site.record();
    const { headers } = await site.service.clip(request(site), { head: true });
    for (let end = 1_000; end < 3_000; end += 25) await site.clip(0, end, { head: true });
    const version = headers.etag!.slice(1, -1);
    const again = await site.service.clip({ ...request(site), version }, { head: true });
    assert.equal(again.headers.etag, headers.etag);
  });
});

test('errors of the worker arrive as they were thrown', async () => {
  await using site = new Site();
  site.record();
  await assert.rejects(site.clip(20_000, 30_000), { code: 'no_footage', message: /No footage was recorded/ });
  await assert.rejects(site.clip(5, 5), { code: 'request_invalid' });
});

/** A clip as a file, with the header that says what is missing of it. */
async function savedClip(site: Site, from: number, to: number, gaps: 'close' | 'keep' = 'close') {
  const { headers, body } = await site.service.clip({ ...site.window(from, to), gaps });
  const file = join(site.fixture.folder, `${from}-${to}-${gaps}.mp4`);
  writeFileSync(file, await readBody(body!));
  return { file, leftOut: headers['nightjar-left-out-ms'] };
}

const damages = [
  { name: 'is gone', harm: (file: string) => rmSync(file), reason: /is gone/ },
  {
    name: 'is cut off',
    harm: (file: string) => truncateSync(file, Math.floor(readFileSync(file).length / 2)),
    reason: /ends before its footage does/,
  },
  {
    name: 'is damaged in its sample table and elsewhere',
    harm: (file: string) => {
      const bytes = readFileSync(file);
      bytes.fill(0xee, 10_000, 40_000).fill(0xee, bytes.length - 100, bytes.length - 50);
      writeFileSync(file, bytes);
    },
    reason: /moof|size/,
  },
];
test('a clip plays on over a file that cannot be read, and says so', async (context) => {
  for (const { name, harm, reason } of damages) {
    await context.test(name, async () => {
      await using site = new Site();
      const path = site.record()[1]!.playable.path;
      const whole = await savedClip(site, 0, 12_000);
      assert.equal(whole.leftOut, undefined);
      harm(join(site.dir, path));
      const closed = await savedClip(site, 1_000, 11_000);
      assert.deepEqual(await frameNumbers(closed.file), [...numbers(25, 99), ...numbers(200, 274)]);
      assert.equal(await decodeErrors(closed.file), '');
      assert.equal(closed.leftOut, '4000');
      const kept = await savedClip(site, 1_000, 11_000, 'keep');
      assert.deepEqual(await frameNumbers(kept.file), [...numbers(25, 99), ...numbers(200, 274)]);
      assert.ok(Math.abs(Number((await ffprobe(kept.file)).format.duration) - 10) < 0.01);
      assert.equal(site.warnings.length, 1);
      assert.equal(site.warnings[0]!.file, path);
      assert.deepEqual([...new Set(site.unreadable)], [path]);
      assert.match(site.warnings[0]!.reason!, reason);
    });
  }
});

test('a sample table that is damaged alone leaves nothing out', async () => {
  await using site = new Site();
  const file = join(site.dir, site.record()[1]!.playable.path);
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0xee, bytes.length - 100, bytes.length - 50));
  const clip = await savedClip(site, 1_000, 11_000);
  assert.deepEqual(await frameNumbers(clip.file), numbers(25, 274));
  assert.equal(clip.leftOut, undefined);
});

test('a file that goes away while it is sent ends the answer, and the next one leaves it out', async () => {
  await using site = new Site();
  const [, second] = site.record();
  const file = join(site.dir, second!.playable.path);
  const cut = await site.service.openClip({ ...site.window(0, 7_900), gaps: 'close' });
  renameSync(file, `${file}.away`);
  await assert.rejects(readBody(cut.read()), { code: 'footage_deleted', message: /is gone/ });
  assert.equal((await savedClip(site, 0, 7_900)).leftOut, '3900');
  renameSync(`${file}.away`, file);
  const back = await savedClip(site, 0, 7_900);
  assert.equal(back.leftOut, undefined);
  assert.deepEqual(await frameNumbers(back.file), numbers(0, 197));
});

test('when no file of a clip can be read there is no footage', async () => {
  await using site = new Site();
  for (const { playable } of site.record()) rmSync(join(site.dir, playable.path));
  await assert.rejects(site.clip(0, 3_000), { code: 'no_footage', message: /cannot be read/ });
  const window = { ...site.window(0, 12_000), tracks: 'all' as const };
  await assert.rejects(site.service.playlist(window), { code: 'no_footage', message: /cannot be read/ });
  assert.equal(site.warnings.length, 3);
});

test('a playlist goes on over files that are missing or cut off', async () => {
  await using site = new Site();
  const [, second, third] = site.record(0, 300, { segmentSeconds: 2 }).map(({ playable }) => playable);
  rmSync(join(site.dir, second!.path));
  truncateSync(join(site.dir, third!.path), third!.fragments[1]!.offset);
  const playlist = `${await site.serve()}/playlist.m3u8?from=0&to=60000`;
  assert.equal((await (await fetch(playlist)).text()).match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1);
  assert.deepEqual(await frameNumbers(playlist), [...numbers(0, 49), ...numbers(150, 299)]);
  assert.equal(site.warnings.length, 2);
  const { offset, bytes } = second!.fragments[0]!;
  const wanted = { streamIds: [site.streamId], segmentId: second!.id };
  for (const fileName of [`${offset}-${offset + bytes}-v.m4s`, 'init-v.mp4']) {
    await assert.rejects(site.service.segmentFile({ ...wanted, fileName }), {
      code: 'no_footage',
      message: /missing/,
    });
  }
});

test('segments are leased while they are sent, and free afterwards', async () => {
  await using site = new Site();
  const [first, second, third] = site.record().map(({ playable }) => playable.id);
  const { body } = await site.clip(0, 900);
  assert.deepEqual(
    [first, second, third].map((id) => site.leases.isLeased(id!)),
    [true, false, false],
  );
  await readBody(body!);
  assert.equal(site.leases.isLeased(first!), false);
});

test('a reader that goes away frees what it held', async () => {
  await using site = new Site();
  const id = site.record()[0]!.playable.id;
  const gone = await site.clip(0, 900);
  gone.body!.destroy();
  assert.equal(site.leases.isLeased(id), false);
});

test('a connection that takes nothing for a minute is closed, and frees what it held', async () => {
  await using site = new Site();
  const id = site.record()[0]!.playable.id;
  const { body } = await site.clip(0, 900);
  let writes = 0;
  // A socket whose other end never reads.
  const socket = new Writable({ write: () => void writes++ });
  const sending = sendBody(socket, body!);
  const refused = assert.rejects(sending, { code: 'reader_stalled' });
  await until(() => writes === 1);
  site.fixture.clock.advance(leaseMs - 1);
  assert.equal(socket.destroyed, false);
  site.fixture.clock.advance(leaseMs);
  await refused;
  assert.equal(socket.destroyed, true);
  assert.equal(site.leases.isLeased(id), false);
});

test('an answer that nobody reads is closed when its lease ends', async () => {
  await using site = new Site();
  site.record();
  const answer = await site.service.openClip({ ...site.window(0, 900), gaps: 'close' });
  site.fixture.clock.advance(leaseMs);
  assert.equal(answer.closed, true);
  await assert.rejects(readBody(answer.read()), { code: 'reader_stalled' });
});

test('a reader that does not read is sent no more than the bound', async () => {
  await using site = new Site();
  site.record();
  const { body, headers } = await site.clip(0, 12_000);
  const total = Number(headers['content-length']);
  const bound = maxChunksInFlight * chunkBytes;
  assert.ok(total > bound, `${total}`);
  await until(() => (body as AnswerBody).heldBytes === bound);
  // Another job is answered meanwhile: whatever else would have come, would have come by then.
  await readBody((await site.clip(0, 900)).body!);
  assert.equal((body as AnswerBody).heldBytes, bound);
  assert.equal((await readBody(body!)).length, total);
});

test('few readers of much are sent large chunks, and those that come later small ones', async () => {
  await using site = new Site();
  for (let run = 0; run < 8; run++) site.record(0, 300, { startMs: startMs + run * 12_000 });
  const bodies: AnswerBody[] = [];
  for (let reader = 0; reader <= maxLargeReaders; reader++) {
    const { body, headers } = await site.clip(0, 96_000);
    assert.ok(Number(headers['content-length']) > maxChunksInFlight * largeChunkBytes);
    bodies.push(body as AnswerBody);
  }
  const expected = bodies.map((_, reader) => (reader < maxLargeReaders ? largeChunkBytes : chunkBytes));
  await until(() =>
    bodies.every(({ heldBytes }, reader) => heldBytes === maxChunksInFlight * expected[reader]!),
  );
  // Who goes away makes room.
  bodies[0]!.destroy();
  const { body } = await site.clip(0, 96_000);
  await until(() => (body as AnswerBody).heldBytes === maxChunksInFlight * largeChunkBytes);
  body!.destroy();
  for (const each of bodies) each.destroy();
});

test('more clips at once than may wait are refused', async () => {
  await using site = new Site();
  site.record();
  const asked = Array.from({ length: 40 }, (_, index) => site.clip(index, 2_000, { head: true }));
  const answers = await Promise.allSettled(asked);
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : []));
  assert.deepEqual(new Set(refused), new Set(['too_busy']));
  assert.equal(refused.length, 8);
});

/** The one picture of a key frame's answer. */
async function keyFrame(site: Site, at: number) {
  const atMs = unixMillis(startMs + at);
  const { headers, body } = await site.service.keyFrame({ streamId: site.streamId, atMs });
  const file = join(site.fixture.folder, `key-${at}.mp4`);
  writeFileSync(file, await readBody(body!));
  return { headers, file };
}

test('the key frame of an instant is the newest one at or before it', async () => {
  await using site = new Site();
  const keys = media.video.samples.flatMap(({ keyFrame: isKey }, index) => (isKey ? [index] : []));
  site.record();
  for (const at of [0, 39, 1_000, 3_999, 4_000, 7_777, 11_999]) {
    const { headers, file } = await keyFrame(site, at);
    const newest = keys.findLast((key) => key * 40 <= at)!;
    assert.deepEqual(await frameNumbers(file), [newest], `at ${at}`);
    assert.equal(headers['nightjar-instant-ms'], String(startMs + newest * 40));
  }
});

test('the answer with a key frame is one sample that decodes alone', async () => {
  await using site = new Site();
  site.record();
  const { headers, file } = await keyFrame(site, 5_000);
  const { packets, streams, errors } = await ffprobe(file, { packets: true });
  assert.equal(errors, '');
  assert.deepEqual(
    streams.map(({ codec_name }) => codec_name),
    ['h264'],
  );
  assert.equal(packets.length, 1);
  assert.match(packets[0]!.flags, /^K/);
  assert.equal(await decodeErrors(file), '');
  assert.equal(headers['content-type'], `video/mp4; codecs="${media.video.track.codecString}"`);
  assert.match(headers['cache-control']!, /immutable/);
  assert.equal(headers['content-length'], String(readFileSync(file).length));
});

test('a key frame of a segment that is being written is found in its fragments', async () => {
  await using site = new Site();
  site.open.push(...site.record(0, 300, { leaveOpen: true }).slice(-1));
  const { headers, file } = await keyFrame(site, 11_500);
  const newest = media.video.samples.findLastIndex(
    ({ keyFrame: isKey }, index) => isKey && index * 40 <= 11_500,
  );
  assert.deepEqual(await frameNumbers(file), [newest]);
  assert.doesNotMatch(headers['cache-control']!, /immutable/);
});

test('a key frame is looked for in the segment before when its own begins without one', async () => {
  await using site = new Site();
  const open = site.record(0, 200, { leaveOpen: true })[1]!;
  const fragments = open.facts.fragments.map((entry) => ({ ...entry, keyFrame: false }));
  site.open.push({ ...open, facts: { ...open.facts, fragments } });
  const { headers, file } = await keyFrame(site, 7_500);
  const newest = media.video.samples.findLastIndex(({ keyFrame: isKey }, index) => isKey && index < 100);
  assert.deepEqual(await frameNumbers(file), [newest]);
  assert.equal(headers['nightjar-instant-ms'], String(startMs + newest * 40));
});

test('there is no key frame in a gap, before the footage or behind it', async () => {
  await using site = new Site();
  const [, second] = site.record();
  for (const at of [-1, 12_000, 60_000]) await assert.rejects(keyFrame(site, at), { code: 'no_footage' });
  rmSync(join(site.dir, second!.playable.path));
  await assert.rejects(keyFrame(site, 5_000), { code: 'no_footage', message: /missing/ });
  assert.equal(site.warnings.length, 1);
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
  const settings = { databaseFile: 'none', roots: testRoots('none') };
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
    { databaseFile: site.fixture.file, roots: testRoots(site.dir) },
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
