import { en } from './en.ts';

/** The texts of a language: the same keys as English, with the same parameters. */
type Texts = {
  readonly [Key in keyof typeof en]: (typeof en)[Key] extends (values: infer Values) => string
    ? (values: Values) => string
    : string;
};

export type MessageKey = keyof Texts;

/** Keys of texts without parameters, for tables from a code to its words. */
export type PlainKey = { [Key in MessageKey]: Texts[Key] extends string ? Key : never }[MessageKey];

type Values<Key extends MessageKey> = Texts[Key] extends (values: infer Given) => string ? [Given] : [];

const texts: Texts = en;

/** The language and region that figures and times are written in. */
export const locale = 'en-GB';

/** The text of a key in the language of the interface. Keys that do not exist, and forgotten values, do not compile. */
export function message<Key extends MessageKey>(key: Key, ...values: Values<Key>): string {
  const text = texts[key] as string | ((given: unknown) => string);
  return typeof text === 'string' ? text : text(values[0]);
}
