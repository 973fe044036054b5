import type { Clock } from '../clock/clock.ts';
import { sleep } from '../clock/clock.ts';
import { readAt, scanFile } from '../recorder/scan_file.ts';
import { type LookedAtDisk, realDisk } from './file_look.ts';

/** No disk is asked for more, in bytes a second: 10 TB in four days. */
const maxBytesPerSecond = 32 * 1024 * 1024;
/** A pause is at least so many times as long as the read before it: a disk that others use answers later, and is asked less. */
const pauseFactor = 3;
/** Shorter pauses are put together. */
const leastPauseMs = 10;

/** A disk that is read so slowly that whoever records to it does not notice. */
export function pacedDisk(clock: Clock): LookedAtDisk {
  let owedMs = 0;
  const read: typeof readAt = async (handle, offset, length) => {
    const beganMs = clock.monotonic();
    const bytes = await readAt(handle, offset, length);
    const tookMs = clock.monotonic() - beganMs;
    owedMs += Math.max(pauseFactor * tookMs, (bytes.length / maxBytesPerSecond) * 1_000 - tookMs);
    if (owedMs < leastPauseMs) return bytes;
    const pauseMs = owedMs;
    owedMs = 0;
    await sleep(clock, pauseMs);
    return bytes;
  };
  return { ...realDisk, scan: (file, id) => scanFile(file, id, read) };
}
