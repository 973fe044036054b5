/** Shortest fragment: at most four a second, also for streams of key frames alone. */
const minFragmentMs = 250;
/** Longest fragment: what a kill of the process can cost. */
const maxFragmentMs = 1_000;
/** The same by the arrivals, for time stamps that hardly go on: else no fragment would ever be cut. */
const maxFragmentArrivalMs = 2_000;
/** With no key frame in sight, a segment ends this long after its turn was due: at 5 min with the default of 60 s. */
const overdueMs = 240_000;
/** With no key frame in sight, a segment ends at this size. */
const maxSegmentBytes = 256 * 1024 * 1024;
/** From this size on, the next key frame turns the segment whatever its age. */
const largeSegmentBytes = 192 * 1024 * 1024;

export interface RotationState {
  /** The picture that has just arrived, before it is put anywhere. */
  readonly keyFrame: boolean;
  /** False when it decodes with other parameter sets than the segment has. */
  readonly sameParameters: boolean;
  /** Media time since the first picture of the open fragment. */
  readonly fragmentMs: number;
  /** Time since the arrival of that picture. */
  readonly fragmentArrivalMs: number;
  /** Media time since the first picture of the open segment. */
  readonly segmentMs: number;
  /** Media time after which the segment is due to turn. */
  readonly targetMs: number;
  readonly segmentBytes: number;
}

/** What the picture that has just arrived begins. */
export type Cut = 'none' | 'fragment' | 'segment';

/** Decides where fragments and segments are cut. Nothing here depends on GOP length or frame rate. */
export function decideCut(state: RotationState): Cut {
  if (!state.sameParameters) return 'segment';
  const due = state.segmentMs >= state.targetMs || state.segmentBytes >= largeSegmentBytes;
  if (state.keyFrame && due) return 'segment';
  if (state.segmentMs >= state.targetMs + overdueMs || state.segmentBytes >= maxSegmentBytes)
    return 'segment';
  if (state.fragmentMs >= maxFragmentMs) return 'fragment';
  if (state.fragmentArrivalMs >= maxFragmentArrivalMs) return 'fragment';
  if (state.keyFrame && state.fragmentMs >= minFragmentMs) return 'fragment';
  return 'none';
}

/**
 * Length of a run's first segment: between half and the whole of the set length, by the stream, so that the files
 * of many cameras do not turn in the same instant.
 *
 * @param streamId a UUID
 */
export function firstSegmentMs(streamId: string, segmentMs: number): number {
  const share = Number.parseInt(streamId.replaceAll('-', '').slice(-4), 16) / 0x10000;
  return segmentMs * (0.5 + (Number.isNaN(share) ? 0 : share / 2));
}
