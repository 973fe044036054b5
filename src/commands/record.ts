import path from 'node:path';
import { type RecordUrlResult, recordUrl } from '../recorder/record_url.ts';
import { decimalNumber, folder } from '../settings/value.ts';
import { cameraOptions } from './camera_options.ts';
import { exitFailed, exitGood, type Invocation } from './command.ts';
import { commandLog } from './command_log.ts';
import { optionValue, requiredOption } from './option_value.ts';
import { playbackOptions } from './playback_options.ts';
import { settingsOf } from './settings_of.ts';

/** The longest recording without a server: a week. */
const maxSeconds = 7 * 86_400;

/** Records one stream into files, or what the camera kept of it; fails when nothing came within 20 s. */
export async function run(invocation: Invocation): Promise<number> {
  const { operands, process, json } = invocation;
  const out = requiredOption(invocation, 'out', folder);
  const playback = playbackOptions(invocation);
  const duration = decimalNumber(0.1, maxSeconds);
  const durationS = playback
    ? optionValue(invocation, 'duration', duration)
    : requiredOption(invocation, 'duration', duration);
  const settings = await settingsOf(invocation);
  const log = commandLog(process, settings);
  try {
    const result = await recordUrl({
      url: operands[0]!,
      ...cameraOptions(invocation),
      outDir: path.resolve(process.workingDir, out),
      ...(durationS !== undefined && { durationS }),
      ...(playback && { playback }),
      segmentSeconds: settings.segmentSeconds,
      clock: process.clock,
      logger: log.logger,
      signal: process.signal,
    });
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : resultText(result));
    // Whoever asked a camera for its past must not take its present for it, nor a part for the whole.
    const isAsAsked = result.unconfirmed === undefined && result.endedEarly === undefined;
    return isAsAsked ? exitGood : exitFailed;
  } finally {
    log.close();
  }
}

function resultText(result: RecordUrlResult): string {
  const { files, frames, bytes, startMs, endMs, endedEarly, endedFor, unconfirmed } = result;
  const seconds = ((endMs - startMs) / 1000).toFixed(1);
  const lines = [...files, `${frames} frames in ${seconds} s, ${bytes} bytes`];
  if (endedEarly !== undefined) lines.push(`Less than was asked for: ${endedEarly}`);
  if (endedFor !== undefined) lines.push(`Taken to be over: ${endedFor}`);
  if (unconfirmed !== undefined) lines.push(`Not confirmed: ${unconfirmed}`);
  return lines.map((line) => `${line}\n`).join('');
}
