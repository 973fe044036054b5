import { parseRange, type Range } from '../rtsp/range.ts';
import type { PlaybackWish } from '../rtsp/session_state.ts';
import { decimalNumber, type ValueParser } from '../settings/value.ts';
import type { Invocation } from './command.ts';
import { optionValue, requiredOption } from './option_value.ts';

/** As fast as anybody plays; slower than a sixteenth nobody waits for. */
const rate = decimalNumber(0.0625, 100);

const range: ValueParser<Range> = (text) => {
  const value = parseRange(text);
  return value
    ? { value }
    : { expected: 'npt=10-20, clock=20260131T120000Z-20260131T121000Z or smpte-25=00:00:10-00:00:20' };
};

/** Which footage of an archive is wanted; undefined: what the camera sees now. */
export function playbackOptions(invocation: Invocation): PlaybackWish | undefined {
  const scale = optionValue(invocation, 'scale', rate);
  const speed = optionValue(invocation, 'speed', rate);
  const any = scale !== undefined || speed !== undefined;
  const wanted = any ? requiredOption(invocation, 'range', range) : optionValue(invocation, 'range', range);
  return wanted && { range: wanted, scale, speed };
}
