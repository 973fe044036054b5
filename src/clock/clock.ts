import type { MonotonicMillis, UnixMillis } from '../units/time.ts';

/** A timer that was set; opaque to all but the clock that made it. */
export interface Timer {
  cancel(): void;
}

/** The only source of time and of timers outside this folder, so that a test can simulate both. */
export interface Clock {
  /** Wall clock: may step, forwards and backwards. */
  now(): UnixMillis;
  /** Never steps; counts from an arbitrary zero. */
  monotonic(): MonotonicMillis;
  /** Calls `callback` once, `delayMs` from now; the timer alone does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
  /** Calls `callback` every `intervalMs`; the timer alone does not keep the process alive. */
  every(intervalMs: number, callback: () => void): Timer;
}

/** Resolves after `delayMs`; rejects with the signal's reason when that is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
