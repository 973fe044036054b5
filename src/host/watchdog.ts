import inspector from 'node:inspector';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock/clock.ts';

/** How often the main thread says that it is alive. */
const beatMs = 1_000;

/** The cells of the memory that the two threads share. */
export const cells = {
  /** Goes on with each beat of the main thread. */
  beats: 0,
  /** 1 while a debugger may hold the main thread. */
  debugged: 1,
  /** 1 when the watchdog is not needed any more. */
  ended: 2,
} as const;

/** What the watchdog's thread is started with. */
export interface WatchdogData {
  readonly shared: Int32Array;
  readonly limitMs: number;
  /** Whether standard error is read by a person. */
  readonly isTTY: boolean;
}

export interface Watchdog {
  stop(): Promise<void>;
}

/**
 * Watches the thread that calls it: when that is blocked for longer than `limitMs`, as by a call of the database that does
 * not return, the process says so on standard error and is ended by SIGKILL, so that whatever keeps it running starts it
 * again. Time in which the whole process is stopped (a suspended machine, SIGSTOP) and time under a debugger do not count.
 */
export function startWatchdog({
  clock,
  limitMs,
  isTTY,
}: {
  clock: Clock;
  limitMs: number;
  isTTY: boolean;
}): Watchdog {
  const shared = new Int32Array(new SharedArrayBuffer(Object.keys(cells).length * 4));
  const data: WatchdogData = { shared, limitMs, isTTY };
  const worker = new Worker(new URL('watchdog_worker.ts', import.meta.url), {
    workerData: data,
    name: 'watchdog',
    // It does next to nothing, and needs next to no memory for it.
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 },
  });
  worker.unref();
  const beat = clock.every(beatMs, () => {
    Atomics.store(shared, cells.debugged, inspector.url() === undefined ? 0 : 1);
    Atomics.add(shared, cells.beats, 1);
  });
  return {
    async stop() {
      beat.cancel();
      Atomics.store(shared, cells.ended, 1);
      Atomics.notify(shared, cells.ended);
      await worker.terminate();
    },
  };
}
