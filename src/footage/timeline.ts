import { type UnixMillis, unixMillis } from '../units/time.ts';
import { clipDamage, type DamagedRange, joinDamage } from './damaged_range.ts';
import { type GapCause, goneCauses } from './gap_cause.ts';
import { type Interval, subtract } from './interval.ts';

/** How long after the newest fragment the next one may take before its absence is a gap. */
export const timelineAllowanceMs = 3_000;
/** Holes up to this length beside a recorded gap share its cause: a gap is noticed later than it begins. */
const sharedCauseMs = 10_000;
/** What lies so far outside a window can still matter to what is said of it: facts must reach as far. */
export const timelineMarginMs = Math.max(timelineAllowanceMs, sharedCauseMs);
/** An open segment and the closed one before it place their common instant apart from each other by rounding only. */
const roundingMs = 2;

/** A stretch of committed footage of one run. */
export interface CoverageStretch {
  readonly runId: string;
  readonly startMs: UnixMillis;
  readonly endMs: UnixMillis;
  readonly bytes: number;
}

/** A gap on record; without an end while it is open. */
export interface RecordedGap {
  readonly startMs: UnixMillis;
  readonly endMs: UnixMillis | undefined;
  readonly cause: GapCause;
}

/** Damaged footage of one run. */
export interface DamagedFootage extends DamagedRange {
  readonly runId: string;
}

export interface TimelineRecording {
  readonly startMs: UnixMillis;
  readonly endMs: UnixMillis;
  readonly runId: string;
  /** The stretch is still being written, and the window does not end before it. */
  readonly growing: boolean;
  /** Of the files behind it; of a stretch that is cut by the window, its share by time. */
  readonly bytes: number;
}

export interface TimelineGap {
  readonly startMs: UnixMillis;
  readonly endMs: UnixMillis;
  readonly cause: GapCause;
  /** The gap has not ended yet, so far as is known. */
  readonly ongoing: boolean;
}

/**
 * Recordings and gaps, each sorted; together they tile [expectedFromMs, knownToMs) without overlap. Damages, sorted, lie in
 * recordings; those of one media do not overlap.
 */
export interface Timeline {
  /** Where the answer begins: the window's start, or when footage was first expected, if that is later. */
  readonly expectedFromMs: UnixMillis;
  /** Where it ends; not before `expectedFromMs`. What follows, up to now, is not decided yet. */
  readonly knownToMs: UnixMillis;
  readonly recordings: readonly TimelineRecording[];
  readonly gaps: readonly TimelineGap[];
  /** With the counts of the whole range also where one is clipped. */
  readonly damages: readonly DamagedRange[];
}

export interface TimelineFacts {
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  /** Since when the camera is there. Footage from before (a burst on connect) is shown all the same. */
  readonly expectedFromMs: number;
  /** Disjoint, by start: whole stretches that reach into the window or within {@link timelineMarginMs} of it. */
  readonly coverage: readonly CoverageStretch[];
  /** Disjoint, by start: whole gaps, as far as `coverage`; only the last can be open. */
  readonly gaps: readonly RecordedGap[];
  /** The segments being written, each to the end of its newest whole fragment. */
  readonly live: readonly CoverageStretch[];
  /** Of closed segments and those being written: whole ranges that reach into the window. */
  readonly damages: readonly DamagedFootage[];
  /**
   * Up to when it is decided what is footage and what is not. Given where what is being written cannot be seen: then the
   * absence of footage after the newest that is known means nothing.
   */
  readonly decidedMs?: number;
  /** The cause of what has no footage and no recorded gap. */
  readonly defaultCause: GapCause;
  /** Default {@link timelineAllowanceMs}. */
  readonly allowanceMs?: number;
  /** Details shorter than this are joined, see {@link coarsen}; everything is kept by default. */
  readonly resolutionMs?: number;
}

/** Who has the instants between `startMs` and `endMs`. */
interface Stretch extends Interval {
  readonly runId: string;
  readonly growing: boolean;
  readonly bytes: number;
}

interface Hole extends Interval {
  readonly cause: GapCause;
  readonly ongoing: boolean;
}

/**
 * What a stream recorded in a window, and why not what it did not: each instant exactly once. What is said of an instant
 * is the same for every window that it lies in.
 */
export function composeTimeline(facts: TimelineFacts): Timeline {
  const stretches = joinStretches(facts);
  const expectedFrom = expectedSince(facts, stretches[0]);
  const startMs = Math.max(facts.fromMs, expectedFrom);
  const decidedMs = decidedTo(facts, stretches, expectedFrom);
  const window = { startMs, endMs: Math.max(startMs, Math.min(facts.toMs, decidedMs)) };
  const recordings = stretches.flatMap((stretch) => clipStretch(stretch, window));
  // The cause of a hole hangs on what is around it: it is found for whole holes, and only then cut to the window.
  const visible = { startMs: Math.max(facts.fromMs - timelineMarginMs, expectedFrom), endMs: decidedMs };
  const holes = explainHoles(subtract(visible, stretches), visible.endMs, facts);
  const gaps = holes.flatMap((hole) => clipHole(hole, window, facts.nowMs));
  const timeline = {
    expectedFromMs: unixMillis(window.startMs),
    knownToMs: unixMillis(window.endMs),
    recordings: recordings.map(toRecording),
    gaps: gaps.map(toGap),
    damages: shownDamages(facts, recordings),
  };
  return facts.resolutionMs === undefined ? timeline : coarsen(timeline, facts.resolutionMs);
}

/**
 * Where the timeline begins: with the footage where it reaches back further, and also where the first connection took
 * no longer than the allowance, since nothing went wrong then.
 */
function expectedSince(facts: TimelineFacts, firstStretch: Stretch | undefined): number {
  const { expectedFromMs, gaps, allowanceMs = timelineAllowanceMs } = facts;
  const gone = gaps.find(({ cause }) => goneCauses.has(cause));
  // The connection did not fail because its first footage is gone by now.
  const first =
    firstStretch && gone && gone.startMs > firstStretch.startMs ? firstStretch : (gone ?? firstStretch);
  if (!first || first.startMs - expectedFromMs > allowanceMs) return expectedFromMs;
  const failed = gaps.some((gap) => gap.startMs < first.startMs && endOf(gap) > expectedFromMs);
  return failed ? Math.min(expectedFromMs, first.startMs) : first.startMs;
}

/** Coverage and what is being written as disjoint stretches, those of one run joined where they touch. */
function joinStretches(facts: TimelineFacts): readonly Stretch[] {
  let stretches: Stretch[] = facts.coverage.map((stretch) => ({ ...stretch, growing: false }));
  const live = facts.live.toSorted((a, b) => a.startMs - b.startMs);
  for (const segment of live) {
    const touching = stretches.find(({ runId, endMs }) => {
      return runId === segment.runId && Math.abs(segment.startMs - endMs) <= roundingMs;
    });
    const whole = {
      startMs: touching?.endMs ?? Math.round(segment.startMs),
      endMs: Math.round(segment.endMs),
    };
    const pieces = subtract(whole, stretches).map((piece) => ({
      ...piece,
      runId: segment.runId,
      growing: segment === live.at(-1) && piece.endMs === whole.endMs && isGoingOn(facts, whole.endMs),
      bytes: share(segment.bytes, piece, whole),
    }));
    stretches = [...stretches, ...pieces].sort((a, b) => a.startMs - b.startMs);
  }
  return joined(
    stretches,
    (last, next) => last.runId === next.runId && last.endMs === next.startMs,
    (last, next) => ({ ...next, startMs: last.startMs, bytes: last.bytes + next.bytes }),
  );
}

/**
 * Up to when it is decided whether there is footage: to now while a gap is open, else to the newest thing known,
 * and once the allowance has passed after that, to now as well.
 */
function decidedTo(facts: TimelineFacts, stretches: readonly Stretch[], expectedFrom: number): number {
  const { nowMs, gaps, decidedMs, allowanceMs = timelineAllowanceMs } = facts;
  if (decidedMs !== undefined) return Math.min(nowMs, Math.max(expectedFrom, decidedMs));
  const open = openGap(facts);
  if (open && open.startMs <= nowMs) return nowMs;
  // What lies in the future, from before the clock was set back, says nothing about now.
  const begun = <Item extends { readonly startMs: number }>(items: readonly Item[]): Item | undefined =>
    items.findLast(({ startMs }) => startMs < nowMs);
  const newest = Math.max(expectedFrom, begun(stretches)?.endMs ?? 0, begun(gaps)?.endMs ?? 0);
  return nowMs - newest > allowanceMs ? nowMs : Math.min(nowMs, newest);
}

/** Whether footage that ends at `endMs` so far is still being written: no gap follows it yet. */
function isGoingOn(facts: TimelineFacts, endMs: number): boolean {
  return openGap(facts) === undefined && facts.nowMs - endMs <= (facts.allowanceMs ?? timelineAllowanceMs);
}

/** Only the last gap can be open. */
function openGap({ gaps }: TimelineFacts): RecordedGap | undefined {
  const last = gaps.at(-1);
  return last && last.endMs === undefined ? last : undefined;
}

/** The holes by their causes, in order. @param decidedMs a hole that ends there has no footage after it yet */
function explainHoles(holes: readonly Interval[], decidedMs: number, facts: TimelineFacts): Hole[] {
  let first = 0;
  return holes.flatMap((hole) => {
    const reaching: RecordedGap[] = [];
    while (first < facts.gaps.length && endOf(facts.gaps[first]!) <= hole.startMs) first++;
    for (let index = first; index < facts.gaps.length; index++) {
      const gap = facts.gaps[index]!;
      if (gap.startMs >= hole.endMs) break;
      reaching.push(gap);
    }
    return explain(hole, reaching, hole.endMs === decidedMs, facts);
  });
}

/** The causes of one hole: of the gaps on record in it, and near these theirs. */
function explain(
  hole: Interval,
  gaps: readonly RecordedGap[],
  isLast: boolean,
  facts: TimelineFacts,
): Hole[] {
  const known = gaps.map((gap) => ({
    startMs: Math.max(hole.startMs, gap.startMs),
    endMs: Math.min(hole.endMs, endOf(gap)),
    cause: gap.cause,
    ongoing: isLast && gap.endMs === undefined,
  }));
  const unknown = subtract(hole, known).map((piece) => {
    const neighbour =
      known.find(({ startMs }) => startMs === piece.endMs) ??
      known.find(({ endMs }) => endMs === piece.startMs);
    const shared = neighbour !== undefined && piece.endMs - piece.startMs <= sharedCauseMs;
    const cause = shared ? neighbour.cause : facts.defaultCause;
    return { ...piece, cause, ongoing: false };
  });
  return joined(
    [...known, ...unknown].sort((a, b) => a.startMs - b.startMs),
    (last, next) => last.cause === next.cause,
    (last, next) => ({ ...next, startMs: last.startMs }),
  );
}

/** The damage of footage that is shown, those parts as one that follow each other from file to file. */
function shownDamages({ damages }: TimelineFacts, recordings: readonly Stretch[]): DamagedRange[] {
  const ofRun = Map.groupBy(recordings, ({ runId }) => runId);
  const shown = damages.flatMap(({ runId, ...range }) =>
    (ofRun.get(runId) ?? []).flatMap((recording) => clipDamage(range, recording)),
  );
  return joinByMedia(shown, roundingMs);
}

function joinByMedia(damages: readonly DamagedRange[], withinMs: number): DamagedRange[] {
  const ofMedia = (media: DamagedRange['media']) => damages.filter((range) => range.media === media);
  const joined = [...joinDamage(ofMedia('video'), withinMs), ...joinDamage(ofMedia('audio'), withinMs)];
  return joined.sort((a, b) => a.startMs - b.startMs);
}

function endOf(gap: RecordedGap): number {
  return gap.endMs ?? Number.POSITIVE_INFINITY;
}

/** The items, each joined with the one before it where they belong together. */
function joined<Item>(
  items: readonly Item[],
  belong: (last: Item, next: Item) => boolean,
  join: (last: Item, next: Item) => Item,
): Item[] {
  const result: Item[] = [];
  for (const item of items) {
    const last = result.at(-1);
    if (last !== undefined && belong(last, item)) result[result.length - 1] = join(last, item);
    else result.push(item);
  }
  return result;
}

function clipStretch(stretch: Stretch, window: Interval): Stretch[] {
  const startMs = Math.max(stretch.startMs, window.startMs);
  const endMs = Math.min(stretch.endMs, window.endMs);
  if (startMs >= endMs) return [];
  // What lies in the past as a whole does not grow, though the stretch that it is a part of may.
  const growing = stretch.growing && endMs === stretch.endMs;
  return [{ ...stretch, startMs, endMs, growing, bytes: share(stretch.bytes, { startMs, endMs }, stretch) }];
}

function clipHole(hole: Hole, window: Interval, nowMs: number): Hole[] {
  const startMs = Math.max(hole.startMs, window.startMs);
  const endMs = Math.min(hole.endMs, window.endMs);
  if (startMs >= endMs) return [];
  // What is after the window need not be known: a hole without a gap on record goes on only where that is seen.
  return [{ ...hole, startMs, endMs, ongoing: hole.ongoing || endMs === nowMs }];
}

function share(bytes: number, part: Interval, whole: Interval): number {
  return Math.round((bytes * (part.endMs - part.startMs)) / (whole.endMs - whole.startMs));
}

function toRecording({ startMs, endMs, runId, growing, bytes }: Stretch): TimelineRecording {
  return { startMs: unixMillis(startMs), endMs: unixMillis(endMs), runId, growing, bytes };
}

function toGap({ startMs, endMs, cause, ongoing }: Hole): TimelineGap {
  return { startMs: unixMillis(startMs), endMs: unixMillis(endMs), cause, ongoing };
}

type Part = (TimelineRecording & { readonly cause?: undefined }) | TimelineGap;

/**
 * A timeline with less detail, for a view in which `resolutionMs` is about a pixel.
 *
 * Neighbours that are each shorter than the resolution are joined as long as the whole is no longer than it: to a
 * gap if there is one among them, with the cause of the longest, else to a recording of the first one's run. So a
 * view may show up to one pixel of footage as a gap, but never hides a gap; the parts still tile the same time, and
 * there are at most two per pixel. What is growing or ongoing is left as it is. Damages of a media that are no further apart
 * than the resolution are one.
 */
export function coarsen(timeline: Timeline, resolutionMs: number): Timeline {
  const parts: Part[] = [...timeline.recordings, ...timeline.gaps].sort((a, b) => a.startMs - b.startMs);
  const recordings: TimelineRecording[] = [];
  const gaps: TimelineGap[] = [];
  for (const group of groups(parts, resolutionMs)) {
    const part = joinGroup(group);
    if (part.cause === undefined) recordings.push(part);
    else gaps.push(part);
  }
  return { ...timeline, recordings, gaps, damages: joinByMedia(timeline.damages, resolutionMs) };
}

function groups(parts: readonly Part[], resolutionMs: number): Part[][] {
  const result: Part[][] = [];
  let open = false;
  for (const part of parts) {
    const group = result.at(-1);
    const short = part.endMs - part.startMs < resolutionMs && !isUnfinished(part);
    if (open && short && group && part.endMs - group[0]!.startMs <= resolutionMs) group.push(part);
    else result.push([part]);
    open = short;
  }
  return result;
}

function joinGroup(group: readonly Part[]): Part {
  const first = group[0]!;
  const endMs = group.at(-1)!.endMs;
  const gaps = group.filter((part) => part.cause !== undefined);
  const longest = gaps.toSorted((a, b) => b.endMs - b.startMs - (a.endMs - a.startMs))[0];
  if (longest) return { ...longest, startMs: first.startMs, endMs };
  const recordings = group.filter((part) => part.cause === undefined);
  return { ...recordings[0]!, endMs, bytes: recordings.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function isUnfinished(part: Part): boolean {
  return part.cause === undefined ? part.growing : part.ongoing;
}
