/** One parser, or a few in a row, under inputs that nobody meant. */
export interface FuzzTarget {
  /** Also the folder of the inputs that failed once, in `kept/`. */
  readonly name: string;
  /** Inputs that are right, or nearly; the others are made of them. */
  readonly seeds: readonly Uint8Array[];
  /** Pieces that a mutation may put in: what the parser looks for, and what may hurt it. */
  readonly tokens: readonly Uint8Array[];
  /**
   * Takes any bytes. It may throw a `NightjarError` when the parser may; anything else is a fault, and so is an
   * assertion that fails.
   */
  run(input: Uint8Array): void | Promise<void>;
}

/** Texts as bytes, one byte a character. */
export const texts = (...lines: string[]): Uint8Array[] => lines.map((line) => Buffer.from(line, 'latin1'));

/** What hurts parsers of text. */
export const textTokens = texts(
  '',
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  '"',
  '\\',
  '=',
  ';',
  ',',
  ':',
  '/',
  '%',
  '%00',
  '@',
  '-1',
  '0',
  '65536',
  '4294967296',
  '99999999999999999999',
  '1e9',
  'NaN',
  '__proto__',
  'constructor',
  '\xff\xfe',
  'a'.repeat(300),
  '('.repeat(64),
);
