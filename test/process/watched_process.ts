/** A process with a watchdog of so many milliseconds: `block` stops its main thread for good, `work` keeps it busy for 4.5 s. */
import { systemClock } from '../../src/clock/system_clock.ts';
import { startWatchdog } from '../../src/host/watchdog.ts';

const watchdog = startWatchdog({ clock: systemClock, limitMs: Number(process.argv[3]), isTTY: false });
const sleepCell = new Int32Array(new SharedArrayBuffer(4));
const blockFor = (ms: number) => Atomics.wait(sleepCell, 0, 0, ms);

let rounds = 0;
const work = setInterval(() => {
  process.stdout.write('.');
  if (process.argv[2] === 'block') blockFor(600_000);
  blockFor(200);
  if (++rounds < 18) return;
  clearInterval(work);
  void watchdog.stop();
}, 50);
