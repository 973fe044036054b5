/**
 * Whether a server plays the part that it was asked for, as far as its reply to PLAY tells (RFC 2326 section 12.29).
 *
 * Servers without an archive take no notice of Range, and send what the camera sees now. What they answer with is nothing,
 * `npt=now-`, or what they answer every PLAY with: `npt=0.000-`.
 */
import { type Range, rangeEnds } from './range.ts';

/** `unsaid`: it may be that part, and may be something else. */
export type RangeStanding = 'played' | 'unsaid' | 'ignored';

export function rangeStanding(asked: Range, answered: Range | undefined): RangeStanding {
  if (asked.unit === 'npt' && asked.start === 'now') return 'played';
  if (answered?.unit === 'npt') {
    if (answered.start === 'now') return 'ignored';
    if ((answered.start ?? 0) === 0 && answered.end === undefined)
      return asked.unit === 'npt' && asked.start === 0 ? 'unsaid' : 'ignored';
  }
  if (answered?.unit !== asked.unit) return 'unsaid';
  const wanted = rangeEnds(asked);
  const played = rangeEnds(answered);
  const isBehind = played.start !== undefined && wanted.end !== undefined && played.start >= wanted.end;
  const isBefore = played.end !== undefined && wanted.start !== undefined && played.end <= wanted.start;
  return isBehind || isBefore ? 'ignored' : 'played';
}
