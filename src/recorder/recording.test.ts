import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { HangingRoot } from '../../test/fixtures/run_writing.ts';
import { testVideoTrack } from '../../test/fixtures/synthetic_media.ts';
import { testJob } from '../../test/fixtures/test_job.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { until } from '../../test/fixtures/until.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { Run, SegmentReservation } from '../footage/segment.ts';
import { ChunkPool, SampleArena } from '../media/sample_arena.ts';
import type { AudioTrack, VideoTrack } from '../media/track.ts';
import { readMoof, type StoredTrackFragment } from '../mp4/moof_reader.ts';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import { ActivityMeter } from './activity_meter.ts';
import { DiskState } from './disk_state.ts';
import { FileLedger } from './file_ledger.ts';
import { HostClock } from './host_clock.ts';
import type { LiveItem } from './live_item.ts';
import { Recording } from './recording.ts';
import { repairFile } from './repair_file.ts';
import { StorageRoot } from './storage_root.ts';

class RunLedger extends FileLedger {
  readonly runs = new Map<string, Run>();
  /** Storage roots of the files, in the order in which they were asked for. */
  readonly rootIds: string[] = [];
  readonly abandonedIds: string[] = [];

  override abandoned(id: string): void {
    this.abandonedIds.push(id);
    super.abandoned(id);
  }

  override async reserve(reservation: SegmentReservation, run?: Run): Promise<void> {
    if (run) this.runs.set(run.id, run);
    this.rootIds.push(reservation.rootId);
    await super.reserve(reservation);
  }
}

const pcma: AudioTrack = {
  kind: 'audio',
  codec: 'pcma',
  bitsPerSample: 8,
  timescale: 8_000,
  sampleRate: 8_000,
  channels: 1,
  codecString: 'alaw',
};

/** @param options.gop pictures from one key frame to the next; a second's when not given */
async function recordingOf(
  context: TestContext,
  options: {
    record?: boolean;
    watched?: boolean;
    gop?: number;
    audio?: AudioTrack;
    /** Of the picture with a number; the same one for all when not given. */
    trackOf?: (index: number) => VideoTrack;
  } = {},
) {
  const { record = true, watched = false, gop = 25 } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-recording-'));
  context.after(() => rm(folder, { recursive: true }));
  const clock = new SimulatedClock(Date.UTC(2026, 5, 1, 12));
  const hostClock = new HostClock(clock);
  const ledger = new RunLedger();
  const pool = new ChunkPool();
  const arena = new SampleArena(pool);
  const holes: [sinceMs: number, cause: GapCause][] = [];
  const live: LiveItem[] = [];
  let written = 0;
  const disk = new DiskState();
  const breaks: { error: NightjarError; sinceMs: number }[] = [];
  const root = new HangingRoot({ id: testRootId, folder, clock, syncMs: 2_000 });
  const recording = new Recording({
    job: { ...testJob, record },
    clock,
    hostClock,
    ledger,
    root,
    disk,
    pool,
    activity: new ActivityMeter(),
    audioTrack: () => options.audio,
    events: {
      onWritten: () => void written++,
      onBreak: (error, sinceMs) => breaks.push({ error, sinceMs }),
      onLive: (item) => live.push(item),
      onHole: (sinceMs, cause) => holes.push([sinceMs, cause]),
    },
    watched,
  });
  /** A picture each 40 ms, a key frame each `gop`; `jumpTicks` moves its RTP time stamp, `stepMs` is the time to the next. */
  const pictures = (from: number, to: number, jumpTicks = 0, stepMs = 40) => {
    for (let index = from; index < to; index++) {
      arena.append(Buffer.from([0, 0, 0, 2, 0x65, 0x88]), 0, 6);
      recording.take({
        kind: 'accessUnit',
        bytes: arena.finish(),
        rtpTimestamp: rtpTimestamp(index * 3_600 + jumpTicks),
        keyFrame: index % gop === 0,
        arrivalMs: clock.now(),
        track: options.trackOf?.(index) ?? testVideoTrack,
      });
      clock.advance(stepMs);
    }
  };
  /** 20 ms of G.711, at once. */
  const sound = (index: number) => {
    arena.append(Buffer.alloc(160, index), 0, 160);
    recording.take({
      kind: 'audioFrame',
      bytes: arena.finish(),
      rtpTimestamp: rtpTimestamp(index * 160),
      durationTicks: 160,
      arrivalMs: clock.now(),
      track: options.audio!,
    });
  };
  const stop = () => recording.stop(new NightjarError('camera_closed', 'The test ends.'));
  const runs = () => [...ledger.runs.values()];
  /** Numbers of the pictures that went out live, by the times at which they are shown; each run counts from 0. */
  const shown = () =>
    live.flatMap((item): (string | number)[] => {
      if (item.kind === 'init') return ['init'];
      const [{ decodeTicks, samples }] = readMoof(item.bytes.subarray(32)) as [StoredTrackFragment];
      // The live time line begins a second early.
      let ticks = decodeTicks - 90_000;
      return samples.map(({ compositionOffset, duration }) => {
        const shownTicks = ticks + compositionOffset;
        ticks += duration;
        return shownTicks / 3_600;
      });
    });
  return {
    ...{ clock, hostClock, ledger, breaks, holes, recording, pictures, sound, stop, runs },
    ...{ folder, root, disk, pool, shown, written: () => written },
  };
}

test('P10: a camera that jumps by hours goes on in a new run, at its next key frame', async (context) => {
  const { pictures, stop, breaks, runs, ledger } = await recordingOf(context);
  pictures(0, 50);
  pictures(50, 150, 90_000 * 7_200);
  await stop();
  assert.equal(runs().length, 2);
  assert.deepEqual(
    breaks.map(({ error }) => error.code),
    ['timeline_break', 'camera_closed'],
  );
  const frames = ledger.closedSegments.map(({ summary }) => summary.tracks[0]!.samples);
  // Those behind the jump decode with those before it: up to the key frame they go on in the old run.
  assert.deepEqual(frames, [75, 75]);
});

test('P10: time stamps that jump in a stream without key frames go on for half a minute, and no longer', async (context) => {
  const { pictures, stop, ledger, runs } = await recordingOf(context, { gop: 10_000 });
  pictures(0, 50);
  pictures(50, 2_000, 90_000 * 7_200);
  await stop();
  assert.equal(runs().length, 1);
  // Two strays before the third tells, then 30 s.
  const written = ledger.closedSegments.reduce((sum, { summary }) => sum + summary.tracks[0]!.samples, 0);
  assert.equal(written, 50 + 2 + 30_000 / 40 + 1);
});

test('P10: a camera that comes back to its time line goes on in the same run', async (context) => {
  const { pictures, stop, ledger, runs } = await recordingOf(context, { gop: 100 });
  pictures(0, 20);
  pictures(20, 40, 90_000 * 7_200);
  pictures(40, 60, 90_000 * -30);
  pictures(60, 200);
  await stop();
  assert.equal(runs().length, 1);
  assert.deepEqual(
    ledger.closedSegments.map(({ summary }) => summary.tracks[0]!.samples),
    [200],
  );
});

test('a step of the host clock begins a new run with a new clock epoch', async (context) => {
  const { clock, hostClock, pictures, stop, breaks, runs } = await recordingOf(context);
  pictures(0, 50);
  clock.stepWallClock(-3_600_000);
  hostClock.check();
  pictures(50, 100);
  await stop();
  assert.deepEqual(
    runs().map(({ clockEpoch }) => clockEpoch),
    [0, 1],
  );
  assert.equal(breaks[0]!.error.code, 'timeline_break');
  assert.equal(breaks[0]!.sinceMs, Date.UTC(2026, 5, 1, 12) + 2_000);
});

test('nothing is recorded before the first key frame', async (context) => {
  const { pictures, stop, runs, ledger } = await recordingOf(context);
  pictures(1, 60);
  await stop();
  assert.equal(runs().length, 1);
  assert.equal(ledger.closedSegments[0]!.summary.tracks[0]!.samples, 35);
  assert.equal(ledger.closedSegments[0]!.summary.startMs, unixMillis(Date.UTC(2026, 5, 1, 12) + 24 * 40));
});

const beganMs = Date.UTC(2026, 5, 1, 12);

test('sound that arrives before the first picture and belongs to it is recorded, older sound is not', async (context) => {
  const { clock, recording, pictures, sound, stop, ledger } = await recordingOf(context, { audio: pcma });
  // The first picture has the time of the tenth sound.
  recording.senderReport({ media: 'audio', ntpMs: 5_000_200, rtpTimestamp: rtpTimestamp(1_600) });
  recording.senderReport({ media: 'video', ntpMs: 5_000_200, rtpTimestamp: rtpTimestamp(0) });
  for (let index = 0; index < 12; index++) sound(index);
  clock.advance(40);
  pictures(0, 25);
  await stop();
  const [video, audio] = ledger.closedSegments[0]!.summary.tracks;
  assert.deepEqual([video!.samples, audio!.samples], [25, 2]);
  assert.equal(recording.samplesDropped, 0);
});

test('of sound that waits for a first picture, only the newest is kept in memory', async (context) => {
  const { clock, pictures, sound, stop, pool } = await recordingOf(context, { audio: pcma });
  for (let index = 0; index < 5_000; index++) {
    sound(index);
    clock.advance(20);
  }
  assert.ok(pool.lentBytes <= 1024 * 1024, `${pool.lentBytes} bytes`);
  pictures(1, 3);
  await stop();
});

test('a camera that falls silent and goes on leaves a hole within its run, on record before what follows', async (context) => {
  const { clock, recording, pictures, stop, breaks, holes, runs, ledger } = await recordingOf(context);
  pictures(0, 60);
  assert.equal(recording.hole(), undefined);
  clock.advance(4_000);
  assert.equal(recording.hole()?.cause, 'no_packets');
  pictures(160, 200);
  assert.equal(recording.hole(), undefined);
  await stop();
  assert.equal(runs().length, 1);
  assert.deepEqual(holes, [[beganMs + 2_400, 'no_packets']]);
  assert.equal(breaks.length, 1);
  assert.deepEqual(
    ledger.closedSegments.map(({ summary }) => [summary.startMs, summary.endMs, summary.independent]),
    [
      [beganMs, beganMs + 2_400, true],
      // It goes on with a picture that needs those before: none is thrown away.
      [beganMs + 6_400, beganMs + 8_000, false],
    ],
  );
});

test('a hole before anything of the session is in a file begins with its newest picture', async (context) => {
  const { clock, recording, pictures, stop } = await recordingOf(context);
  pictures(0, 5);
  clock.advance(7_000);
  assert.deepEqual(recording.hole(), { cause: 'no_packets', sinceMs: beganMs + 160 });
  await stop();
});

test('pictures lost to damage for long are a hole with that cause', async (context) => {
  const { clock, recording, pictures, stop, holes } = await recordingOf(context);
  pictures(0, 50);
  for (let lost = 0; lost < 100; lost++) {
    recording.take({ kind: 'damage', media: 'video', reason: 'a packet was lost', arrivalMs: clock.now() });
    clock.advance(40);
  }
  assert.equal(recording.hole()?.cause, 'damaged');
  pictures(150, 200);
  await stop();
  assert.deepEqual(holes, [[beganMs + 2_000, 'damaged']]);
});

test('a stall whose pictures come late, all at once, leaves neither hole nor break', async (context) => {
  const { clock, recording, pictures, stop, breaks, holes, ledger } = await recordingOf(context);
  pictures(0, 50);
  clock.advance(6_000);
  assert.equal(recording.hole()?.cause, 'no_packets');
  pictures(50, 100);
  await stop();
  assert.deepEqual(holes, []);
  assert.deepEqual(
    breaks.map(({ error }) => error.code),
    ['camera_closed'],
  );
  assert.equal(ledger.closedSegments.length, 1);
});

const spans = (ledger: RunLedger) =>
  ledger.closedSegments.map(({ summary }) => [
    Math.round(summary.startMs - beganMs),
    Math.round(summary.endMs - beganMs),
  ]);

test('time stamps that leap ahead of a young run begin another one, and leave no hole', async (context) => {
  const { pictures, stop, holes, ledger } = await recordingOf(context);
  pictures(0, 100);
  pictures(100, 300, 100 * 3_600);
  await stop();
  assert.deepEqual(holes, []);
  assert.deepEqual(spans(ledger), [
    [0, 4_000],
    [4_000, 12_000],
  ]);
});

test('time stamps that step back by some seconds begin another run, placed by its arrival', async (context) => {
  const { pictures, stop, ledger } = await recordingOf(context);
  pictures(0, 500);
  pictures(500, 1_000, -100 * 3_600);
  await stop();
  assert.deepEqual(spans(ledger), [
    // Up to the next key frame the old run goes on.
    [0, 21_000],
    [21_000, 40_000],
  ]);
});

test('time stamps that stand still keep no pictures in memory', async (context) => {
  const { pictures, stop, written, ledger } = await recordingOf(context);
  pictures(0, 50);
  const before = written();
  for (let index = 50; index < 800; index++) pictures(index, index + 1, (50 - index) * 3_600);
  await stop();
  assert.ok(written() - before >= 10, `${written() - before} fragments in 30 s`);
  assert.ok(ledger.closedSegments.every(({ summary }) => summary.tracks[0]!.samples <= 110));
});

test('an old key frame on connect puts nothing of what follows into the future', async (context) => {
  const { pictures, stop, holes, ledger } = await recordingOf(context);
  pictures(0, 1, 0, 0);
  pictures(100, 300);
  await stop();
  assert.deepEqual(holes, []);
  assert.deepEqual(spans(ledger), [
    [0, 40],
    [0, 8_000],
  ]);
});

const count = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

test('whoever begins to watch gets all from the newest key frame on, out of the file and what follows', async (context) => {
  const { recording, pictures, stop, shown } = await recordingOf(context, { gop: 100 });
  pictures(0, 180);
  recording.watch();
  pictures(180, 190);
  assert.deepEqual(shown(), [], 'the file is being read');
  await until(() => shown().length > 0);
  pictures(190, 230);
  await stop();
  assert.deepEqual(shown(), ['init', ...count(100, 230)]);
});

test('nothing goes out before somebody watches, nor after', async (context) => {
  const { recording, pictures, stop, shown } = await recordingOf(context);
  pictures(0, 30);
  recording.unwatch();
  assert.deepEqual(shown(), []);
  recording.watch();
  pictures(30, 40);
  recording.unwatch();
  pictures(40, 60);
  await stop();
  assert.deepEqual(shown(), ['init', ...count(25, 40)]);
});

test('a new run begins the live time line anew', async (context) => {
  const { pictures, stop, shown } = await recordingOf(context, { watched: true });
  pictures(0, 50);
  pictures(50, 80, 90_000 * 7_200);
  await stop();
  assert.deepEqual(shown(), ['init', ...count(0, 75), 'init', ...count(0, 5)]);
});

test('what is only watched leaves neither run nor break', async (context) => {
  const { pictures, stop, shown, runs, breaks, written } = await recordingOf(context, {
    record: false,
    watched: true,
  });
  pictures(0, 60);
  await stop();
  assert.deepEqual(shown(), ['init', ...count(0, 60)]);
  assert.deepEqual([runs(), breaks], [[], []]);
  assert.ok(written() > 0, 'its session is seen to deliver');
});

for (const [when, hangsFirst] of [
  ['hangs', true],
  ['begins to hang after that', false],
] as const) {
  test(`a stream that is moved off a disk which ${when} is recorded to the new one from its next key frame on`, async (context) => {
    const site = await recordingOf(context);
    const { clock, folder, ledger, root, recording, pictures, breaks, stop, written } = site;
    const other = new StorageRoot({ id: randomUUID(), folder, clock, syncMs: 2_000 });
    pictures(0, 60);
    await until(() => written() === 2);
    if (hangsFirst) root.hang();
    pictures(60, 110);
    recording.moveTo(other);
    if (!hangsFirst) {
      await until(() => written() === 4);
      root.hang();
      recording.leaveHangingDisk();
    }
    pictures(110, 200);
    const before = written();
    await until(() => ledger.rootIds.includes(other.id) && written() > before);
    const [{ error, sinceMs }] = breaks as [(typeof breaks)[number]];
    assert.deepEqual([breaks.length, error.code], [1, 'disk_slow']);
    assert.ok(sinceMs <= clock.now() - 140 * 40, 'from where nothing of it is known to be on the disk');
    await stop();
    root.goOn();
    await until(() => root.queuedBytes === 0);
    assert.equal(other.queuedBytes, 0);
  });
}

test('a recording that is stopped while its disk hangs leaves it the file, and says from when on nothing is known', async (context) => {
  const { clock, ledger, root, recording, pictures, breaks, stop, written } = await recordingOf(context);
  pictures(0, 60);
  await until(() => written() === 2);
  root.hang();
  pictures(60, 110);
  const stopped = stop();
  recording.leaveHangingDisk();
  await stopped;
  assert.equal(breaks.length, 1);
  assert.ok(
    breaks[0]!.sinceMs <= clock.now() - 50 * 40,
    'from where nothing of it is known to be on the disk',
  );
  assert.deepEqual(ledger.abandonedIds, [], 'the disk may still write to it');
  root.goOn();
  await until(() => ledger.abandonedIds.length === 1);
  assert.equal(root.queuedBytes, 0);
});

test('while the disk is given time to recover it can be watched, and then it is recorded again', async (context) => {
  const { clock, disk, recording, pictures, stop, shown, runs, written } = await recordingOf(context);
  disk.failed(clock.monotonic());
  pictures(0, 1);
  recording.watch();
  pictures(1, 10);
  assert.deepEqual(shown(), [], 'it has no key frame yet');
  disk.failed(clock.monotonic() + 400);
  pictures(25, 50);
  assert.deepEqual(shown(), ['init', ...count(0, 25)]);
  assert.deepEqual([runs().length, written()], [0, 0]);
  while (!disk.isReady(clock.monotonic())) clock.advance(100);
  pictures(75, 100);
  await stop();
  assert.equal(runs().length, 1);
  assert.deepEqual(shown().slice(26), ['init', ...count(0, 25)]);
});

test('a disk that recovers ends a run that was only watched without a break on record', async (context) => {
  const { clock, disk, breaks, pictures, stop } = await recordingOf(context, { watched: true });
  disk.failed(clock.monotonic());
  pictures(0, 1);
  while (!disk.isReady(clock.monotonic())) clock.advance(100);
  pictures(25, 50);
  await stop();
  assert.deepEqual(
    breaks.map(({ error }) => error.code),
    ['camera_closed'],
  );
});

test('after any history, files cover what came and no hole, and recovery of each says the same', async (context) => {
  const part = fc.record({
    what: fc.constantFrom('pictures', 'silence', 'damage', 'late'),
    // Fewer between two silences would be a stream of that pace.
    frames: fc.integer({ min: 10, max: 200 }),
  });
  const history = fc.array(part, { maxLength: 12 });
  const covers = async (parts: { what: string; frames: number }[]) => {
    const { folder, clock, recording, pictures, stop, breaks, holes, ledger } = await recordingOf(context);
    // The run is settled first: late pictures would move its start.
    let at = 300;
    pictures(0, at);
    const delivered: [from: number, to: number][] = [[0, at]];
    for (const { what, frames } of parts) {
      const end = at + frames;
      if (what === 'pictures') pictures(at, end);
      else if (what === 'damage') {
        for (let frame = at; frame < end; frame++) {
          const arrivalMs = clock.now();
          recording.take({ kind: 'damage', media: 'video', reason: 'a packet was lost', arrivalMs });
          clock.advance(40);
        }
      } else clock.advance(frames * 40);
      if (what === 'late') pictures(at, end, 0, 0);
      if (what === 'pictures' || what === 'late') delivered.push([at, end]);
      at = end;
    }
    pictures(at, at + 30);
    delivered.push([at, at + 30]);
    await stop();
    assert.equal(breaks.length, 1);

    const stretches: [from: number, to: number][] = [];
    for (const [from, to] of delivered) {
      const last = stretches.at(-1);
      // 75 frames are 3 s; the step to the next picture is one more.
      if (last && from - last[1] + 1 <= 75) last[1] = to;
      else stretches.push([from, to]);
    }
    const wall = (frame: number) => beganMs + frame * 40;
    const near = (a: number, b: number) => Math.abs(a - b) < 60;
    const segments = ledger.closedSegments.map(({ summary }) => summary);
    const covered: [startMs: number, endMs: number][] = [];
    for (const { startMs, endMs } of segments) {
      const last = covered.at(-1);
      if (last && Math.abs(startMs - last[1]) <= 2) last[1] = endMs;
      else covered.push([startMs, endMs]);
    }
    assert.equal(covered.length, stretches.length, JSON.stringify({ covered, stretches }));
    for (const [index, [from, to]] of stretches.entries()) {
      assert.ok(near(covered[index]![0], wall(from)) && near(covered[index]![1], wall(to)));
    }
    assert.deepEqual(
      holes.map(([sinceMs]) => sinceMs),
      covered.slice(0, -1).map(([, endMs]) => endMs),
    );
    for (const [index, { summary, path: relative }] of ledger.closedSegments.entries()) {
      const file = path.join(folder, relative);
      const last = summary.fragments.at(-1)!;
      await truncate(file, last.offset + last.bytes);
      const repaired = await repairFile(file, summary.id);
      assert.ok(typeof repaired === 'object');
      assert.deepEqual(repaired.summary.fragments, summary.fragments);
      // Between two segments that touch, the turn is where the next one begins, by its own arrival.
      const turns = segments[index + 1] !== undefined && !holes.some(([ms]) => ms === summary.endMs);
      if (turns) assert.ok(Math.abs(repaired.summary.endMs - summary.endMs) < 5);
      else assert.equal(repaired.summary.endMs, summary.endMs);
    }
  };
  await fc.assert(fc.asyncProperty(history, covers), { numRuns: 20 });
});

test('a camera that changes its parameters with each picture makes no file of each', async (context) => {
  const other = { ...testVideoTrack, width: 640 };
  const { pictures, stop, ledger, recording, runs } = await recordingOf(context, {
    gop: 1,
    trackOf: (index) => (index % 2 === 0 ? testVideoTrack : other),
  });
  pictures(0, 1_000);
  await stop();
  assert.equal(runs().length, 1);
  const files = ledger.closedSegments.map(({ summary }) => summary.tracks[0]!.samples);
  // Ten at once, one in each ten seconds after, and that of the beginning.
  assert.ok(files.length <= 15, `${files.length} files`);
  const written = files.reduce((sum, samples) => sum + samples, 0);
  assert.equal(written + recording.samplesDropped, 1_000);
  assert.ok(written >= 500, `${written} pictures`);
  const fragments = ledger.closedSegments.flatMap(({ summary }) => summary.fragments);
  assert.ok(fragments.some(({ damage }) => damage?.length));
});
