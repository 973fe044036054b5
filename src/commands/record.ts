import path from 'node:path';
import { type RecordUrlResult, recordUrl } from '../recorder/record_url.ts';
import { rangeSeconds } from '../rtsp/range.ts';
import { decimalNumber, folder } from '../settings/value.ts';
import { cameraOptions } from './camera_options.ts';
import { exitGood, type Invocation } from './command.ts';
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
  const durationS =
    playback && rangeSeconds(playback.range) !== undefined
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
    return exitGood;
  } finally {
    log.close();
  }
}

function resultText({ files, frames, bytes, startMs, endMs, endedEarly }: RecordUrlResult): string {
  const seconds = ((endMs - startMs) / 1000).toFixed(1);
  const early = endedEarly === undefined ? '' : `Less than was asked for: ${endedEarly}\n`;
  return `${files.join('\n')}\n${frames} frames in ${seconds} s, ${bytes} bytes\n${early}`;
}
