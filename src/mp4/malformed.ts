import { EndOfBytes } from '../bytes/reader.ts';
import { NightjarError } from '../errors/nightjar_error.ts';

/** The error of every reader of this folder; `offset` counts from the start of what was given to the reader. */
export function malformed(detail: string, offset?: number): NightjarError {
  return new NightjarError('file_malformed', detail, offset === undefined ? {} : { place: { offset } });
}

/**
 * Runs a parser over bytes that may be anything, and turns what the byte readers throw into `file_malformed`.
 *
 * @param what the thing being read, as the start of a sentence: "The identity box"
 */
export function readingMp4<Value>(what: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (error instanceof EndOfBytes) throw malformed(`${what} ends too early.`, error.offset);
    if (error instanceof RangeError) throw malformed(`${what} holds an impossible number.`);
    throw error;
  }
}
