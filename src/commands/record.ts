import path from 'node:path';
import { type RecordUrlResult, recordUrl } from '../recorder/record_url.ts';
import { decimalNumber, folder } from '../settings/value.ts';
import { cameraOptions } from './camera_options.ts';
import { exitGood, type Invocation } from './command.ts';
import { commandLog } from './command_log.ts';
import { requiredOption } from './option_value.ts';
import { settingsOf } from './settings_of.ts';

/** The longest recording without a server: a week. */
const maxSeconds = 7 * 86_400;

/** Records one stream into files; fails when nothing came within 20 s. */
export async function run(invocation: Invocation): Promise<number> {
  const { operands, process, json } = invocation;
  const out = requiredOption(invocation, 'out', folder);
  const durationS = requiredOption(invocation, 'duration', decimalNumber(0.1, maxSeconds));
  const settings = await settingsOf(invocation);
  const log = commandLog(process, settings);
  try {
    const result = await recordUrl({
      url: operands[0]!,
      ...cameraOptions(invocation),
      outDir: path.resolve(process.workingDir, out),
      durationS,
      segmentSeconds: settings.segmentSeconds,
      clock: process.clock,
      logger: log.logger,
      signal: process.signal,
    });
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : resultText(result));
    return exitGood;
  } finally {
    log.close();
  }
}

function resultText({ files, frames, bytes, startMs, endMs }: RecordUrlResult): string {
  const seconds = ((endMs - startMs) / 1000).toFixed(1);
  return `${files.join('\n')}\n${frames} frames in ${seconds} s, ${bytes} bytes\n`;
}
