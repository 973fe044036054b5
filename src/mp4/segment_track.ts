import type { SegmentTrack } from '../footage/segment.ts';
import { trackTicks } from '../units/time.ts';
import type { SegmentHeaderTrack } from './segment_header.ts';
import { runsOf, type TrackSamples } from './track_samples.ts';

/** What the index keeps of each track of a segment; tracks without a sample are left out. */
export function segmentTracks(
  header: readonly SegmentHeaderTrack[],
  samples: readonly TrackSamples[],
): readonly SegmentTrack[] {
  return header.flatMap((track) => {
    const columns = samples.find(({ trackId }) => trackId === track.trackId);
    return columns && columns.sizes.length > 0 ? [segmentTrack(track, columns)] : [];
  });
}

function segmentTrack(track: SegmentHeaderTrack, columns: TrackSamples): SegmentTrack {
  const { trackId, kind, codecString, timescale, offsetTicks, sampleEntryHash } = track;
  return {
    trackId,
    kind,
    codecString,
    timescale,
    offsetTicks,
    startTicks: columns.startTicks,
    durationTicks: trackTicks(sum(columns.durations)),
    samples: columns.sizes.length,
    bytes: sum(columns.sizes),
    keyFrames: sum(columns.keyFlags),
    durations: runsOf(columns.durations),
    compositionOffsets: runsOf(columns.compositionOffsets),
    sampleEntryHash,
  };
}

function sum(column: Uint32Array | Uint8Array): number {
  let total = 0;
  for (const value of column) total += value;
  return total;
}
