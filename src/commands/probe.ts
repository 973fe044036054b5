import { access, constants, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { formatDialogue } from '../dialogue/dialogue_text.ts';
import { diskError } from '../errors/system_error.ts';
import type { Captured } from '../probe/capture.ts';
import { examine } from '../probe/probe.ts';
import { decimalNumber, wholeNumber } from '../settings/value.ts';
import { version } from '../version.ts';
import { cameraOptions } from './camera_options.ts';
import { exitFailed, exitGood, type Invocation } from './command.ts';
import { usage } from './command_line.ts';
import { optionValue } from './option_value.ts';
import { probeText } from './probe_text.ts';

const defaultSeconds = 5;
const allowedSeconds = decimalNumber(1, 60);
const allowedBytes = wholeNumber(1, 256 * 1024 * 1024);

/** Says what a camera sends, also when that cannot be recorded: then it is a bug report. */
export async function run(invocation: Invocation): Promise<number> {
  const { operands, options, process, json } = invocation;
  const seconds =
    optionValue(invocation, 'seconds', allowedSeconds) ??
    optionValue(invocation, 'duration', allowedSeconds) ??
    defaultSeconds;
  const file = options.get('capture');
  const concealed = options.has('capture-headers-only');
  const maximumBytes = optionValue(invocation, 'capture-bytes', allowedBytes);
  if (file === undefined && (concealed || maximumBytes !== undefined)) {
    throw usage('--capture-headers-only and --capture-bytes need --capture FILE.');
  }
  if (file !== undefined) await refuseUnwritable(path.resolve(process.workingDir, file));
  const { report, error, captured } = await examine({
    url: operands[0]!,
    ...cameraOptions(invocation),
    clock: process.clock,
    seconds,
    signal: process.signal,
    ...(file !== undefined && {
      capture: {
        concealed,
        source: `nightjar probe --capture, version ${version}`,
        ...(maximumBytes !== undefined && { maximumBytes }),
      },
    }),
  });
  process.stdout.write(json ? `${JSON.stringify({ version, ...report })}\n` : probeText(report, version));
  if (file !== undefined && captured) {
    await writeNew(path.resolve(process.workingDir, file), formatDialogue(captured.dialogue));
    process.stderr.write(captureText(file, captured, concealed));
  }
  if (!error) return exitGood;
  const { message, advice, code } = report.error!;
  process.stderr.write(`nightjar: ${message} ${advice} (${code})\n`);
  return exitFailed;
}

/** Says so before the camera is looked at, not behind. @throws NightjarError `usage` */
async function refuseUnwritable(file: string): Promise<void> {
  const can = (what: string, mode: number) =>
    access(what, mode).then(
      () => true,
      () => false,
    );
  if (await can(file, constants.F_OK)) throw usage(`${file} exists already: give --capture another name.`);
  const folder = path.dirname(file);
  if (!(await can(folder, constants.W_OK))) throw usage(`--capture cannot write into the folder ${folder}.`);
}

/** Never over another file. @throws NightjarError of the disk */
async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx', mode: 0o600 }).catch((error) => {
    throw diskError(error, file);
  });
}

function captureText(file: string, { packets, bytes, cut }: Captured, concealed: boolean): string {
  const amount = `${packets} packets of media, ${bytes} bytes`;
  const end = cut ? ', cut there' : '';
  const care = concealed
    ? 'What pictures show and sound says is left out.'
    : 'It holds what the camera shows and hears: mind whom you give it to, or use --capture-headers-only.';
  const secrets =
    'The given password is left out, and what stands where secrets usually do: look through it all the same.';
  return `nightjar: ${file} plays what the camera said (${amount}${end}). ${secrets} ${care}\n`;
}
