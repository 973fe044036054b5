/** When all of a range is recorded that was asked of an archive, on the time line of the recorded footage. */
import { rangeEnds } from '../rtsp/range.ts';
import type { PlaybackAnswer, PlaybackWish } from '../rtsp/session_state.ts';

export interface ReplayEnd {
  /** Wall time of the footage. */
  readonly atMs: number;
  /**
   * Whether the footage is known to have its right time. A server may begin with an earlier key frame without a word: then
   * the footage is named later than it is, and what was asked for goes on behind `atMs`.
   */
  readonly isSure: boolean;
}

/**
 * @param facts.isTimed whether the packets say when they were recorded
 * @param facts.beginMs wall time of the footage that came first
 * @returns undefined when neither the range nor the answer has an end
 */
export function replayEnd(
  { range }: PlaybackWish,
  facts: { readonly answer: PlaybackAnswer; readonly isTimed: boolean; readonly beginMs: number },
): ReplayEnd | undefined {
  const { answer, isTimed, beginMs } = facts;
  // Whoever plays at another says so (RFC 2326 section 12.34).
  const scale = Math.abs(answer.scale ?? 1);
  const asked = rangeEnds(range);
  const said = answer.range?.unit === range.unit ? rangeEnds(answer.range) : {};
  const beginsEarlier = said.start !== undefined && asked.start !== undefined && said.start < asked.start;
  const end = asked.end ?? said.end;
  if (range.unit === 'clock') {
    if (end === undefined) return undefined;
    return { atMs: beginMs + (end * 1000 - beginMs) / scale, isSure: isTimed || beginsEarlier };
  }
  const start = said.start ?? asked.start;
  // The last seconds of something: more are not in it.
  const isTail = range.unit === 'npt' && range.start === undefined;
  const tail = isTail ? range.end : undefined;
  const seconds = start !== undefined && end !== undefined ? end - start : tail;
  return seconds === undefined
    ? undefined
    : { atMs: beginMs + (seconds * 1000) / scale, isSure: beginsEarlier };
}
