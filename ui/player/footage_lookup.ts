/** What is at an instant, asked of the server's timeline in windows that grow until they tell it whole. */

import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { type FootagePart, partAt, partsOf } from '../timeline/footage_part.ts';
import type { Place } from './playback.ts';

const hourMs = 3_600_000;
/** How far to look before and after the instant, one after the other: most gaps are short. */
const reachesMs = [hourMs, 24 * hourMs, 15 * 24 * hourMs, 400 * 24 * hourMs];

export type AskTimeline = (
  fromMs: number,
  toMs: number,
) => Promise<Pick<TimelineAnswer, 'expectedFromMs' | 'knownToMs' | 'recordings' | 'gaps'>>;

export async function lookUp(ask: AskTimeline, ms: number, nowMs: number): Promise<Place> {
  for (const reachMs of reachesMs) {
    const fromMs = Math.round(ms - reachMs);
    const toMs = Math.round(Math.min(nowMs, ms + reachMs) + 1000);
    const last = reachMs === reachesMs.at(-1);
    const place = placeIn(await ask(fromMs, toMs), { ms, fromMs, toMs, nowMs, last });
    if (place) return place;
  }
  return { kind: 'present', lastMs: undefined };
}

interface Window {
  readonly ms: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  readonly last: boolean;
}

/** `undefined` when the window is too small to tell. */
function placeIn(
  answer: Awaited<ReturnType<AskTimeline>>,
  { ms, fromMs, toMs, nowMs, last }: Window,
): Place | undefined {
  const parts = partsOf(answer);
  const part = partAt(parts, ms);
  if (part?.kind === 'recorded') return part;
  const next = nextFootage(parts, ms);
  const seesNext = next !== undefined || toMs >= nowMs || last;
  if (part) {
    const whole = part.startMs > fromMs;
    if ((!whole || !seesNext) && !last) return undefined;
    return { ...part, nextMs: next };
  }
  if (ms < answer.expectedFromMs) return seesNext ? { kind: 'before', nextMs: next } : undefined;
  return { kind: 'present', lastMs: parts.findLast(({ endMs }) => endMs <= ms)?.endMs };
}

function nextFootage(parts: readonly FootagePart[], ms: number): number | undefined {
  return parts.find(({ kind, startMs }) => kind === 'recorded' && startMs > ms)?.startMs;
}
