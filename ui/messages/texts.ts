import type { en } from './en.ts';

/** A part of the English catalogue in another language: the same keys, and for each the same values. */
export type Translated<English> = {
  readonly [Key in keyof English]: English[Key] extends (values: infer Values) => string
    ? (values: Values) => string
    : string;
};

/** All texts of a language. */
export type Texts = Translated<typeof en>;
