import { monotonicMillis, unixMillis } from '../units/time.ts';
import type { Clock } from './clock.ts';

/** The machine's clocks and timers. */
export const systemClock: Clock = {
  now: () => unixMillis(Date.now()),
  monotonic: () => monotonicMillis(performance.now()),
  after(delayMs, callback) {
    const handle = setTimeout(callback, delayMs).unref();
    return { cancel: () => clearTimeout(handle) };
  },
  every(intervalMs, callback) {
    const handle = setInterval(callback, intervalMs).unref();
    return { cancel: () => clearInterval(handle) };
  },
};
