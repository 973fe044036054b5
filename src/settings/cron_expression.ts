import type { ValueParser } from './value.ts';

interface CronField {
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Minute, hour, day of the month, month, day of the week; 7 is Sunday too. */
const fields: readonly CronField[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: months },
  { least: 0, most: 7, names: weekdays },
];

const expected = 'a cron expression of five fields, such as "* * * * *" (every minute) or "*/10 * * * *"';

/** A cron expression of five fields: numbers, names, ranges, steps, lists. */
export const cronExpression: ValueParser<string> = (text) => {
  if (text.length > 200) return { expected };
  const parts = text.trim().split(/\s+/);
  const valid = parts.length === fields.length && fields.every((field, at) => isField(parts[at]!, field));
  return valid ? { value: parts.join(' ') } : { expected };
};

function isField(text: string, field: CronField): boolean {
  return text.split(',').every((item) => isItem(item.toLowerCase(), field));
}

function isItem(item: string, field: CronField): boolean {
  const parts = /^(\*|[a-z0-9]+(?:-[a-z0-9]+)?)(?:\/(\d{1,2}))?$/.exec(item);
  if (!parts) return false;
  const [, range, step] = parts;
  if (step !== undefined && Number(step) === 0) return false;
  if (range === '*') return true;
  const [from, to] = range!.split('-').map((bound) => numberIn(bound, field));
  if (from === undefined) return false;
  // A step needs something to step through.
  if (!range!.includes('-')) return step === undefined;
  return to !== undefined && from <= to;
}

function numberIn(text: string, field: CronField): number | undefined {
  const name = field.names?.indexOf(text) ?? -1;
  if (name >= 0) return name + field.least;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.least && value <= field.most ? value : undefined;
}
