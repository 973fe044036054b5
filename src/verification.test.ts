import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { IndexFixture, migrationsDir } from '../test/fixtures/index_fixture.ts';
import { recordedSite, siteSegment } from '../test/fixtures/recorded_site.ts';
import { testRootId, testRoots } from '../test/fixtures/test_root.ts';
import { until } from '../test/fixtures/until.ts';
import type { Clock } from './clock/clock.ts';
import { SimulatedClock } from './clock/simulated_clock.ts';
import { systemClock } from './clock/system_clock.ts';
import { createLog } from './logging/logger.ts';
import { monotonicMillis } from './units/time.ts';
import { Verification } from './verification.ts';

const files = 45;
/** So long each transaction takes, by the clock. */
const noteMs = 100_000;

test('a mass loss is noted in small steps with pauses in proportion, and told in one line', {
  timeout: 30_000,
}, async (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { streamId } = fixture.addCamera();
  const runId = randomUUID();
  for (let number = 0; number < files; number += 1) {
    fixture.record({ streamId, runId, number, startMs: number * 1_000, endMs: number * 1_000 + 1_000 });
  }
  const recordings = path.join(fixture.folder, 'recordings');
  mkdirSync(recordings);
  const steps: number[] = [];
  const pauses: number[] = [];
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now(),
    monotonic: () => monotonicMillis(systemClock.monotonic() + steps.length * noteMs),
    every: (ms, callback) => systemClock.every(ms, callback),
    after(ms, callback) {
      const isPause = ms >= noteMs && ms < 3_600_000;
      if (isPause) pauses.push(ms);
      return systemClock.after(isPause ? 0 : ms, callback);
    },
  };
  const lines: string[] = [];
  const log = createLog({ level: 'info', clock, sink: { write: (text) => void lines.push(text) } });
  const { losses } = fixture.index;
  const verification = new Verification({
    losses: {
      ...losses,
      note(findings, nowMs) {
        steps.push(findings.length);
        return losses.note(findings, nowMs);
      },
    },
    passes: fixture.index.passes,
    databaseFile: fixture.file,
    migrationsDir,
    roots: { folders: testRoots(recordings), statuses: [], isPresent: async (id) => id === testRootId },
    clock,
    logger: log.logger,
    schedule: 'off',
    deepSchedule: 'off',
  });
  context.after(() => verification.stop());
  await verification.verifyNow();

  assert.equal(verification.report().lost.missing, files);
  assert.equal(verification.report().last!.lost, files);
  assert.ok(Math.max(...steps) <= 10, `${steps}`);
  assert.equal(pauses.length, steps.length);
  for (const ms of pauses) assert.ok(ms >= 4 * noteMs, `${ms}`);
  const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => /lost\.$/.test(msg));
  assert.deepEqual(
    told.map(({ files, first, last, finding }) => [files, first, last, finding]),
    [[files, `${streamId}/${runId}-0.mp4`, `${streamId}/${runId}-${files - 1}.mp4`, 'missing']],
  );
});

test('a pass that was interrupted goes on where it was, and tells of all that it has looked at', {
  timeout: 30_000,
}, async (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { streamId } = fixture.addCamera();
  const runId = randomUUID();
  for (let number = 0; number < files; number += 1) {
    fixture.record({ streamId, runId, number, startMs: number * 1_000, endMs: number * 1_000 + 1_000 });
  }
  const recordings = path.join(fixture.folder, 'recordings');
  mkdirSync(recordings);
  const { passes, losses } = fixture.index;
  passes.keepUnfinished({
    ...{ deep: false, startedMs: 1_000, endedMs: 2_000, checked: 30, lost: 1, returned: 2 },
    ...{ awayRoots: ['attic'], reachedKey: 30 },
  });
  const log = createLog({ level: 'fatal', clock: systemClock, sink: { write: () => {} } });
  const verification = new Verification({
    losses,
    passes,
    databaseFile: fixture.file,
    migrationsDir,
    roots: { folders: testRoots(recordings), statuses: [], isPresent: async (id) => id === testRootId },
    clock: systemClock,
    logger: log.logger,
    schedule: 'off',
    deepSchedule: 'off',
  });
  context.after(() => verification.stop());
  await verification.verifyNow();
  const { startedMs, checked, lost, returned, awayRoots } = verification.report().last!;
  assert.deepEqual([startedMs, checked, lost, returned, awayRoots], [1_000, files, 16, 2, ['attic']]);
  assert.equal(losses.summary().missing, 15, 'what it had looked at before is left for the next pass');
  await verification.verifyNow();
  assert.deepEqual([verification.report().last!.checked, losses.summary().missing], [files, files]);
});

test('bytes that flipped in a file of unchanged size are found by the schedule, and by no look at its size', {
  timeout: 30_000,
}, async (context) => {
  const { fixture, recordingsDir, put, adopt } = recordedSite(context);
  const file = path.join(recordingsDir, put('1-0.mp4', siteSegment({ runId: randomUUID() }).closed()));
  await adopt();
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length / 2)]! ^= 0xff;
  writeFileSync(file, bytes);
  const clock = new SimulatedClock(Date.UTC(2026, 0, 31, 23, 59));
  const lines: string[] = [];
  const log = createLog({ level: 'info', clock, sink: { write: (text) => void lines.push(text) } });
  const { passes, losses } = fixture.index;
  const verification = new Verification({
    losses,
    passes,
    databaseFile: fixture.file,
    migrationsDir,
    roots: { folders: testRoots(recordingsDir), statuses: [], isPresent: async () => true },
    clock,
    logger: log.logger,
    schedule: 'off',
    deepSchedule: '0 0 1 * *',
  });
  context.after(() => {
    void verification.stop();
    clock.advance(1_000);
  });
  await verification.verifyNow();
  assert.deepEqual([verification.report().files, losses.summary().damaged], [1, 0]);
  await clock.advanceAsync(50_000, 1_000);
  assert.equal(verification.report().deep.underWay, undefined);
  await clock.advanceAsync(15_000, 1_000);
  await until(() => {
    clock.advance(1);
    return verification.report().deep.last !== undefined;
  });
  const { checked, lost } = verification.report().deep.last!;
  assert.deepEqual([checked, lost, losses.summary().damaged], [1, 1, 1]);

  bytes[Math.floor(bytes.length / 2)]! ^= 0xff;
  writeFileSync(file, bytes);
  let looked = false;
  void verification.verifyNow(true).then(() => {
    looked = true;
  });
  await until(() => {
    clock.advance(1);
    return looked;
  });
  const told = lines.map((line) => JSON.parse(line)).filter(({ finding }) => finding !== undefined);
  assert.deepEqual(
    told.map(({ finding, msg }) => [finding, msg]),
    [
      ['damaged', 'A recorded file is damaged.'],
      ['intact', 'A recorded file that was lost or damaged is whole again.'],
    ],
  );
});

test('a time for reading everything at which no server ran is not caught up with, but a reading that was interrupted is', {
  timeout: 30_000,
}, async (context) => {
  const { fixture, recordingsDir } = recordedSite(context);
  const clock = new SimulatedClock(Date.UTC(2026, 1, 1, 0, 1));
  const log = createLog({ level: 'fatal', clock, sink: { write: () => {} } });
  const { passes, losses } = fixture.index;
  const begin = () => {
    const verification = new Verification({
      losses,
      passes,
      databaseFile: fixture.file,
      migrationsDir,
      roots: { folders: testRoots(recordingsDir), statuses: [], isPresent: async () => true },
      clock,
      logger: log.logger,
      schedule: 'off',
      deepSchedule: '0 0 1 * *',
    });
    context.after(() => {
      void verification.stop();
      clock.advance(1_000);
    });
    return verification;
  };
  const late = begin();
  await clock.advanceAsync(600_000, 1_000);
  assert.deepEqual([late.report().running, passes.last(true)], [false, undefined]);

  passes.keepUnfinished({
    ...{ deep: true, startedMs: 1_000, endedMs: 2_000, checked: 30, lost: 1, returned: 2 },
    ...{ awayRoots: [], reachedKey: 30 },
  });
  begin();
  await until(() => {
    clock.advance(1_000);
    return passes.last(true) !== undefined;
  });
  assert.equal(passes.last(true)!.startedMs, 1_000);
});
