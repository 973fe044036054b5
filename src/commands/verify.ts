import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openIndexForInspection } from '../index/open_index.ts';
import { findRoots } from '../roots/mounted_roots.ts';
import { byteWords, counted } from '../units/amount_text.ts';
import type { Difference } from '../verify/difference.ts';
import { type VerifyProgress, type VerifyResult, verify } from '../verify/verify.ts';
import { exitFailed, exitGood, type Invocation } from './command.ts';
import { ProgressLine } from './progress_line.ts';
import { configuredRoots, settingsOf } from './settings_of.ts';

const migrationsDir = fileURLToPath(new URL('../../migrations', import.meta.url));
/** Files that are none of ours are named up to here, and counted beyond. */
const maxOthers = 20;

/** Compares the index with the recorded files, and names every difference. */
export async function run(invocation: Invocation): Promise<number> {
  const { process, json, options } = invocation;
  const settings = await settingsOf(invocation);
  const roots = await findRoots(configuredRoots(settings));
  const startedMs = process.clock.monotonic();
  const progress = new ProgressLine(process);
  const others: { file: string; what: string }[] = [];
  let told = 0;
  const tell = (difference: Difference) => {
    progress.clear();
    // Written as they are found: there may be as many as there are files.
    process.stdout.write(
      json
        ? `${told++ === 0 ? '' : ','}${JSON.stringify({ ...difference, segmentKey: undefined })}`
        : line(difference),
    );
  };
  const index = openIndexForInspection(path.join(settings.dataDir, 'nightjar.db'), migrationsDir);
  try {
    if (json) process.stdout.write('{"differences":[');
    const result = await verify({
      index,
      roots,
      deep: options.has('deep'),
      clock: process.clock,
      signal: process.signal,
      onDifference: tell,
      onOther: (file, what) => others.length < maxOthers && others.push({ file, what }),
      onProgress: (state) => progress.say(() => progressText(state)),
    });
    progress.clear();
    const seconds = (process.clock.monotonic() - startedMs) / 1000;
    const { differences: count, others: otherFiles, ...rest } = result;
    process.stdout.write(
      json
        ? `],"count":${count},${JSON.stringify({ ...rest, otherFiles, others, seconds }).slice(1)}\n`
        : summary(result, others, seconds),
    );
    return result.differences === 0 && result.complete ? exitGood : exitFailed;
  } finally {
    index.close();
  }
}

function line({ kind, root, path: file, detail }: Difference): string {
  const place = [root, file].filter((part) => part !== undefined).join(' ');
  return `${kind.padEnd(16)}  ${place === '' ? '' : `${place}: `}${detail}\n`;
}

function progressText({ step, done, total }: VerifyProgress): string {
  if (step === 'strays') return 'Looking for files without a row';
  const what = step === 'index' ? 'The index with itself' : 'Files';
  return `${what}: ${done} of ${total} (${((100 * done) / Math.max(1, total ?? 0)).toFixed(0)} %)`;
}

function summary(
  { segments, bytes, differences, others: otherFiles, complete }: VerifyResult,
  others: readonly { readonly file: string; readonly what: string }[],
  seconds: number,
): string {
  const lines = others.map(({ file, what }) => `left alone        ${file}: ${what}\n`);
  if (otherFiles > others.length) lines.push(`left alone        ${otherFiles - others.length} more\n`);
  const compared = `${counted(segments, 'segment')} with ${byteWords(bytes)} in ${seconds.toFixed(1)} s`;
  const end = complete ? '' : 'Stopped before the end. ';
  const found = differences === 0 ? 'no difference' : counted(differences, 'difference');
  return `${lines.join('')}${end}${compared}: ${found}.\n`;
}
