import { en } from './en.ts';
import type { Texts } from './texts.ts';

export type MessageKey = keyof Texts;

/** Keys of texts without parameters, for tables from a code to its words. */
export type PlainKey = { [Key in MessageKey]: Texts[Key] extends string ? Key : never }[MessageKey];

type Values<Key extends MessageKey> = Texts[Key] extends (values: infer Given) => string ? [Given] : [];

export interface Language {
  /** The language and region that figures and times are written in, such as 'en-GB'. */
  readonly locale: string;
  readonly texts: Texts;
}

export const english: Language = { locale: 'en-GB', texts: en };

let spoken = english;

/** From now on the interface speaks this language. What is on the page by then stays as it is. */
export function speak(language: Language): void {
  spoken = language;
}

/** The text of a key in the language of the interface. Keys that do not exist, and forgotten values, do not compile. */
export function message<Key extends MessageKey>(key: Key, ...values: Values<Key>): string {
  const text = spoken.texts[key] as string | ((given: unknown) => string);
  return typeof text === 'string' ? text : text(values[0]);
}

/** What depends on the locale and is dear to make, such as formats: made when it is first needed in a language. */
export function byLocale<Value>(make: (locale: string) => Value): () => Value {
  let made: { readonly locale: string; readonly value: Value } | undefined;
  return () => {
    if (made?.locale !== spoken.locale) made = { locale: spoken.locale, value: make(spoken.locale) };
    return made.value;
  };
}
