import { statSync } from 'node:fs';
import path from 'node:path';
import { type BackupProgress, backUpDatabase } from '../index/backup.ts';
import { folder } from '../settings/value.ts';
import { byteWords } from '../units/amount_text.ts';
import { exitGood, type Invocation } from './command.ts';
import { requiredOption } from './option_value.ts';
import { ProgressLine } from './progress_line.ts';
import { settingsOf } from './settings_of.ts';

/** Copies the index into a file, also while a server records. */
export async function run(invocation: Invocation): Promise<number> {
  const { process, json } = invocation;
  const to = path.resolve(process.workingDir, requiredOption(invocation, 'to', folder));
  const { dataDir } = await settingsOf(invocation);
  const progress = new ProgressLine(process);
  await backUpDatabase(path.join(dataDir, 'nightjar.db'), to, {
    signal: process.signal,
    onProgress: (state) => progress.say(() => progressText(state)),
  }).finally(() => progress.clear());
  const bytes = statSync(to).size;
  const text = `The index is in ${to}, ${byteWords(bytes)}, and was checked. It holds the passwords of cameras.\n`;
  process.stdout.write(json ? `${JSON.stringify({ file: to, bytes })}\n` : text);
  return exitGood;
}

function progressText({ done, total }: BackupProgress): string {
  return `${done} of ${total} pages (${((100 * done) / Math.max(1, total)).toFixed(0)} %)`;
}
