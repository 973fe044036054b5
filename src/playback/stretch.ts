import { wholeParts } from '../footage/damage.ts';
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

/**
 * Splits segments where media does not simply go on: at a new run, a missing segment, damage or a hole. The result is in
 * order of time and no two share an instant.
 */
export function splitIntoStretches(segments: readonly PlayableSegment[]): Stretch[] {
  const stretches: StretchFragment[][] = [];
  let before: StretchFragment | undefined;
  for (const segment of inOrder(segments)) {
    for (const part of wholeParts(segment.fragments)) {
      if (part[0] !== segment.fragments[0]) before = undefined;
      for (const fragment of fragmentsOf(segment, part)) {
        if (before && goesOn(before, fragment)) stretches.at(-1)!.push(fragment);
        else stretches.push([fragment]);
        // A fragment of sound alone says nothing about the pictures' time line.
        if (fragment.entry.durationTicks > 0 || before?.segment !== segment) before = fragment;
      }
    }
  }
  return withoutOverlaps(stretches.map(toStretch));
}

/** Gives each instant to one stretch: first to those that do not overlap by their own account, then to the earlier one. */
function withoutOverlaps(stretches: readonly Stretch[]): Stretch[] {
  const isLater = (stretch: Stretch) => Number(stretch.fragments.some(({ segment }) => segment.overlap));
  const byClaim = [...stretches].sort((a, b) => isLater(a) - isLater(b) || a.startMs - b.startMs);
  const kept: Stretch[] = [];
  for (const stretch of byClaim) {
    let startMs = stretch.startMs;
    for (const other of kept.filter(({ endMs }) => endMs > stretch.startMs)) {
      const endMs = unixMillis(Math.min(other.startMs, stretch.endMs));
      if (endMs > startMs) insert(kept, { ...stretch, startMs, endMs });
      startMs = unixMillis(Math.max(startMs, other.endMs));
    }
    if (stretch.endMs > startMs) insert(kept, { ...stretch, startMs });
  }
  return kept;
}

function insert(stretches: Stretch[], stretch: Stretch): void {
  const at = stretches.findLastIndex(({ startMs }) => startMs <= stretch.startMs) + 1;
  stretches.splice(at, 0, stretch);
}

/** By the start of each run, so that a run whose first segment answers for nothing (an overlap) keeps it in front. */
function inOrder(segments: readonly PlayableSegment[]): PlayableSegment[] {
  const runStart = new Map<string, number>();
  for (const { runId, startMs, endMs } of segments) {
    if (endMs <= startMs) continue;
    runStart.set(runId, Math.min(runStart.get(runId) ?? Number.POSITIVE_INFINITY, startMs));
  }
  return segments
    .filter(({ runId, fragments }) => runStart.has(runId) && fragments.length > 0)
    .sort((a, b) => {
      if (a.runId === b.runId) return a.number - b.number;
      return runStart.get(a.runId)! - runStart.get(b.runId)! || order(a.runId, b.runId);
    });
}

function order(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** @param part of the segment's fragments, without a break */
function fragmentsOf(segment: PlayableSegment, part: readonly FragmentEntry[]): StretchFragment[] {
  const { offsetTicks } = videoTrackOf(segment);
  const firstIndex = segment.fragments.indexOf(part[0]!);
  return part.map((entry, place) => {
    const startTicks = entry.startTicks + offsetTicks;
    const endTicks = startTicks + entry.durationTicks;
    return { segment, index: firstIndex + place, entry, startTicks, endTicks };
  });
}

function goesOn(before: StretchFragment, fragment: StretchFragment): boolean {
  if (before.segment !== fragment.segment) {
    const follows =
      before.segment.runId === fragment.segment.runId &&
      before.segment.number + 1 === fragment.segment.number;
    if (!follows) return false;
  }
  const { timescale } = videoTrackOf(fragment.segment);
  if (fragment.entry.durationTicks === 0) return true;
  if (timescale !== videoTrackOf(before.segment).timescale) return false;
  return Math.abs(fragment.startTicks - before.endTicks) <= rescale(maxHoleMs, 1000, timescale);
}

/** A fragment of sound alone tells the wall time of no picture; where there is no other, it must do. */
function isKnownPoint({ entry }: StretchFragment, index: number): boolean {
  return index === 0 || entry.durationTicks > 0;
}

function isVisible({ segment }: StretchFragment): boolean {
  return segment.endMs > segment.startMs;
}

function toStretch(fragments: StretchFragment[]): Stretch {
  const first = fragments[0]!;
  const last = fragments.at(-1)!;
  const { timescale } = videoTrackOf(first.segment);
  const map = new WallTimeMap(
    fragments.filter(isKnownPoint).map(({ entry, startTicks }) => ({ ms: entry.startMs, ticks: startTicks })),
    timescale,
  );
  const firstVisible = fragments.find(isVisible)?.segment;
  const lastVisible = fragments.findLast(isVisible)?.segment;
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
