import { type NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { SettingName } from '../settings/setting_table.ts';
import type { WrittenSettings } from '../settings/settings.ts';
import { type CommandModule, type CommandProcess, exitFailed, exitGood, exitUsage } from './command.ts';
import { type CommandLine, parseCommandLine } from './command_line.ts';

/**
 * Runs what a command line says and resolves with the exit code; every failure becomes one message on standard
 * error.
 *
 * @param load finds the code of a command
 */
export async function runCommand(
  commandArguments: readonly string[],
  process: CommandProcess,
  load: (line: CommandLine) => Promise<CommandModule>,
): Promise<number> {
  let settingFlags: WrittenSettings = {};
  try {
    const line = parseCommandLine(commandArguments);
    settingFlags = line.settingFlags;
    if (line.help) {
      const { commandHelp } = await import('./help.ts');
      process.stdout.write(commandHelp(line.command));
      return exitGood;
    }
    const { run } = await load(line);
    return await run({ ...line, process });
  } catch (thrown) {
    if (process.signal.aborted && thrown === process.signal.reason) {
      process.stderr.write('nightjar: Stopped before the end; what was begun is undone.\n');
      return exitFailed;
    }
    const error = toNightjarError(thrown);
    process.stderr.write(failureText(error));
    return exitCode(error, settingFlags);
  }
}

function failureText(error: NightjarError): string {
  // Only our own mistakes are worth a stack to those who read it.
  const stack =
    error.code === 'internal' ? `\n${String((error.cause as Error | undefined)?.stack ?? '')}` : '';
  return `nightjar: ${error.explanation} (${error.code})${stack}\n`;
}

/** A mistake on the command line is a usage error; a wrong line in a file or a variable is a failed start. */
function exitCode(error: NightjarError, settingFlags: WrittenSettings): number {
  if (error.code === 'usage') return exitUsage;
  const flag = settingFlags[error.place.field as SettingName];
  const isFlag =
    error.code === 'setting_invalid' && flag !== undefined && error.message.startsWith(flag.source);
  return isFlag ? exitUsage : exitFailed;
}
