import type { Clock } from '../clock/clock.ts';
import { damagedRanges } from '../footage/damaged_range.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import {
  type CoverageStretch,
  composeTimeline,
  type DamagedFootage,
  type TimelineFacts,
  timelineMarginMs,
} from '../footage/timeline.ts';
import type { CameraEventIndex, FootageIndex } from '../index/open_index.ts';
import { type OpenFootage, openFootageEnd } from '../recorder/open_footage.ts';
import { readActivity } from './activity_service.ts';
import type { TimelineAnswer } from './contract/footage.ts';
import type { TimelineRequest } from './ports.ts';

/** What is neither footage nor a gap on record: nothing came, and the recorder has not said why. */
const unexplained: GapCause = 'no_packets';

/** A segment's start and the end of the one before it may be rounded apart so far. */
const roundingMs = 2;

/** An event that is drawn takes more room than a gap: of one type, those within so many times the resolution are one. */
const eventSteps = 8;

type TimelineFootage = Pick<
  FootageIndex,
  'coverage' | 'gaps' | 'damages' | 'expectedFrom' | 'addActivity' | 'nextBurst' | 'previousBurst'
>;
export type CoverageFootage = TimelineFootage & Pick<FootageIndex, 'lossesBegun'>;

export interface TimelineSources {
  readonly footage: TimelineFootage;
  /** Segments of a stream that are being written. */
  readonly openFootage: (streamId: string) => readonly OpenFootage[];
  /**
   * Up to when it is decided what is footage, where the index alone can be seen: in what is being written there may be more.
   */
  readonly decidedTo?: (streamId: string, nowMs: number) => number;
  readonly clock: Clock;
}

/** The timeline of a stream, from the index and from what is being written. */
export function readTimeline(
  sources: TimelineSources & { readonly events?: Pick<CameraEventIndex, 'stretches'> },
  request: TimelineRequest,
): TimelineAnswer {
  const { footage, events, openFootage, clock } = sources;
  const { streamId, fromMs, toMs, resolutionMs } = request;
  const nowMs = clock.now();
  const live = openFootage(streamId).flatMap(liveDamages);
  const happened = events?.stretches(streamId, fromMs, toMs, resolutionMs && resolutionMs * eventSteps) ?? [];
  const timeline = composeTimeline({
    ...timelineFacts(sources, request),
    damages: [...footage.damages(streamId, fromMs, toMs, resolutionMs), ...live],
    ...(resolutionMs !== undefined && { resolutionMs }),
  });
  return {
    ...timeline,
    recordings: [...timeline.recordings],
    gaps: [...timeline.gaps],
    damages: [...timeline.damages],
    events: happened.map(({ endMs, ...stretch }) => ({
      ...stretch,
      endMs: endMs ?? Math.max(nowMs, stretch.startMs),
      ongoing: endMs === undefined,
    })),
    activity: readActivity(sources, request, {
      startMs: timeline.expectedFromMs,
      endMs: timeline.knownToMs,
    }),
  };
}

/** What the timeline of a window is made of, but for damage, of which there can be much. */
export function timelineFacts(
  { footage, openFootage, decidedTo, clock }: TimelineSources,
  { streamId, fromMs, toMs }: TimelineRequest,
): TimelineFacts {
  const nowMs = clock.now();
  const [from, to] = [fromMs - timelineMarginMs, toMs + timelineMarginMs];
  return {
    fromMs,
    toMs,
    nowMs,
    expectedFromMs: footage.expectedFrom(streamId) ?? nowMs,
    coverage: footage.coverage(streamId, from, to),
    gaps: footage.gaps(streamId, from, to),
    damages: [],
    live: shownStretches(footage, openFootage(streamId)),
    defaultCause: unexplained,
    ...(decidedTo && { decidedMs: decidedTo(streamId, nowMs) }),
  };
}

/** The sources of a process that sees the index and not what the recorder is writing. */
export function indexAlone(footage: CoverageFootage, clock: Clock) {
  return {
    footage,
    openFootage: () => [],
    clock,
    decidedTo(streamId: string, nowMs: number): number {
      const [gaps, coverage] = [footage.gaps, footage.coverage].map((read) => {
        // Mostly the newest is close to now; only a stream that was away for long is read from its beginning.
        return read(streamId, nowMs - 86_400_000, nowMs).at(-1) ?? read(streamId, 0, nowMs).at(-1);
      });
      if (gaps && gaps.endMs === undefined) return nowMs;
      return Math.max(gaps?.endMs ?? 0, coverage?.endMs ?? 0);
    },
  };
}

/** While the end of a file is being written the next one has footage already. */
function shownStretches(
  footage: TimelineSources['footage'],
  open: readonly OpenFootage[],
): readonly CoverageStretch[] {
  const stretches = open.map(liveStretch);
  return open.flatMap((segment, index) => shownStretch(footage, segment, stretches.slice(0, index)));
}

/**
 * As {@link liveStretch}, but after a hole in its run only from the first key frame on, as the index has it later.
 *
 * @param older of the segments before it that are open too
 */
function shownStretch(
  footage: TimelineSources['footage'],
  segment: OpenFootage,
  older: readonly CoverageStretch[],
): CoverageStretch[] {
  const stretch = liveStretch(segment);
  const firstKeyMs = segment.fragments.find(({ keyFrame }) => keyFrame)?.startMs;
  if (firstKeyMs === stretch.startMs) return [stretch];
  const closed = footage.coverage(
    segment.segment.streamId,
    stretch.startMs - 2 * roundingMs,
    stretch.startMs + roundingMs,
  );
  const goesOn = [...closed, ...older].some(
    ({ runId, endMs }) => runId === stretch.runId && Math.abs(endMs - stretch.startMs) <= roundingMs,
  );
  if (goesOn) return [stretch];
  return firstKeyMs === undefined ? [] : [{ ...stretch, startMs: firstKeyMs }];
}

/** What is damaged of a segment that is being written. */
export function liveDamages(footage: OpenFootage): DamagedFootage[] {
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
