import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { testVideoTrack } from '../../test/fixtures/synthetic_media.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { Run, SegmentReservation } from '../footage/segment.ts';
import { ChunkPool, SampleArena } from '../media/sample_arena.ts';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import { DiskState } from './disk_state.ts';
import { FileLedger } from './file_ledger.ts';
import { HostClock } from './host_clock.ts';
import { Recording } from './recording.ts';
import { StorageRoot } from './storage_root.ts';

class RunLedger extends FileLedger {
  readonly runs = new Map<string, Run>();

  override async reserve(reservation: SegmentReservation, run?: Run): Promise<void> {
    if (run) this.runs.set(run.id, run);
    await super.reserve(reservation);
  }
}

async function recordingOf(context: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-recording-'));
  context.after(() => rm(folder, { recursive: true }));
  const clock = new SimulatedClock(Date.UTC(2026, 5, 1, 12));
  const hostClock = new HostClock(clock);
  const ledger = new RunLedger();
  const pool = new ChunkPool();
  const arena = new SampleArena(pool);
  const holes: [sinceMs: number, cause: GapCause][] = [];
  const breaks: { error: NightjarError; sinceMs: number }[] = [];
  const recording = new Recording({
    job: {
      installationId: '11111111-1111-4111-8111-111111111111',
      cameraId: '22222222-2222-4222-8222-222222222222',
      cameraName: 'Yard',
      streamId: '33333333-3333-4333-8333-333333333333',
      role: 'main',
      url: 'rtsp://camera/1',
      record: true,
      segmentMs: 60_000,
    },
    clock,
    hostClock,
    ledger,
    root: new StorageRoot({ folder, clock, syncMs: 2_000 }),
    disk: new DiskState(),
    pool,
    audioTrack: () => undefined,
    events: {
      onWritten: () => {},
      onBreak: (error, sinceMs) => breaks.push({ error, sinceMs }),
      onLive: () => {},
      onHole: (sinceMs, cause) => holes.push([sinceMs, cause]),
    },
    watched: false,
  });
  /** A picture each 40 ms, a key frame each second; `jumpTicks` moves its RTP time stamp. */
  const pictures = (from: number, to: number, jumpTicks = 0) => {
    for (let index = from; index < to; index++) {
      arena.append(Buffer.from([0, 0, 0, 2, 0x65, 0x88]), 0, 6);
      recording.take({
        kind: 'accessUnit',
        bytes: arena.finish(),
        rtpTimestamp: rtpTimestamp(index * 3_600 + jumpTicks),
        keyFrame: index % 25 === 0,
        arrivalMs: clock.now(),
        track: testVideoTrack,
      });
      clock.advance(40);
    }
  };
  const stop = () => recording.stop(new NightjarError('camera_closed', 'The test ends.'));
  const runs = () => [...ledger.runs.values()];
  return { clock, hostClock, ledger, breaks, holes, recording, pictures, stop, runs };
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
  // Two strays are kept on the old time line; the third believes the new one, and waits for its key frame.
  assert.deepEqual(frames, [52, 75]);
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

test('a camera that falls silent and goes on leaves a hole within its run, on record before what follows', async (context) => {
  const { clock, recording, pictures, stop, breaks, holes, runs, ledger } = await recordingOf(context);
  pictures(0, 60);
  assert.equal(recording.hole(), undefined);
  clock.advance(4_000);
  assert.equal(recording.hole(), 'no_packets');
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

test('pictures lost to damage for long are a hole with that cause', async (context) => {
  const { clock, recording, pictures, stop, holes } = await recordingOf(context);
  pictures(0, 50);
  for (let lost = 0; lost < 100; lost++) {
    recording.take({ kind: 'damage', media: 'video', reason: 'a packet was lost', arrivalMs: clock.now() });
    clock.advance(40);
  }
  assert.equal(recording.hole(), 'damaged');
  pictures(150, 200);
  await stop();
  assert.deepEqual(holes, [[beganMs + 2_000, 'damaged']]);
});

test('a stall whose pictures come late, all at once, leaves neither hole nor break', async (context) => {
  const { clock, recording, pictures, stop, breaks, holes, ledger } = await recordingOf(context);
  pictures(0, 50);
  clock.advance(6_000);
  assert.equal(recording.hole(), 'no_packets');
  pictures(50, 100);
  await stop();
  assert.deepEqual(holes, []);
  assert.deepEqual(
    breaks.map(({ error }) => error.code),
    ['camera_closed'],
  );
  assert.equal(ledger.closedSegments.length, 1);
});
