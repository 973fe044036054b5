/**
 * The fuzzing campaign: `npm run fuzz`.
 *
 * Every parser gets its share of inputs, each of which follows from the seed, the target and a number alone. What
 * fails is kept in `test/fuzz/kept/<target>/`, where `npm test` tries it again from then on.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { scriptOptions } from '../fixtures/script_options.ts';
import { type Finding, inputOf } from './fuzz_run.ts';
import type { FuzzReport, FuzzTask } from './fuzz_worker.ts';
import { keptFolder } from './kept_inputs.ts';
import { targets } from './targets.ts';

/** No input may take so long, on any machine: then the parser has no end. */
const patienceMs = 20_000;
/** A target whose memory grew by more keeps what it should give back. */
const maxGrownBytes = 32 * 1024 * 1024;

const values = scriptOptions({
  command: 'npm run fuzz --',
  about: 'Gives parsers inputs that nobody meant, and keeps those that fail.',
  options: {
    inputs: { value: 'N', default: '10000000', meaning: 'As many, for all parsers together.' },
    seed: { value: 'N', default: '1', meaning: 'The same inputs again.' },
    target: { value: 'NAME', choices: targets.map(({ name }) => name), meaning: 'That parser alone.' },
    workers: {
      value: 'N',
      default: `${Math.min(4, availableParallelism())}`,
      meaning: 'So many threads.',
    },
  },
});
const { seed } = values;
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
const count = Math.ceil(values.inputs / chosen.length);
const waiting = chosen.map(({ name }): FuzzTask => ({ target: name, seed, count }));

/** One worker at a time works on a target; a hang ends the worker, and the next target gets a new one. */
async function work(): Promise<FuzzReport[]> {
  const reports: FuzzReport[] = [];
  for (let task = waiting.shift(); task; task = waiting.shift()) {
    const report = await runTask(task);
    reports.push(report);
    const { target, tried, tookMs, slowestMs, grownBytes, findings } = report;
    console.log(
      [
        target.padEnd(24),
        `${tried} inputs`.padStart(15),
        `${((tookMs * 1000) / Math.max(1, tried)).toFixed(0)} µs each`.padStart(14),
        `slowest ${slowestMs.toFixed(0)} ms`.padStart(17),
        `memory ${(grownBytes / 2 ** 20).toFixed(1)} MiB`.padStart(17),
        findings.length > 0 ? `${findings.length} FAILED` : 'good',
      ].join('  '),
    );
  }
  return reports;
}

async function runTask(task: FuzzTask): Promise<FuzzReport> {
  const shared = new SharedArrayBuffer(4);
  const progress = new Int32Array(shared);
  const worker = new Worker(new URL('fuzz_worker.ts', import.meta.url), {
    workerData: { progress: shared },
  });
  let watch: NodeJS.Timeout | undefined;
  try {
    return await new Promise<FuzzReport>((resolve, reject) => {
      let seen = -1;
      watch = setInterval(() => {
        const now = Atomics.load(progress, 0);
        if (now === seen && now > 0) resolve(hang(task, now));
        seen = now;
      }, patienceMs);
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.postMessage(task);
    });
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}

function hang({ target: name, count: whole }: FuzzTask, index: number): FuzzReport {
  const target = targets.find((each) => each.name === name)!;
  const reason = `input ${index} of ${whole} did not end within ${patienceMs / 1000} s`;
  const findings: Finding[] = [{ target: name, input: inputOf(target, seed, index), reason }];
  return { target: name, tried: index, findings, slowestMs: patienceMs, tookMs: patienceMs, grownBytes: 0 };
}

async function keep({ target, input, reason }: Finding): Promise<void> {
  const folder = new URL(`${target}/`, keptFolder);
  const name = createHash('sha256').update(input).digest('hex').slice(0, 16);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(`${name}.bin`, folder), input);
  console.log(`\n${target}: ${reason}\n  kept as test/fuzz/kept/${target}/${name}.bin`);
}

console.log(`seed ${seed}: ${count} inputs for each of ${chosen.length} targets`);
const startMs = performance.now();
const reports = (await Promise.all(Array.from({ length: values.workers }, work))).flat();
const findings = reports.flatMap((report) => report.findings);
for (const finding of findings) await keep(finding);
const grown = reports.filter(({ grownBytes }) => grownBytes > maxGrownBytes);
for (const { target, grownBytes } of grown) console.log(`${target}: memory grew by ${grownBytes} bytes`);
const tried = reports.reduce((sum, report) => sum + report.tried, 0);
const seconds = Math.round((performance.now() - startMs) / 1000);
console.log(
  `\n${tried} inputs in ${seconds} s: ${findings.length} failed, ${grown.length} targets kept memory`,
);
process.exitCode = findings.length + grown.length > 0 ? 1 : 0;
