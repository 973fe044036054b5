import { ByteReader } from '../bytes/reader.ts';
import { type BoxPlace, findBox, walkBoxes } from './box_walker.ts';
import { malformed } from './malformed.ts';
import type { MovieTrack } from './movie_track.ts';

/** More tracks than any file of ours has. */
const maxTracks = 16;

/** The tracks of a `moov`, in its order; each with one sample entry. Throws `file_malformed`. */
export function readMovieTracks(bytes: Uint8Array, moov: BoxPlace): readonly MovieTrack[] {
  const tracks: MovieTrack[] = [];
  for (const trak of walkBoxes(bytes, moov.body, moov.end)) {
    if (trak.type !== 'trak') continue;
    if (tracks.length >= maxTracks) throw malformed(`There are more than ${maxTracks} tracks.`, trak.start);
    tracks.push(readTrack(bytes, trak));
  }
  if (tracks.length === 0) throw malformed('The moov has no track.', moov.start);
  return tracks;
}

function readTrack(bytes: Uint8Array, trak: BoxPlace): MovieTrack {
  const inTrack = (...path: string[]): ByteReader => {
    const place = findBox(bytes, path, trak.body, trak.end);
    if (!place) throw malformed(`A track has no ${path.at(-1)}.`, trak.start);
    return new ByteReader(bytes, place.body, place.end);
  };
  const tkhd = inTrack('tkhd');
  tkhd.skip(tkhd.u8() === 1 ? 19 : 11);
  const trackId = tkhd.u32();
  const mdhd = inTrack('mdia', 'mdhd');
  mdhd.skip(mdhd.u8() === 1 ? 19 : 11);
  const timescale = mdhd.u32();
  if (trackId === 0 || timescale === 0) throw malformed('A track has no id or no time scale.', trak.start);
  const hdlr = inTrack('mdia', 'hdlr');
  hdlr.skip(8);
  const handler = Buffer.from(hdlr.take(4)).toString('latin1');
  if (handler !== 'vide' && handler !== 'soun')
    throw malformed('A track is neither video nor audio.', trak.start);
  // Width and height end the box in both versions.
  const size = new ByteReader(bytes, tkhd.end - 8, tkhd.end);
  return {
    trackId,
    kind: handler === 'vide' ? 'video' : 'audio',
    timescale,
    width: size.u32() / 0x10000,
    height: size.u32() / 0x10000,
    sampleEntry: readSampleEntry(bytes, inTrack('mdia', 'minf', 'stbl', 'stsd')),
  };
}

function readSampleEntry(bytes: Uint8Array, stsd: ByteReader): Uint8Array {
  stsd.skip(8);
  const [entry] = walkBoxes(bytes, stsd.offset, stsd.end);
  if (!entry) throw malformed('A track has no sample entry.', stsd.offset);
  return bytes.slice(entry.start, entry.end);
}
