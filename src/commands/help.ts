import { environmentName, settingTable } from '../settings/setting_table.ts';
import { type CommandDefinition, exitGood, type Invocation, type OptionDefinition } from './command.ts';
import { usageLine } from './command_line.ts';
import { commandTable, commonOptions } from './command_table.ts';

/** Lists the commands. */
export async function run({ json, process }: Invocation): Promise<number> {
  const commands = commandTable.map(({ name, summary, operands }) => ({ name, summary, operands }));
  process.stdout.write(json ? `${JSON.stringify({ commands })}\n` : overview());
  return exitGood;
}

function overview(): string {
  const lines = commandTable.map((command) => [
    ['nightjar', command.name, ...command.operands].join(' '),
    command.summary,
  ]);
  return `Nightjar, a network video recorder.

${columns(lines)}
Start with "nightjar serve", or with "nightjar demo" when no camera is at hand.
"nightjar COMMAND --help" explains a command; docs/settings.md explains the settings.
`;
}

/** What `nightjar COMMAND --help` prints. */
export function commandHelp(command: CommandDefinition): string {
  const options = [...command.options, ...commonOptions].map(({ flag, placeholder, description }) => [
    flagText({ flag, ...(placeholder === undefined ? {} : { placeholder }) }),
    description,
  ]);
  const settings = command.settings.map((name) => {
    const { defaultText, description } = settingTable[name];
    const rest = `Default: ${defaultText.replaceAll('`', '')}. Also ${environmentName(name)}.`;
    return [flagText(settingTable[name]), `${description} ${rest}`];
  });
  const settingsPart = settings.length === 0 ? '' : `\nSettings:\n${columns(settings)}`;
  return `nightjar ${usageLine(command)}\n\n${command.summary}\n\nOptions:\n${columns(options)}${settingsPart}`;
}

function flagText({ flag, placeholder }: Pick<OptionDefinition, 'flag' | 'placeholder'>): string {
  return placeholder === undefined ? `--${flag}` : `--${flag} ${placeholder}`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([left]) => left!.length));
  return rows.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}\n`).join('');
}
