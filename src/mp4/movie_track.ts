import { ByteWriter } from '../bytes/writer.ts';
import type { Track } from '../media/track.ts';
import { box } from './box.ts';
import { syncSampleFlags } from './fragment_boxes.ts';
import { hdlr, mdhd, mehd, minf, mvhd, tkhd, trex } from './movie_boxes.ts';
import { sampleEntry } from './sample_entry.ts';
import { stco, stsc, stsd, stsz, stts } from './sample_table_boxes.ts';

/** A track as the `moov` of a file describes it. */
export interface MovieTrack {
  readonly trackId: number;
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  /** The picture as displayed, in square pixels; 0 for audio. */
  readonly width: number;
  readonly height: number;
  /** One entry of `stsd`, as {@link sampleEntry} makes it. */
  readonly sampleEntry: Uint8Array;
}

export function movieTrack(trackId: number, track: Track): MovieTrack {
  const { kind, timescale } = track;
  const entry = sampleEntry(track);
  if (track.kind === 'audio') return { trackId, kind, timescale, width: 0, height: 0, sampleEntry: entry };
  const { horizontal, vertical } = track.pixelAspectRatio;
  const width = (track.width * horizontal) / vertical;
  return { trackId, kind, timescale, width, height: track.height, sampleEntry: entry };
}

/** Ticks per second of a fragmented movie: only durations of whole files are told in it. */
export const fragmentedMovieTimescale = 1000;

/**
 * The `moov` of a fragmented file (ISO/IEC 14496-12 section 8.8.1): tracks without samples, then `mvex`.
 *
 * A sample that says nothing of its flags is a key frame.
 *
 * @param options.withDuration leaves room for the duration of the whole, to be filled in when it is known
 */
export function fragmentedMoov(
  tracks: readonly MovieTrack[],
  options: { withDuration: boolean; creation: number },
): Uint8Array {
  const { creation } = options;
  const writer = new ByteWriter(2048);
  box(writer, 'moov', () => {
    const nextTrackId = Math.max(...tracks.map(({ trackId }) => trackId)) + 1;
    mvhd(writer, { timescale: fragmentedMovieTimescale, duration: 0, nextTrackId, creation });
    for (const track of tracks) emptyTrak(writer, track, creation);
    box(writer, 'mvex', () => {
      if (options.withDuration) mehd(writer, 0);
      for (const { trackId } of tracks) trex(writer, trackId, syncSampleFlags);
    });
  });
  return writer.bytes();
}

function emptyTrak(writer: ByteWriter, track: MovieTrack, creation: number): void {
  box(writer, 'trak', () => {
    tkhd(writer, { ...track, duration: 0, creation });
    box(writer, 'mdia', () => {
      mdhd(writer, { timescale: track.timescale, duration: 0, creation });
      hdlr(writer, track.kind);
      minf(writer, track.kind, () =>
        box(writer, 'stbl', () => {
          stsd(writer, [track.sampleEntry]);
          stts(writer, []);
          stsc(writer, []);
          stsz(writer, []);
          stco(writer, 0);
        }),
      );
    });
  });
}
