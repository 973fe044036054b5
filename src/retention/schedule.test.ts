import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { cronScheduler, scheduleRetention } from './schedule.ts';

const minute = 60_000;
const done = { deleted: 0, freedBytes: 0, failed: 0, missingBytes: 0 };

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

test('node-cron runs a task by its expression and never beside itself', async () => {
  let running = 0;
  let most = 0;
  let calls = 0;
  await new Promise<void>((resolve) => {
    // Its timer does not keep the process alive, so another one must.
    const alive = setInterval(() => {}, 1_000);
    const task = cronScheduler('* * * * * *', async () => {
      running += 1;
      most = Math.max(most, running);
      calls += 1;
      running -= 1;
      assert.ok(task.nextRunMs()! > Date.now());
      task.stop();
      clearInterval(alive);
      resolve();
    });
  });
  assert.deepEqual([calls, most], [1, 1]);
});
