import type { SegmentTrack, TimeToSampleRuns } from '../footage/segment.ts';
import { trackTicks } from '../units/time.ts';
import type { Database } from './database.ts';
import { VariableIntegerReader, VariableIntegerWriter } from './variable_integer.ts';

interface FormatRow {
  kind: SegmentTrack['kind'];
  codecString: string;
  timescale: number;
  sampleEntryHash: Buffer;
}

interface TrackRow extends FormatRow {
  segmentKey: number;
  trackId: number;
  offsetTicks: number;
  startTicks: number;
  durationTicks: number;
  samples: number;
  bytes: number;
  keyFrames: number;
  durations: Buffer;
  compositionOffsets: Buffer;
}

/** The part of a query that reads tracks, up to its `where`; `segments` is there to say of which. */
const selectTracks = `
  select segment_key as segmentKey, track_id as trackId, kind, codec_string as codecString, timescale,
    sample_entry_hash as sampleEntryHash, offset_ticks as offsetTicks, start_ticks as startTicks,
    duration_ticks as durationTicks, samples, segment_tracks.bytes as bytes, key_frames as keyFrames, durations,
    composition_offsets as compositionOffsets
  from segments
  join segment_tracks on segment_key = segments.key
  join track_formats on track_formats.key = format_key`;

/** What closed segments hold per track. */
export function segmentTracksTable({ sqlite }: Database) {
  const putFormat = sqlite.prepare(`
    insert into track_formats (kind, codec_string, timescale, sample_entry_hash)
    values (@kind, @codecString, @timescale, @sampleEntryHash) on conflict do nothing`);
  const selectFormat = sqlite.prepare<[object], number>(`
    select key from track_formats
    where sample_entry_hash = @sampleEntryHash and codec_string = @codecString and timescale = @timescale
      and kind = @kind`);
  selectFormat.pluck();
  const insertTrack = sqlite.prepare(`
    insert into segment_tracks values (@segmentKey, @trackId, @formatKey, @offsetTicks, @startTicks,
      @durationTicks, @samples, @bytes, @keyFrames, @durations, @compositionOffsets)`);
  const selectOf = sqlite.prepare<[number], TrackRow>(
    `${selectTracks} where segments.key = ? order by track_id`,
  );

  return {
    insert(segmentKey: number, track: SegmentTrack): void {
      const { kind, codecString, timescale } = track;
      const format = {
        kind,
        codecString,
        timescale,
        sampleEntryHash: Buffer.from(track.sampleEntryHash, 'hex'),
      };
      putFormat.run(format);
      insertTrack.run({
        ...track,
        segmentKey,
        formatKey: selectFormat.get(format),
        durations: encodeRuns(track.durations),
        compositionOffsets: encodeRuns(track.compositionOffsets),
      });
    },

    of: (segmentKey: number): SegmentTrack[] => selectOf.all(segmentKey).map(toTrack),

    /**
     * A query for the tracks of many segments at once, by segment, in the order of track ids.
     * @param where the end of the query, which chooses rows of `segments`
     */
    prepareMany(where: string): (parameters: object) => Map<number, SegmentTrack[]> {
      const select = sqlite.prepare<[object], TrackRow>(`${selectTracks} ${where}`);
      return (parameters) => {
        const found = new Map<number, SegmentTrack[]>();
        for (const row of select.iterate(parameters)) {
          const tracks = found.get(row.segmentKey);
          if (tracks) tracks.push(toTrack(row));
          else found.set(row.segmentKey, [toTrack(row)]);
        }
        return found;
      };
    },
  };
}

function toTrack({ segmentKey: _, ...row }: TrackRow): SegmentTrack {
  return {
    ...row,
    offsetTicks: trackTicks(row.offsetTicks),
    startTicks: trackTicks(row.startTicks),
    durationTicks: trackTicks(row.durationTicks),
    durations: decodeRuns(row.durations),
    compositionOffsets: decodeRuns(row.compositionOffsets),
    sampleEntryHash: row.sampleEntryHash.toString('hex'),
  };
}

function encodeRuns(runs: TimeToSampleRuns): Uint8Array {
  const writer = new VariableIntegerWriter();
  for (const [count, value] of runs) {
    writer.unsigned(count);
    writer.signed(value);
  }
  return writer.bytes();
}

function decodeRuns(bytes: Uint8Array): TimeToSampleRuns {
  const reader = new VariableIntegerReader(bytes);
  const runs: [number, number][] = [];
  while (!reader.atEnd) runs.push([reader.unsigned(), reader.signed()]);
  return runs;
}
