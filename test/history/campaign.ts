/** Sixty days of eight cameras, judged at their end: `npm run history`. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { scriptOptions } from '../fixtures/script_options.ts';
import { History } from './history.ts';
import { historyFaults } from './history_faults.ts';

const values = scriptOptions({
  command: 'npm run history --',
  about: 'Plays weeks of an installation with crashes, clock steps and a full disk, and judges what is left.',
  options: {
    days: { value: 'N', default: '60', meaning: 'It lasts so long.' },
    cameras: { value: 'N', default: '8', meaning: 'So many are recorded.' },
    seed: { value: 'N', default: '1', meaning: 'The same happens again.' },
  },
});
// In memory where there is a file system in memory: durability is not what is judged here.
const memory = '/dev/shm';
const folder = mkdtempSync(path.join(existsSync(memory) ? memory : tmpdir(), 'nightjar-history-'));
const beganMs = performance.now();
// The timers of a clock keep no process alive, and verification waits for some.
const alive = setInterval(() => {}, 60_000);
try {
  const history = new History({
    folder,
    ...values,
    // The clocks of Berlin and of New York are put back in it.
    startMs: Date.UTC(2026, 9, 1),
    onDay: (day) => process.stderr.write(`day ${day}\r`),
  });
  await history.play();
  await history.installation.stop();
  const faults = await historyFaults(history);
  const seconds = Math.round((performance.now() - beganMs) / 1000);
  console.log(JSON.stringify({ ...values, ...history.figures, seconds }));
  for (const fault of faults) console.log(fault);
  console.log(faults.length === 0 ? 'Ledger and disk are exact.' : `${faults.length} faults.`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  clearInterval(alive);
  rmSync(folder, { recursive: true });
}
