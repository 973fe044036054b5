/**
 * What precedes the first fragment of a segment:
 *
 *     ftyp
 *     moov   tracks with their sample entries; durations are 0 until the close
 *     uuid   identity
 *     free   8 to 11 bytes, only when needed to align what follows to 4
 *     free   the reserve; at the close its end becomes the `sidx` (see segment_close.ts)
 *
 * The header's size never changes.
 */
import { ByteWriter } from '../bytes/writer.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { Track } from '../media/track.ts';
import type { TrackTicks, UnixMillis } from '../units/time.ts';
import { box, boxHeaderBytes } from './box.ts';
import { type BoxPlace, boxHeader, findBox } from './box_walker.ts';
import { sidxBytes } from './fragment_boxes.ts';
import { decodeIdentity, encodeIdentity, type SegmentIdentity } from './identity.ts';
import { malformed, readingMp4 } from './malformed.ts';
import { creationSeconds, ftyp, mehdDurationOffset, mvhdDurationOffset } from './movie_boxes.ts';
import { fragmentedMoov, type MovieTrack, movieTrack } from './movie_track.ts';
import { readMovieTracks } from './movie_track_reader.ts';
import { sampleEntryHash } from './sample_entry.ts';
import { codecStringOf } from './sample_entry_reader.ts';
import { isUserType, userTypes } from './uuid.ts';

/** No header is longer; one that would be has parameter sets that no camera needs. */
export const maxHeaderBytes = 256 * 1024;

/**
 * Entries of the `sidx`: five minutes with a key frame each second, or a minute with four; with more, several share
 * an entry. More room would weigh on the small files of sub streams.
 */
export const maxReferences = 320;
const reserveBytes = boxHeaderBytes + sidxBytes(maxReferences);

/** A track of a stored segment. */
export interface SegmentHeaderTrack extends MovieTrack {
  /** Where the file's zero lies on the run's time line, in ticks of the track. */
  readonly offsetTicks: TrackTicks;
  readonly codecString: string;
  /** Hex SHA-256. */
  readonly sampleEntryHash: string;
}

export interface SegmentHeader {
  readonly bytes: Uint8Array;
  readonly identity: SegmentIdentity;
  /** Video first. */
  readonly tracks: readonly SegmentHeaderTrack[];
  /** The space that the `sidx` goes to, from the first byte of its `free` to the first fragment. */
  readonly reserve: { readonly offset: number; readonly bytes: number };
  /** True once the segment was closed. */
  readonly hasIndex: boolean;
  /** Where the duration of the whole stands, 32 bits in ms each. */
  readonly durationOffsets: readonly number[];
}

/**
 * Makes the header of a new segment.
 *
 * @param options.tracks video first; each also in the identity, which says where it begins
 * @param options.creationMs shown by players as the date of the recording
 * @throws NightjarError `parameter_sets_malformed` when they are too long to be honest
 */
export function segmentHeader(options: {
  identity: SegmentIdentity;
  tracks: readonly { readonly trackId: number; readonly track: Track }[];
  creationMs?: UnixMillis;
}): SegmentHeader {
  const writer = new ByteWriter(8192);
  ftyp(writer, 'iso6', ['iso6', 'iso5', 'mp41']);
  const tracks = options.tracks.map(({ trackId, track }) => movieTrack(trackId, track));
  const creation = creationSeconds(options.creationMs);
  writer.append(fragmentedMoov(tracks, { withDuration: true, creation }));
  writer.append(encodeIdentity(options.identity));
  // Four bytes at a multiple of four lie in one sector, so that the close can change them in one stroke.
  const misaligned = writer.length % 4;
  if (misaligned > 0) box(writer, 'free', () => writer.zeros(4 - misaligned));
  box(writer, 'free', () => writer.zeros(reserveBytes - boxHeaderBytes));
  if (writer.length > maxHeaderBytes) {
    throw new NightjarError('parameter_sets_malformed', `The parameter sets fill ${writer.length} bytes.`);
  }
  return readSegmentHeader(writer.bytes().slice());
}

/**
 * Reads the header of a stored segment.
 *
 * @param bytes the file from its start; may go on behind the header
 * @throws NightjarError `file_malformed` when the header is not whole
 */
export function readSegmentHeader(bytes: Uint8Array): SegmentHeader {
  return readingMp4('The header of the file', () => {
    const places = headerBoxes(bytes);
    const moov = places.find(({ type }) => type === 'moov');
    if (!moov) throw malformed('The file has no moov.');
    const identityPlace = places.find(
      ({ type, body }) => type === 'uuid' && isUserType(bytes, body, userTypes.identity),
    );
    if (!identityPlace) throw malformed('The file has no identity box.');
    const reserve = findReserve(places);
    const identity = decodeIdentity(bytes.subarray(identityPlace.start, identityPlace.end));
    return {
      bytes: bytes.subarray(0, reserve.offset + reserve.bytes),
      identity,
      tracks: readMovieTracks(bytes, moov).map((track) => withIdentity(track, identity)),
      reserve,
      hasIndex: places.at(-1)!.type === 'sidx',
      durationOffsets: durationOffsets(bytes, moov),
    };
  });
}

/** The boxes before the first one that is of a fragment, or nothing known. */
function headerBoxes(bytes: Uint8Array): readonly BoxPlace[] {
  const known = ['ftyp', 'moov', 'uuid', 'free', 'sidx'];
  const places: BoxPlace[] = [];
  let end = 0;
  for (;;) {
    const header = boxHeader(bytes, end);
    if (!header || !known.includes(header.type)) return places;
    // A segment without fragments has its sample table right behind the reserve.
    if (header.type === 'uuid' && isUserType(bytes, end + header.headerBytes, userTypes.sampleTable))
      return places;
    if (header.bytes < header.headerBytes || header.bytes > bytes.length - end) {
      throw malformed('The header of the file is cut off.', end);
    }
    const start = end;
    end += header.bytes;
    places.push({ type: header.type, start, body: start + header.headerBytes, end });
  }
}

/** The last `free`, and the `sidx` behind it once there is one. */
function findReserve(places: readonly BoxPlace[]): { offset: number; bytes: number } {
  const free = places.findLast(({ type }) => type === 'free');
  const last = places.at(-1);
  if (!free || !last || (last !== free && last.type !== 'sidx')) throw malformed('The file has no reserve.');
  const bytes = last.end - free.start;
  if (bytes !== reserveBytes || free.start % 4 !== 0) throw malformed('The reserve is cut off.', free.start);
  return { offset: free.start, bytes };
}

function withIdentity(track: MovieTrack, identity: SegmentIdentity): SegmentHeaderTrack {
  const placed = identity.tracks.find(({ trackId }) => trackId === track.trackId);
  if (!placed) throw malformed(`The identity box does not know track ${track.trackId}.`);
  return {
    ...track,
    offsetTicks: placed.offsetTicks,
    codecString: codecStringOf(track.sampleEntry),
    sampleEntryHash: sampleEntryHash(track.sampleEntry),
  };
}

function durationOffsets(bytes: Uint8Array, moov: BoxPlace): readonly number[] {
  const mvhd = findBox(bytes, ['mvhd'], moov.body, moov.end);
  const mehd = findBox(bytes, ['mvex', 'mehd'], moov.body, moov.end);
  if (!mvhd || !mehd || bytes[mvhd.start + 8] !== 0 || bytes[mehd.start + 8] !== 0) {
    throw malformed('The header of the file has no room for the duration.', moov.start);
  }
  return [mvhd.start + mvhdDurationOffset, mehd.start + mehdDurationOffset];
}
