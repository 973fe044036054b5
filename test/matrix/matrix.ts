import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { scriptOptions } from '../fixtures/script_options.ts';
import { rows, ways } from './rows.ts';
import { type Cell, runCell } from './run_cell.ts';
import { SourceClips } from './source_clip.ts';
import type { Verdict } from './verdict.ts';

/**
 * Records every codec over every transport from cameras that nobody here wrote, and compares each picture and each
 * byte of sound.
 *
 * `npm run matrix` ends with 1 when a cell fails or was not run.
 */
const values = scriptOptions({
  command: 'npm run matrix --',
  about: 'Records every codec over every transport from cameras that nobody here wrote, and compares.',
  options: {
    only: {
      value: 'ROW/WAY',
      list: true,
      meaning: `Runs h265/udp alone, all of h265, or all by /udp. Rows are ${rows.map(({ name }) => name).join(', ')}; ways are ${ways.join(', ')}.`,
    },
    parallel: { value: 'N', default: '2', meaning: 'So many cells at the same time.' },
    write: { value: 'FILE', meaning: 'Writes the table there.' },
  },
});

const isWanted = ({ row, way }: Cell): boolean =>
  values.only?.some((wanted) => {
    const [wantedRow, wantedWay] = wanted.split('/');
    return (!wantedRow || wantedRow === row.name) && (!wantedWay || wantedWay === way);
  }) ?? true;

const cells: readonly Cell[] = rows
  .flatMap((row) => row.ways.map((way): Cell => ({ row, way })))
  .filter(isWanted);
if (cells.length === 0) {
  console.error(`No cell is called ${values.only?.join(' or ')}: --help lists them.`);
  process.exit(2);
}

/** Recordings turn their files twice. */
const clipSeconds = 3;
const verdicts = new Map<string, Verdict>();
/** Cells that were right the second time. */
let secondTime = 0;
const isRight = (cell: Cell): boolean => verdicts.get(nameOf(cell))?.faults.length === 0;
const nameOf = ({ row, way }: Cell): string => `${row.name}/${way}`;
const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-matrix-clips-'));
const startedMs = performance.now();
try {
  const clips = new SourceClips(folder, clipSeconds);
  const waiting = [...cells];
  // Cells under way are ended in order, so that nothing of them is left behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => waiting.splice(0));
  const work = async (): Promise<void> => {
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
      const found = await runCell(cell, clips);
      verdicts.set(nameOf(cell), found);
      console.log(`${isRight(cell) ? 'ok  ' : 'FAIL'} ${nameOf(cell)} ${inWords(found)}`);
    }
  };
  await Promise.all(Array.from({ length: values.parallel }, work));
  const again = cells.filter((cell) => verdicts.has(nameOf(cell)) && !isRight(cell));
  if (again.length > 0) console.log('\nOnce more, one at a time, in case the machine was too busy:');
  waiting.push(...again);
  await work();
  secondTime = again.filter(isRight).length;
} finally {
  await rm(folder, { recursive: true, force: true });
}

const failed = cells.filter((cell) => !isRight(cell));
const seconds = Math.round((performance.now() - startedMs) / 1000);
const sum = `${cells.length - failed.length} of ${cells.length} cells are right, ${secondTime} of them the second time, in ${seconds} s.`;
console.log(`\n${table()}\n\n${sum}`);
if (values.write !== undefined) await writeFile(values.write, page());
process.exitCode = failed.length > 0 ? 1 : 0;

function inWords({ faults, frames, soundS, lateMs }: Verdict): string {
  const sound = soundS > 0 ? `, ${soundS.toFixed(2)} s of sound, ${lateMs} ms late` : '';
  return faults.length > 0 ? faults.join('; ') : `${frames} pictures${sound}`;
}

/** A row for each kind of stream, a column for each way: `yes`, `NO`, or nothing where there is no such cell. */
function table(): string {
  const shown = ways.filter((way) => cells.some((cell) => cell.way === way));
  const mark = (rowName: string, way: string): string => {
    const found = verdicts.get(`${rowName}/${way}`);
    if (!found) return '';
    return found.faults.length === 0 ? 'yes' : 'NO';
  };
  const names = [...new Set(cells.map(({ row }) => row.name))];
  return [
    ['', ...shown],
    ['---', ...shown.map(() => '---')],
    ...names.map((name) => [`\`${name}\``, ...shown.map((way) => mark(name, way))]),
  ]
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
}

function page(): string {
  const faults = failed.map(
    (cell) => `- \`${nameOf(cell)}\`: ${verdicts.get(nameOf(cell))?.faults.join('; ') ?? 'not run'}`,
  );
  return [
    '# What outside cameras send and Nightjar records',
    '',
    'Written by `npm run matrix -- --write docs/matrix.md`; [CONTRIBUTING.md](../CONTRIBUTING.md#the-matrix) says how it is judged.',
    '',
    table(),
    '',
    sum,
    ...(faults.length > 0 ? ['', '## What is not right', '', ...faults] : []),
    '',
  ].join('\n');
}
