import type { ValueParser } from '../settings/value.ts';
import type { Invocation } from './command.ts';
import { usage } from './command_line.ts';

/** The value of an option; undefined when it was not given. @throws NightjarError `usage` */
export function optionValue<Value>(
  { options }: Invocation,
  flag: string,
  parse: ValueParser<Value>,
): Value | undefined {
  const text = options.get(flag);
  if (text === undefined) return undefined;
  const parsed = parse(text);
  if ('value' in parsed) return parsed.value;
  throw usage(`--${flag} is ${JSON.stringify(text.slice(0, 80))}, but must be ${parsed.expected}.`);
}

/** The value of an option that must be there. @throws NightjarError `usage` */
export function requiredOption<Value>(
  invocation: Invocation,
  flag: string,
  parse: ValueParser<Value>,
): Value {
  const value = optionValue(invocation, flag, parse);
  if (value === undefined) throw usage(`--${flag} is missing.`);
  return value;
}

/** Those of the named options that were given. */
export function presentOptions<Flag extends string>(
  { options }: Invocation,
  flags: readonly Flag[],
): { [Name in Flag]?: string } {
  const given: { [Name in Flag]?: string } = {};
  for (const flag of flags) {
    const text = options.get(flag);
    if (text !== undefined) given[flag] = text;
  }
  return given;
}
