import cron from 'node-cron';
import type { Clock } from '../clock/clock.ts';
import { toNightjarError } from '../errors/nightjar_error.ts';
import type { RetentionLog } from './retention_log.ts';
import type { SweepResult } from './sweep.ts';

/** At the start of each minute. */
const everyMinute = '* * * * *';
/** A sweep that has not succeeded so long after it was due is overdue: the disk may be filling. */
const overdueMs = 5 * 60_000;
const watchIntervalMs = 60_000;
const minuteMs = 60_000;
/** How late after its minute has begun a sweep may come. */
const lookMs = 5_000;

export interface CronTask {
  stop(): void;
  /** When the next call is due; undefined when there will be none. */
  nextRunMs(): number | undefined;
}

/** Calls `run` by a cron expression, never while an earlier call has not settled. */
export type CronScheduler = (expression: string, run: () => Promise<void>) => CronTask;

export interface RetentionScheduleOptions {
  readonly sweep: { sweepNow(): Promise<SweepResult> };
  readonly clock: Clock;
  readonly log: RetentionLog;
  /** Default every minute. */
  readonly expression?: string;
  readonly scheduler?: CronScheduler;
}

export interface RetentionSchedule {
  /** True when no sweep has succeeded within five minutes of the time at which it was due: an alarm. */
  isOverdue(): boolean;
  /** Begins no more sweeps; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/** Sweeps at once and then every minute; tells in the log when that fails or does not happen. */
export function scheduleRetention(options: RetentionScheduleOptions): RetentionSchedule {
  const { sweep, clock, log, expression = everyMinute, scheduler = cronScheduler(options.clock) } = options;
  let current: Promise<void> = Promise.resolve();
  // The first sweep is due now.
  let deadline = clock.monotonic() + overdueMs;

  async function run(): Promise<void> {
    try {
      await sweep.sweepNow();
      const nowMs = clock.now();
      deadline = clock.monotonic() + ((task.nextRunMs() ?? nowMs) - nowMs) + overdueMs;
    } catch (thrown) {
      const error = toNightjarError(thrown);
      log.error({ code: error.code, error }, `Retention failed: ${error.explanation}`);
    }
  }
  const begin = () => {
    current = run();
    return current;
  };
  const isOverdue = () => clock.monotonic() > deadline;
  const watch = clock.every(watchIntervalMs, () => {
    if (isOverdue()) log.error({ sinceMs: clock.monotonic() - deadline }, 'Retention is overdue.');
  });
  const task = scheduler(expression, begin);
  void begin();

  return {
    isOverdue,
    async stop() {
      task.stop();
      watch.cancel();
      await current;
    },
  };
}

/**
 * node-cron says which minutes are due, in UTC: the length of a day does not matter to it then. The timer is our own, by the
 * monotonic clock: node-cron's waits for an instant of the wall clock, which a step back puts off, and after a step ahead
 * goes through all minutes in between.
 *
 * @param dueAfterStep whether a step of the clock by more than a minute makes a call due: what must not be missed is called once
 *   more, and what takes long waits for the next minute that is due
 */
export function cronScheduler(clock: Clock, { dueAfterStep = true } = {}): CronScheduler {
  return (expression, run) => {
    // Never started: it matches, and has no timer.
    const task = cron.createTask(expression, () => {}, { timezone: 'UTC' });
    const minuteNow = () => Math.floor(clock.now() / minuteMs);
    const isDue = (minute: number) => task.match(new Date(minute * minuteMs));
    let seen = minuteNow();
    let running = false;
    const timer = clock.every(lookMs, () => {
      const last = seen;
      seen = minuteNow();
      const isStep = seen < last || seen > last + 2;
      if (seen === last || running) return;
      const isCalled = (isStep && dueAfterStep) || isDue(seen) || (seen === last + 2 && isDue(last + 1));
      if (!isCalled) return;
      running = true;
      void run().finally(() => {
        running = false;
      });
    });
    return {
      stop() {
        timer.cancel();
        void task.destroy();
      },
      nextRunMs: () => task.getNextRuns(1)[0]?.getTime(),
    };
  };
}
