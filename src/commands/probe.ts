import { examine, type ProbeOutcome } from '../probe/probe.ts';
import { decimalNumber } from '../settings/value.ts';
import { version } from '../version.ts';
import { cameraOptions } from './camera_options.ts';
import { exitFailed, exitGood, type Invocation } from './command.ts';
import { optionValue } from './option_value.ts';
import { probeText } from './probe_text.ts';

const defaultSeconds = 5;
const allowedSeconds = decimalNumber(1, 60);

/** Says what a camera sends, also when that cannot be recorded: then it is a bug report. */
export async function run(invocation: Invocation): Promise<number> {
  const { operands, process, json } = invocation;
  const seconds =
    optionValue(invocation, 'seconds', allowedSeconds) ??
    optionValue(invocation, 'duration', allowedSeconds) ??
    defaultSeconds;
  const outcome = await examine({
    url: operands[0]!,
    ...cameraOptions(invocation),
    clock: process.clock,
    seconds,
    signal: process.signal,
  });
  const { report } = outcome;
  process.stdout.write(json ? `${JSON.stringify({ version, ...report })}\n` : probeText(report, version));
  if (outcome.error) process.stderr.write(failureLine(outcome));
  return outcome.error ? exitFailed : exitGood;
}

function failureLine({ report: { error } }: ProbeOutcome): string {
  return `nightjar: ${error!.message} ${error!.advice} (${error!.code})\n`;
}
