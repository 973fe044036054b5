/**
 * A torture run (`npm run torture -- --seed 1 --connections 200 --cameras 20 --minutes 10`): prints what was done and what
 * was found, and the seed to repeat it by.
 */
import { parseArgs } from 'node:util';
import { torture } from './torture_run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: `${Date.now() % 2 ** 31}` },
    connections: { type: 'string', default: '200' },
    cameras: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '10' },
  },
});
const seed = Number(values.seed);
console.log(`seed ${seed}`);
const { faults, ...figures } = await torture({
  seed,
  connections: Number(values.connections),
  cameras: Number(values.cameras),
  quick: false,
  limitMs: Number(values.minutes) * 60_000,
});
console.log(figures);
for (const fault of faults) console.log(fault);
console.log(
  faults.length === 0 ? `All is well with seed ${seed}.` : `${faults.length} faults with seed ${seed}.`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
