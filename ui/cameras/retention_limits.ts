/** What limits the footage of one camera, in the units that people type: days, hours and gigabytes. */
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { byLocale, message } from '../messages/message.ts';

export const limitNames = ['maxAgeDays', 'eventMaxAgeDays', 'maxBytes', 'minAgeHours'] as const;
export type LimitName = (typeof limitNames)[number];

/** As typed, under the names that the server has for them; empty for "none of its own". */
export type LimitTexts = Record<LimitName, string>;

interface Limit {
  /** How much of the server's unit one of the typed unit is. */
  readonly factor: number;
  /** Typed units that the server takes; by name, so that nobody is told of bytes who typed gigabytes. */
  readonly least: number;
  readonly most: number;
  /** So much of the typed unit, in words. */
  readonly words: (n: string) => string;
}

const dayWords = (days: string): string => message('retention.days', { days });
const age: Limit = { factor: 1, least: 0.001, most: 36_500, words: dayWords };
const limits: Readonly<Record<LimitName, Limit>> = {
  maxAgeDays: age,
  eventMaxAgeDays: age,
  maxBytes: {
    factor: 1e9,
    least: 0.001,
    most: 1e6,
    words: (n) => message('unit.figure', { n, unit: 'GB' }),
  },
  minAgeHours: {
    factor: 1,
    least: 0,
    most: 876_000,
    words: (hours) => message('field.hours', { hours }),
  },
};

/** A number as it may be typed: without an exponent, and without a sign between thousands. */
const plain = byLocale(
  (locale) => new Intl.NumberFormat(locale, { useGrouping: false, maximumFractionDigits: 20 }),
);
const decimal = /^-?\d+(?:[.,]\d+)?$/;
/**
 * With the language's own sign between thousands. To some it is a thousand and more, to others one and a part: footage
 * would be gone before that is noticed.
 */
const inTwoWays = byLocale((locale) => {
  const sign = new Intl.NumberFormat(locale).formatToParts(1e6).find(({ type }) => type === 'group')?.value;
  return sign === '.' ? /^[1-9]\d{0,2}\.\d{3}$/ : /^[1-9]\d{0,2},\d{3}$/;
});

/** What the server knows of a camera's limits, as somebody would type it. */
export function limitTexts(camera: Pick<CameraAnswer, LimitName>): LimitTexts {
  const text = (name: LimitName) => {
    const value = camera[name];
    return value === undefined ? '' : plain().format(value / limits[name].factor);
  };
  return {
    maxAgeDays: text('maxAgeDays'),
    eventMaxAgeDays: text('eventMaxAgeDays'),
    maxBytes: text('maxBytes'),
    minAgeHours: text('minAgeHours'),
  };
}

/** What a text without fault says in the server's unit; null where it says nothing. */
export function limitValue(name: LimitName, text: string): number | null {
  if (text.trim() === '') return null;
  const value = typedNumber(text) * limits[name].factor;
  return name === 'maxBytes' ? Math.round(value) : value;
}

/** What is wrong with the texts, in words, by field. */
export function limitFaults(texts: LimitTexts): Map<LimitName, string> {
  const faults = new Map<LimitName, string>();
  for (const name of limitNames) {
    const fault = limitFault(name, texts[name].trim());
    if (fault !== undefined) faults.set(name, fault);
  }
  const days = texts.maxAgeDays.trim();
  const hours = texts.minAgeHours.trim();
  if (days === '' || hours === '' || faults.has('maxAgeDays') || faults.has('minAgeHours')) return faults;
  // What is guaranteed to stay cannot have to go. As at the server without what binary fractions add: 0.1 days are 2.4 hours.
  const mostHours = Number((typedNumber(days) * 24).toPrecision(12));
  if (typedNumber(hours) > mostHours) {
    const values = {
      most: limits.minAgeHours.words(plain().format(mostHours)),
      kept: dayWords(plain().format(typedNumber(days))),
    };
    faults.set('minAgeHours', message('field.guarantee', values));
  }
  return faults;
}

function limitFault(name: LimitName, text: string): string | undefined {
  if (text === '') return undefined;
  if (!decimal.test(text)) return message('field.number');
  if (inTwoWays().test(text)) {
    const ways = { whole: text.replace(/[.,]/, ''), part: plain().format(typedNumber(text)) };
    return message('field.number.two-ways', { text, ...ways });
  }
  const { least, most, words } = limits[name];
  const typed = typedNumber(text);
  if (typed < least) return message('field.least', { least: words(plain().format(least)) });
  if (typed > most) return message('field.most', { most: words(plain().format(most)) });
  return undefined;
}

const typedNumber = (text: string): number => Number(text.trim().replace(',', '.'));
