import { serverNowMs } from '../api/updates.ts';
import type { PlaybackClock } from './playback.ts';

export const browserClock: PlaybackClock = {
  monotonic: () => performance.now(),
  now: serverNowMs,
  every: (intervalMs, callback) => {
    const timer = setInterval(callback, intervalMs);
    return { cancel: () => clearInterval(timer) };
  },
};
