import type { Clock } from '../clock/clock.ts';
import { damagedRanges } from '../footage/damaged_range.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import {
  type CoverageStretch,
  composeTimeline,
  type DamagedFootage,
  timelineMarginMs,
} from '../footage/timeline.ts';
import type { FootageIndex } from '../index/open_index.ts';
import { type OpenFootage, openFootageEnd } from '../recorder/open_footage.ts';
import type { TimelineAnswer } from './contract.ts';
import type { TimelineRequest } from './ports.ts';

/** What is neither footage nor a gap on record: nothing came, and the recorder has not said why. */
const unexplained: GapCause = 'no_packets';

/** A segment's start and the end of the one before it may be rounded apart so far. */
const roundingMs = 2;

export interface TimelineSources {
  readonly footage: Pick<FootageIndex, 'coverage' | 'gaps' | 'damages' | 'expectedFrom'>;
  /** Segments of a stream that are being written. */
  readonly openFootage: (streamId: string) => readonly OpenFootage[];
  readonly clock: Clock;
}

/** The timeline of a stream, from the index and from what is being written. */
export function readTimeline(sources: TimelineSources, request: TimelineRequest): TimelineAnswer {
  const { footage, openFootage, clock } = sources;
  const { streamId, fromMs, toMs, resolutionMs } = request;
  const nowMs = clock.now();
  const writing = openFootage(streamId);
  const [from, to] = [fromMs - timelineMarginMs, toMs + timelineMarginMs];
  const timeline = composeTimeline({
    fromMs,
    toMs,
    nowMs,
    expectedFromMs: footage.expectedFrom(streamId) ?? nowMs,
    coverage: footage.coverage(streamId, from, to),
    gaps: footage.gaps(streamId, from, to),
    damages: [...footage.damages(streamId, fromMs, toMs, resolutionMs), ...writing.flatMap(liveDamages)],
    live: writing.flatMap((segment) => shownStretch(footage, segment)),
    defaultCause: unexplained,
    ...(resolutionMs !== undefined && { resolutionMs }),
  });
  return {
    ...timeline,
    recordings: [...timeline.recordings],
    gaps: [...timeline.gaps],
    damages: [...timeline.damages],
    events: [],
  };
}

/** As {@link liveStretch}, but after a hole in its run only from the first key frame on, as the index has it later. */
function shownStretch(footage: TimelineSources['footage'], segment: OpenFootage): CoverageStretch[] {
  const stretch = liveStretch(segment);
  const firstKeyMs = segment.fragments.find(({ keyFrame }) => keyFrame)?.startMs;
  if (firstKeyMs === stretch.startMs) return [stretch];
  const before = footage.coverage(
    segment.segment.streamId,
    stretch.startMs - 2 * roundingMs,
    stretch.startMs + roundingMs,
  );
  const goesOn = before.some(
    ({ runId, endMs }) => runId === stretch.runId && Math.abs(endMs - stretch.startMs) <= roundingMs,
  );
  if (goesOn) return [stretch];
  return firstKeyMs === undefined ? [] : [{ ...stretch, startMs: firstKeyMs }];
}

/** What is damaged of a segment that is being written. */
function liveDamages(footage: OpenFootage): DamagedFootage[] {
  const { runId, startMs, endMs } = liveStretch(footage);
  return damagedRanges(footage.fragments, { startMs, endMs }).map((range) => ({ ...range, runId }));
}

/** A segment that is being written, up to its last whole fragment. */
export function liveStretch(footage: OpenFootage): CoverageStretch {
  return {
    runId: footage.run.id,
    startMs: footage.fragments[0]!.startMs,
    endMs: openFootageEnd(footage),
    bytes: footage.fragments.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
