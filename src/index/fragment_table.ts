import type { FragmentEntry } from '../footage/segment.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import { VariableIntegerReader, VariableIntegerWriter } from './variable_integer.ts';

/** Wall times are kept in whole microseconds: finer than any clock that stamps them. */
const perMillisecond = 1_000;

/** What the next entry would be if fragments were of equal length and followed each other without a break. */
class Expectation {
  offset = 0;
  startTicks = 0;
  durationTicks = 0;
  startUs = 0;
  stepUs = 0;
  delayUs = 0;
}

/**
 * The fragments of a segment as one compact value: a count, then per fragment the difference to what the one
 * before lets expect, as variable-length integers; about ten bytes a fragment in the steady state.
 *
 *     size * 2 + key frame | offset - end of the last | start - end of the last | duration - last duration
 *     | change of the step of wall time | change of arrival's delay after wall time
 */
export function encodeFragments(fragments: readonly FragmentEntry[]): Uint8Array {
  const writer = new VariableIntegerWriter();
  const expected = new Expectation();
  writer.unsigned(fragments.length);
  for (const fragment of fragments) {
    const startUs = Math.round(fragment.startMs * perMillisecond);
    const delayUs = Math.round(fragment.arrivalMs * perMillisecond) - startUs;
    const stepUs = startUs - expected.startUs;
    writer.unsigned(fragment.bytes * 2 + (fragment.keyFrame ? 1 : 0));
    writer.signed(fragment.offset - expected.offset);
    writer.signed(fragment.startTicks - expected.startTicks);
    writer.signed(fragment.durationTicks - expected.durationTicks);
    writer.signed(stepUs - expected.stepUs);
    writer.signed(delayUs - expected.delayUs);
    expected.offset = fragment.offset + fragment.bytes;
    expected.startTicks = fragment.startTicks + fragment.durationTicks;
    expected.durationTicks = fragment.durationTicks;
    expected.stepUs = expected.startUs === 0 ? 0 : stepUs;
    expected.startUs = startUs;
    expected.delayUs = delayUs;
  }
  return writer.bytes();
}

/** The fragments again, their wall times to the microsecond. Throws RangeError when the bytes are damaged. */
export function decodeFragments(bytes: Uint8Array): FragmentEntry[] {
  const reader = new VariableIntegerReader(bytes);
  const expected = new Expectation();
  const fragments: FragmentEntry[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const sizeAndKey = reader.unsigned();
    const size = Math.floor(sizeAndKey / 2);
    const offset = expected.offset + reader.signed();
    const startTicks = expected.startTicks + reader.signed();
    const durationTicks = expected.durationTicks + reader.signed();
    const stepUs = expected.stepUs + reader.signed();
    const delayUs = expected.delayUs + reader.signed();
    const startUs = expected.startUs + stepUs;
    fragments.push({
      offset,
      bytes: size,
      startTicks: trackTicks(startTicks),
      durationTicks: trackTicks(durationTicks),
      startMs: unixMillis(startUs / perMillisecond),
      arrivalMs: unixMillis((startUs + delayUs) / perMillisecond),
      keyFrame: sizeAndKey % 2 === 1,
    });
    expected.offset = offset + size;
    expected.startTicks = startTicks + durationTicks;
    expected.durationTicks = durationTicks;
    expected.stepUs = expected.startUs === 0 ? 0 : stepUs;
    expected.startUs = startUs;
    expected.delayUs = delayUs;
  }
  if (!reader.atEnd) throw new RangeError('the table goes on after its last entry');
  return fragments;
}

/** No integer of a table takes more: 56 bits. */
const maxIntegerBytes = 8;
const integersPerFragment = 6;

/**
 * The number of fragments, when it can be seen without decoding them that they follow each other without a hole, as
 * nearly all do; undefined when {@link decodeFragments} must say.
 */
export function countWholeFragments(bytes: Uint8Array): number | undefined {
  let integers = 0;
  let count = 0;
  let from = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at]! >= 0x80) continue;
    if (at - from >= maxIntegerBytes) return undefined;
    if (integers === 0) {
      for (let byte = at; byte >= from; byte--) count = count * 128 + (bytes[byte]! & 0x7f);
    } else if (integers % integersPerFragment === 2 && integers > 2 && (bytes[at] !== 0 || at !== from)) {
      // The second integer of an entry, but the first one's, is what lies between it and the one before.
      return undefined;
    }
    integers += 1;
    from = at + 1;
  }
  return from === bytes.length && integers === 1 + count * integersPerFragment ? count : undefined;
}
