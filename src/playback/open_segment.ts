import type { FootageFile, FragmentEntry } from '../footage/segment.ts';
import type { Track } from '../media/track.ts';
import { sampleEntry, sampleEntryHash } from '../mp4/sample_entry.ts';
import { type TrackTicks, ticksToMillis, unixMillis } from '../units/time.ts';
import { type PlayableSegment, videoTrackOf } from './playable_segment.ts';

/** What the recorder tells of a segment that it is writing. */
export interface OpenFootageFacts {
  readonly segment: FootageFile & {
    readonly id: string;
    readonly runId: string;
    readonly number: number;
  };
  readonly tracks: readonly {
    readonly trackId: number;
    readonly track: Track;
    readonly offsetTicks: TrackTicks;
  }[];
  /** Whole fragments that are in the file, durable or not; at least one. */
  readonly fragments: readonly FragmentEntry[];
}

/** A segment that is being written, as far as it is written. */
export function openSegment({ segment, tracks, fragments }: OpenFootageFacts): PlayableSegment {
  const playable = tracks.map(({ trackId, track, offsetTicks }) => ({
    trackId,
    kind: track.kind,
    codecString: track.codecString,
    timescale: track.timescale,
    offsetTicks,
    sampleEntryHash: sampleEntryHash(sampleEntry(track)),
  }));
  const last = fragments.at(-1)!;
  const { timescale } = videoTrackOf({ tracks: playable });
  return {
    id: segment.id,
    runId: segment.runId,
    number: segment.number,
    rootId: segment.rootId,
    path: segment.path,
    startMs: unixMillis(Math.round(fragments[0]!.startMs)),
    endMs: unixMillis(Math.round(last.startMs + ticksToMillis(last.durationTicks, timescale))),
    overlap: false,
    fileBytes: undefined,
    tracks: playable,
    fragments,
  };
}
