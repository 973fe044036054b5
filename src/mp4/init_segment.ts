import { ByteWriter } from '../bytes/writer.ts';
import { ftyp } from './movie_boxes.ts';
import { fragmentedMoov, type MovieTrack } from './movie_track.ts';

/**
 * The initialisation segment (ISO/IEC 14496-12 section 8.8.1, RFC 8216 section 3.3) for fragments of these tracks, as
 * they come from {@link movieTrack} or from the header of a stored segment. It says no duration: how long the
 * fragments go on is told elsewhere.
 *
 * @param tracks those that the player is to get; see {@link maskTracks} for fragments that hold more
 */
export function initSegment(tracks: readonly MovieTrack[]): Uint8Array {
  const writer = new ByteWriter(2048);
  ftyp(writer, 'iso6', ['iso6', 'iso5', 'mp41']);
  writer.append(fragmentedMoov(tracks, { withDuration: false, creation: 0 }));
  return writer.bytes();
}
