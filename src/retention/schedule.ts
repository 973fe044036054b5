import cron from 'node-cron';
import type { Clock } from '../clock/clock.ts';
import { toNightjarError } from '../errors/nightjar_error.ts';
import type { MonotonicMillis } from '../units/time.ts';
import type { RetentionLog, SweepResult } from './sweep.ts';

/** At the start of each minute. */
const everyMinute = '* * * * *';
/** Retention that has not succeeded for so long is overdue: the disk may be filling. */
const overdueMs = 5 * 60_000;
const watchIntervalMs = 60_000;

/** Calls `run` by a cron expression, never while an earlier call has not settled; returns how to stop that. */
export type CronScheduler = (expression: string, run: () => Promise<void>) => () => void;

export interface RetentionScheduleOptions {
  readonly sweep: { sweepNow(): Promise<SweepResult> };
  readonly clock: Clock;
  readonly log: RetentionLog;
  /** Default every minute. */
  readonly expression?: string;
  readonly scheduler?: CronScheduler;
}

export interface RetentionSchedule {
  /** True when no sweep has succeeded for five minutes: an alarm. */
  isOverdue(): boolean;
  /** Begins no more sweeps; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/** Sweeps at once and then every minute; tells in the log when that fails or does not happen. */
export function scheduleRetention(options: RetentionScheduleOptions): RetentionSchedule {
  const { sweep, clock, log, expression = everyMinute, scheduler = cronScheduler } = options;
  let lastSuccess: MonotonicMillis = clock.monotonic();
  let current: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    try {
      await sweep.sweepNow();
      lastSuccess = clock.monotonic();
    } catch (thrown) {
      const error = toNightjarError(thrown);
      log.error({ code: error.code, error }, `Retention failed: ${error.explanation}`);
    }
  }
  const begin = () => {
    current = run();
    return current;
  };
  const isOverdue = () => clock.monotonic() - lastSuccess > overdueMs;
  const watch = clock.every(watchIntervalMs, () => {
    if (isOverdue()) log.error({ overdueMs: clock.monotonic() - lastSuccess }, 'Retention is overdue.');
  });
  const stopScheduler = scheduler(expression, begin);
  void begin();

  return {
    isOverdue,
    async stop() {
      stopScheduler();
      watch.cancel();
      await current;
    },
  };
}

/** node-cron, in UTC: the length of a day does not matter to it then. */
export const cronScheduler: CronScheduler = (expression, run) => {
  const task = cron.schedule(expression, run, { noOverlap: true, timezone: 'UTC', unref: true });
  return () => void task.destroy();
};
