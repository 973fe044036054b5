/**
 * A torture run (`npm run torture`): prints what was done and what was found, and the seed to repeat it by.
 */
import { scriptOptions } from '../fixtures/script_options.ts';
import { torture } from './torture_run.ts';

const {
  seed = Date.now() % 2 ** 31,
  connections,
  cameras,
  minutes,
} = scriptOptions({
  command: 'npm run torture --',
  about: 'Records cameras whose every connection goes wrong, and judges files and timeline.',
  options: {
    seed: { value: 'N', meaning: 'The same goes wrong again. Another each time unless given.' },
    connections: { value: 'N', default: '200', meaning: 'So many go wrong.' },
    cameras: { value: 'N', default: '20', meaning: 'So many are recorded.' },
    minutes: { value: 'N', default: '10', meaning: 'It takes no longer.' },
  },
});
console.log(`seed ${seed}`);
const { faults, ...figures } = await torture({
  seed,
  connections,
  cameras,
  quick: false,
  limitMs: minutes * 60_000,
});
console.log(figures);
for (const fault of faults) console.log(fault);
console.log(
  faults.length === 0 ? `All is well with seed ${seed}.` : `${faults.length} faults with seed ${seed}.`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
