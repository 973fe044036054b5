import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { systemClock } from '../clock/system_clock.ts';
import { terminalLine } from '../logging/line_format.ts';
import { cells, type WatchdogData } from './watchdog.ts';

/**
 * The thread of the watchdog. It waits in slices: after a time in which the whole process stood still one slice has
 * passed, and not the limit, so that the main thread has the others to come back in.
 */
const slices = 10;

const { shared, limitMs, isTTY } = workerData as WatchdogData;
let seen = Atomics.load(shared, cells.beats);
let silent = 0;

while (Atomics.wait(shared, cells.ended, 0, limitMs / slices) === 'timed-out') {
  const beats = Atomics.load(shared, cells.beats);
  const isAlive = beats !== seen || Atomics.load(shared, cells.debugged) === 1;
  silent = isAlive ? 0 : silent + 1;
  seen = beats;
  if (silent < slices) continue;
  const seconds = Math.round(limitMs / 1000);
  const line = JSON.stringify({
    level: 60,
    time: systemClock.now(),
    msg: `The main thread has been blocked for ${seconds} s. Nightjar is ended, so that it can be started again.`,
  });
  // The streams of this thread go through the main one, which does nothing any more.
  writeSync(2, isTTY ? terminalLine(line) : `${line}\n`);
  // No signal that leaves a core behind: it would have the passwords of the cameras in it.
  process.kill(process.pid, 'SIGKILL');
}
