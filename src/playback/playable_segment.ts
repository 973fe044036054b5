import type { FootageFile, FragmentEntry, SegmentTrack } from '../footage/segment.ts';
import type { UnixMillis } from '../units/time.ts';

/** What playback must know of a track; a segment that is still being written has this much from its first fragment. */
export type PlayableTrack = Pick<
  SegmentTrack,
  'trackId' | 'kind' | 'codecString' | 'timescale' | 'offsetTicks' | 'sampleEntryHash'
>;

/** A segment as playback and export see it: closed, or open with the fragments that are whole so far. */
export interface PlayableSegment extends FootageFile {
  readonly id: string;
  readonly runId: string;
  /** From 0 within its run. */
  readonly number: number;
  /** The instants that this segment answers for, half-open, in whole milliseconds. */
  readonly startMs: UnixMillis;
  readonly endMs: UnixMillis;
  /** Its instants belong, at least in part, to earlier footage, which keeps them. */
  readonly overlap: boolean;
  /** Size of the finished file; undefined while it is being written. */
  readonly fileBytes: number | undefined;
  readonly tracks: readonly PlayableTrack[];
  /** In file order, at least one. */
  readonly fragments: readonly FragmentEntry[];
}

/** The video track; every segment has exactly one. */
export function videoTrackOf(segment: { readonly tracks: readonly PlayableTrack[] }): PlayableTrack {
  const video = segment.tracks.find((track) => track.kind === 'video');
  if (!video) throw new Error('a segment without a video track');
  return video;
}
