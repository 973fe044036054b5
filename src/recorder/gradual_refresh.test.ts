import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { testVideoTrack } from '../../test/fixtures/synthetic_media.ts';
import { testJob } from '../../test/fixtures/test_job.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { ChunkPool, SampleArena } from '../media/sample_arena.ts';
import { rtpTimestamp } from '../units/time.ts';
import { ActivityMeter } from './activity_meter.ts';
import { DiskState } from './disk_state.ts';
import { FileLedger } from './file_ledger.ts';
import { HostClock } from './host_clock.ts';
import { Recording } from './recording.ts';
import type { PlannedFragment } from './run_recorder.ts';
import { StorageRoot } from './storage_root.ts';

const framesPerSecond = 5;

/** Pictures that refresh each second, for so long; what is written of them. */
async function recorded(context: TestContext, seconds: number, firstIsKey = false) {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-refresh-'));
  context.after(() => rm(folder, { recursive: true }));
  const clock = new SimulatedClock(Date.UTC(2026, 5, 1, 12));
  const pool = new ChunkPool();
  const arena = new SampleArena(pool);
  const plans: PlannedFragment[] = [];
  const recording = new Recording({
    job: testJob,
    clock,
    hostClock: new HostClock(clock),
    ledger: new FileLedger(),
    root: new StorageRoot({ id: testRootId, folder, clock, syncMs: 2_000 }),
    disk: new DiskState(),
    pool,
    activity: new ActivityMeter(),
    audioTrack: () => undefined,
    events: { onWritten: (plan) => plans.push(plan), onBreak() {}, onLive() {}, onHole() {} },
    watched: false,
  });
  for (let number = 0; number < seconds * framesPerSecond; number++) {
    const keyFrame = firstIsKey && number === 0;
    const nalUnit = Buffer.of(0x41, number);
    arena.appendU32(nalUnit.length);
    arena.append(nalUnit, 0, nalUnit.length);
    recording.take({
      kind: 'accessUnit',
      bytes: arena.finish(),
      rtpTimestamp: rtpTimestamp((number * 90_000) / framesPerSecond),
      keyFrame,
      ...(!keyFrame && number % framesPerSecond === 0 && { isGradualRefresh: true }),
      arrivalMs: clock.now(),
      track: testVideoTrack,
    });
    clock.advance(1000 / framesPerSecond);
  }
  await recording.stop(new NightjarError('stopping', 'The test is over.'));
  return plans;
}

test('pictures that refresh gradually are recorded after ten seconds without a key frame, marked until the next refresh', async (context) => {
  const plans = await recorded(context, 14);
  const pictures = plans.flatMap(({ tracks }) => tracks[0]!.samples);
  assert.equal(pictures.length, 4 * framesPerSecond);
  const damaged = plans.flatMap(({ damage }) => damage.map(({ fromMs, toMs }) => toMs - fromMs));
  const damagedMs = damaged.reduce((sum, ms) => sum + ms, 0);
  assert.ok(damagedMs >= 800 && damagedMs <= 1000, `${damagedMs} ms of the first second`);
});

test('pictures that refresh gradually are no key frames before that', async (context) => {
  assert.deepEqual(await recorded(context, 10), []);
});

test('a recording that began with a key frame is not marked when refreshes take over', async (context) => {
  const plans = await recorded(context, 13, true);
  assert.equal(plans.flatMap(({ tracks }) => tracks[0]!.samples).length, 13 * framesPerSecond);
  assert.deepEqual(
    plans.flatMap(({ damage }) => damage),
    [],
  );
});
