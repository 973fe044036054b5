import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { cronScheduler, scheduleRetention } from './schedule.ts';

const minute = 60_000;
const done = { deleted: 0, freedBytes: 0, failed: 0, shortfalls: [] };

function setUp(untilNextMs = () => 0) {
  const clock = new SimulatedClock();
  const lines: string[] = [];
  const write = (_fields: object, message: string) => void lines.push(message);
  const outcome: { sweep: () => Promise<typeof done> } = { sweep: async () => done };
  let sweeps = 0;
  let run: (() => Promise<void>) | undefined;
  const schedule = scheduleRetention({
    clock,
    log: { info: write, warn: write, error: write },
    sweep: {
      sweepNow() {
        sweeps += 1;
        return outcome.sweep();
      },
    },
    scheduler(expression, task) {
      assert.equal(expression, '* * * * *');
      run = task;
      return {
        stop() {
          run = undefined;
        },
        nextRunMs: () => clock.now() + untilNextMs(),
      };
    },
  });
  return { clock, lines, outcome, schedule, sweeps: () => sweeps, run: () => run?.() };
}

test('a sweep comes at once, then by the schedule, until it is stopped', async () => {
  const { schedule, sweeps, run, clock } = setUp();
  assert.equal(sweeps(), 1);
  await run();
  assert.equal(sweeps(), 2);
  await schedule.stop();
  await run();
  assert.equal(sweeps(), 2);
  assert.equal(clock.pendingTimers, 0);
});

test('retention that fails says why and what to do, and is overdue after five minutes', async () => {
  const { clock, lines, outcome, schedule, run } = setUp();
  await run();
  outcome.sweep = async () => {
    throw new NightjarError('disk_failed', 'The disk is gone.');
  };
  await run();
  assert.deepEqual(lines, ['Retention failed: The disk is gone. Check the health of the disk.']);
  clock.advance(5 * minute);
  assert.equal(schedule.isOverdue(), false);
  clock.advance(minute);
  assert.equal(schedule.isOverdue(), true);
  assert.equal(lines.at(-1), 'Retention is overdue.');
  outcome.sweep = async () => done;
  await run();
  assert.equal(schedule.isOverdue(), false);
  await schedule.stop();
});

test('retention that is asked for once a day is not overdue in between', async () => {
  const { clock, schedule, run } = setUp(() => 24 * 60 * minute);
  await run();
  clock.advance(24 * 60 * minute);
  assert.equal(schedule.isOverdue(), false);
  clock.advance(6 * minute);
  assert.equal(schedule.isOverdue(), true);
  await schedule.stop();
});

test('retention that hangs is overdue too', async () => {
  const { clock, lines, outcome, schedule, run } = setUp();
  await run();
  let release = () => {};
  outcome.sweep = () => new Promise((resolve) => (release = () => resolve(done)));
  const hanging = run();
  clock.advance(6 * minute);
  assert.equal(schedule.isOverdue(), true);
  assert.deepEqual(lines, ['Retention is overdue.']);
  release();
  await hanging;
  await schedule.stop();
});

function tenMinutely(options?: { dueAfterStep: boolean }) {
  const clock = new SimulatedClock(Date.UTC(2026, 0, 1, 0, 0, 30));
  const runs: string[] = [];
  const task = cronScheduler(clock, options)('*/10 * * * *', async () => {
    runs.push(new Date(clock.now()).toISOString().slice(11, 16));
  });
  return { clock, runs, task };
}

test('node-cron says which minutes are due', async () => {
  const { clock, runs, task } = tenMinutely();
  const untilNextMs = task.nextRunMs()! - Date.now();
  assert.ok(untilNextMs > -minute && untilNextMs <= 10 * minute);
  await clock.advanceAsync(31 * minute, 1_000);
  assert.deepEqual(runs, ['00:10', '00:20', '00:30']);
  task.stop();
  await clock.advanceAsync(10 * minute, 1_000);
  assert.equal(runs.length, 3);
  assert.equal(clock.pendingTimers, 0);
});

test('steps of the clock neither stop the schedule nor make it run for each minute in between', async () => {
  const { clock, runs, task } = tenMinutely();
  clock.stepWallClock(-60 * minute);
  await clock.advanceAsync(11 * minute, 1_000);
  assert.deepEqual(runs.splice(0), ['23:00', '23:10'], 'once because of the step, then by the schedule');
  clock.stepWallClock(180 * 24 * 60 * minute + 3 * minute);
  await clock.advanceAsync(10 * minute, 1_000);
  assert.deepEqual(runs, ['23:14', '23:20']);
  task.stop();
});

test('what takes long waits for its minute after a step of the clock', async () => {
  const { clock, runs, task } = tenMinutely({ dueAfterStep: false });
  clock.stepWallClock(-57 * minute);
  await clock.advanceAsync(3 * minute, 1_000);
  clock.stepWallClock(180 * 24 * 60 * minute + 5 * minute);
  await clock.advanceAsync(5 * minute, 1_000);
  assert.deepEqual(runs, []);
  await clock.advanceAsync(10 * minute, 1_000);
  assert.equal(runs.length, 1);
  task.stop();
});

test('a task never runs beside itself', async () => {
  const clock = new SimulatedClock(0);
  const ends: (() => void)[] = [];
  const task = cronScheduler(clock)('* * * * *', () => new Promise((resolve) => ends.push(resolve)));
  await clock.advanceAsync(3 * minute, 1_000);
  assert.equal(ends.length, 1);
  ends[0]!();
  await clock.advanceAsync(minute, 1_000);
  assert.equal(ends.length, 2);
  task.stop();
});
