import { NightjarError } from '../errors/nightjar_error.ts';
import { type SettingName, settingTable } from '../settings/setting_table.ts';
import type { WrittenSettings } from '../settings/settings.ts';
import { nearest } from '../settings/suggestion.ts';
import type { CommandDefinition, OptionDefinition } from './command.ts';
import { commandTable, commonOptions } from './command_table.ts';

/** A command line that was understood. */
export interface CommandLine {
  readonly command: CommandDefinition;
  readonly operands: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  readonly settingFlags: WrittenSettings;
  readonly json: boolean;
  /** `--help`, or the command `help`: the command is to be explained, not run. */
  readonly help: boolean;
}

/**
 * Reads the arguments of the program: a command, then operands and flags in any order. `--flag value` and
 * `--flag=value` mean the same; behind `--` everything is an operand.
 *
 * @throws NightjarError `usage`
 */
export function parseCommandLine(commandArguments: readonly string[]): CommandLine {
  const [word, ...rest] = commandArguments;
  const command = findCommand(word);
  const given = splitArguments(rest, command);
  const help = given.options.has('help');
  if (!help) checkOperands(given.operands, command);
  return { command, ...given, json: given.options.has('json'), help };
}

function findCommand(word: string | undefined): CommandDefinition {
  const aliases: Record<string, string> = { '--help': 'help', '-h': 'help', '--version': 'version' };
  const name = word === undefined ? undefined : (aliases[word] ?? word);
  const command = commandTable.find((candidate) => candidate.name === name);
  if (command) return command;
  const names = commandTable.map((candidate) => candidate.name);
  const list = `The commands are ${names.join(', ')}.`;
  if (name === undefined) throw usage(`No command was given. ${list}`);
  const near = nearest(name, names);
  throw usage(`There is no command ${quote(name)}. ${near ? `Did you mean ${near}? ` : ''}${list}`);
}

function splitArguments(
  words: readonly string[],
  command: CommandDefinition,
): { operands: string[]; options: Map<string, string>; settingFlags: WrittenSettings } {
  const known = knownFlags(command);
  const operands: string[] = [];
  const options = new Map<string, string>();
  const settingFlags: WrittenSettings = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--') {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    const { flag, attached } = splitFlag(word);
    const meaning = known.get(flag);
    if (!meaning) throw unknownFlag(flag, command, [...known.keys()]);
    let text = attached;
    if (meaning.takesValue && text === undefined) text = words[++at];
    if (meaning.takesValue && text === undefined) throw usage(`--${flag} needs a value.`);
    if (!meaning.takesValue && text !== undefined) throw usage(`--${flag} takes no value.`);
    if (meaning.setting) settingFlags[meaning.setting] = { text: text!, source: `--${flag}` };
    else options.set(flag, text ?? '');
  }
  return { operands, options, settingFlags };
}

interface FlagMeaning {
  readonly takesValue: boolean;
  readonly setting?: SettingName;
}

function knownFlags(command: CommandDefinition): Map<string, FlagMeaning> {
  const known = new Map<string, FlagMeaning>();
  const options: readonly OptionDefinition[] = [...command.options, ...commonOptions];
  for (const { flag, placeholder } of options) known.set(flag, { takesValue: placeholder !== undefined });
  for (const setting of command.settings) {
    known.set(settingTable[setting].flag, { takesValue: true, setting });
  }
  return known;
}

function splitFlag(word: string): { flag: string; attached: string | undefined } {
  if (word === '-h') return { flag: 'help', attached: undefined };
  const parts = /^--([^=]*)(?:=(.*))?$/s.exec(word);
  return parts ? { flag: parts[1]!, attached: parts[2] } : { flag: word, attached: undefined };
}

function unknownFlag(flag: string, command: CommandDefinition, known: readonly string[]): NightjarError {
  const dashed = flag.startsWith('-') ? flag : `--${flag}`;
  const near = nearest(flag, known);
  const hint = near ? ` Did you mean --${near}?` : '';
  return usage(`${command.name} has no option ${quote(dashed)}.${hint}`);
}

function checkOperands(operands: readonly string[], command: CommandDefinition): void {
  const missing = command.operands[operands.length];
  if (missing) throw usage(`${command.name} needs ${missing}: "nightjar ${usageLine(command)}".`);
  const extra = operands[command.operands.length];
  if (extra !== undefined) throw usage(`${command.name} does not take ${quote(extra)}.`);
}

/** For example `record URL [options]`. */
export function usageLine(command: CommandDefinition): string {
  return [command.name, ...command.operands, '[options]'].join(' ');
}

export function usage(detail: string): NightjarError {
  return new NightjarError('usage', detail);
}

/** What a person typed, bounded, and without the credentials that a URL may hold. */
function quote(text: string): string {
  const bare = text.replace(/\/\/[^/@]*@/, '//');
  return JSON.stringify(bare.length > 80 ? `${bare.slice(0, 80)}…` : bare);
}
