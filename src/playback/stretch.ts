import type { FragmentEntry } from '../footage/segment.ts';
import { rescale, type UnixMillis, unixMillis } from '../units/time.ts';
import { type PlayableSegment, videoTrackOf } from './playable_segment.ts';
import { WallTimeMap } from './wall_time.ts';

/** A hole in the media time line longer than this is a gap; shorter ones are the last picture shown on. */
const maxHoleMs = 250;

export interface StretchFragment {
  readonly segment: PlayableSegment;
  /** Its place among the fragments of its segment. */
  readonly index: number;
  readonly entry: FragmentEntry;
  /** Presentation time of its first picture on the run's time line, in video ticks. */
  readonly startTicks: number;
  readonly endTicks: number;
}

/** Media of one run without a hole, over as many segments as it takes. */
export interface Stretch {
  readonly runId: string;
  /** Of the video track, in Hz. */
  readonly timescale: number;
  readonly fragments: readonly StretchFragment[];
  readonly map: WallTimeMap;
  /** The instants that it answers for, half-open, in whole milliseconds; its media may begin before and end after. */
  readonly startMs: UnixMillis;
  readonly endMs: UnixMillis;
}

/** Splits segments, given in order of time, where media does not simply go on: at a new run, a missing segment or a hole. */
export function splitIntoStretches(segments: readonly PlayableSegment[]): Stretch[] {
  const stretches: StretchFragment[][] = [];
  let before: StretchFragment | undefined;
  for (const segment of inOrder(segments)) {
    for (const fragment of fragmentsOf(segment)) {
      if (before && goesOn(before, fragment)) stretches.at(-1)!.push(fragment);
      else stretches.push([fragment]);
      before = fragment;
    }
  }
  return stretches.map(toStretch).filter((stretch) => stretch.endMs > stretch.startMs);
}

/** By the start of each run, so that a run whose first segment answers for nothing (an overlap) keeps it in front. */
function inOrder(segments: readonly PlayableSegment[]): PlayableSegment[] {
  const runStart = new Map<string, number>();
  for (const { runId, startMs, endMs } of segments) {
    if (endMs > startMs) runStart.set(runId, Math.min(runStart.get(runId) ?? Number.POSITIVE_INFINITY, startMs));
  }
  return segments
    .filter((segment) => runStart.has(segment.runId))
    .sort((a, b) =>
      a.runId === b.runId ? a.number - b.number : runStart.get(a.runId)! - runStart.get(b.runId)! || order(a.runId, b.runId),
    );
}

function order(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function* fragmentsOf(segment: PlayableSegment): Generator<StretchFragment> {
  const { offsetTicks } = videoTrackOf(segment);
  for (const [index, entry] of segment.fragments.entries()) {
    const startTicks = entry.startTicks + offsetTicks;
    yield { segment, index, entry, startTicks, endTicks: startTicks + entry.durationTicks };
  }
}

function goesOn(before: StretchFragment, fragment: StretchFragment): boolean {
  if (before.segment !== fragment.segment) {
    const follows =
      before.segment.runId === fragment.segment.runId && before.segment.number + 1 === fragment.segment.number;
    if (!follows) return false;
  }
  const { timescale } = videoTrackOf(fragment.segment);
  if (timescale !== videoTrackOf(before.segment).timescale) return false;
  return Math.abs(fragment.startTicks - before.endTicks) <= rescale(maxHoleMs, 1000, timescale);
}

function toStretch(fragments: StretchFragment[]): Stretch {
  const first = fragments[0]!;
  const last = fragments.at(-1)!;
  const { timescale } = videoTrackOf(first.segment);
  const map = new WallTimeMap(
    fragments.map(({ entry, startTicks }) => ({ ms: entry.startMs, ticks: startTicks })),
    timescale,
  );
  const visible = fragments.map(({ segment }) => segment).filter(({ startMs, endMs }) => endMs > startMs);
  const firstVisible = visible[0];
  const lastVisible = visible.at(-1);
  // A segment answers for its own instants unless a hole inside it cuts it short.
  const beginsWithSegment = first.index === 0 || firstVisible !== first.segment;
  const endsWithSegment = last.index === last.segment.fragments.length - 1 || lastVisible !== last.segment;
  const startMs = beginsWithSegment ? firstVisible?.startMs : Math.round(map.msAt(first.startTicks));
  const endMs = endsWithSegment ? lastVisible?.endMs : Math.round(map.msAt(last.endTicks));
  return {
    runId: first.segment.runId,
    timescale,
    fragments,
    map,
    startMs: unixMillis(startMs ?? 0),
    endMs: unixMillis(endMs ?? 0),
  };
}
