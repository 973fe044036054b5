import { ByteWriter } from '../bytes/writer.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import { isPlayableSound } from '../media/playable_sound.ts';
import { boxHeaderBytes } from '../mp4/box.ts';
import { encodeMedia } from '../mp4/fragment.ts';
import { initSegment } from '../mp4/init_segment.ts';
import { malformed } from '../mp4/malformed.ts';
import { readMoof } from '../mp4/moof_reader.ts';
import { maskTracks, patchTfdt } from '../mp4/patch_tfdt.ts';
import type { ReadAt } from '../mp4/read_at.ts';
import { maxHeaderBytes, readSegmentHeader, type SegmentHeader } from '../mp4/segment_header.ts';
import { hasPcmDecoder } from '../pcm/pcm_decoder.ts';
import { rescale, type TrackTicks, trackTicks } from '../units/time.ts';
import { FlacSound, flacMovieTrack } from './flac_sound.ts';
import { readFragmentHead } from './fragment_head.ts';
import type { MediaAddress, TrackSelection } from './media_address.ts';
import { isWholeFragments } from './media_group.ts';
import { PieceList } from './piece_list.ts';
import { type PlayableSegment, videoTrackOf } from './playable_segment.ts';

/** Fragments of one request: a minute of four a second is more than any group of pictures of ours. */
const maxFragments = 240;

/**
 * A media segment: the recorded bytes, but on the run's time line, and with the tracks that the player does not get
 * marked as free space. As long as what was recorded; but sound as FLAC follows the pictures in a fragment of its own.
 *
 * @throws NightjarError `not_found` when the address is not of whole fragments; `file_malformed`
 */
export async function mediaSegment(
  read: ReadAt,
  segment: PlayableSegment,
  address: MediaAddress,
): Promise<PieceList> {
  const { offset, endOffset } = address;
  const fragments = segment.fragments.filter((entry) => entry.offset >= offset && entry.offset < endOffset);
  const tooMany = fragments.length > maxFragments && address.tracks !== 'key';
  if (!isWholeFragments(segment, offset, endOffset) || tooMany) {
    throw new NightjarError('not_found', 'There is no media segment at these bytes.');
  }
  const offsets = new Map(
    segment.tracks.map(({ trackId, offsetTicks, timescale }): [number, TrackTicks] => [
      trackId,
      trackTicks(offsetTicks + rescale(address.shiftMs, 1000, timescale)),
    ]),
  );
  if (address.tracks === 'key') return keyFrame(read, segment, fragments, offsets);
  if (address.tracks === 'flac') return withFlac(read, segment, fragments, offsets);
  const kept = new Set(segment.tracks.filter(isSelected(address.tracks)).map(({ trackId }) => trackId));
  const pieces = new PieceList();
  for (const fragment of fragments) {
    const { bytes } = await readFragmentHead(read, fragment);
    patchTfdt(bytes, offsets);
    maskTracks(bytes, kept);
    pieces.addMemory(bytes);
    pieces.addFile(segment, fragment.offset + bytes.length, fragment.bytes - bytes.length);
  }
  return pieces;
}

/** The initialisation segment of a segment's media. */
export async function mediaInit(
  read: ReadAt,
  segment: PlayableSegment,
  tracks: TrackSelection,
): Promise<Uint8Array> {
  const { tracks: recorded } = await readHeader(read, segment);
  if (tracks !== 'flac') return initSegment(recorded.filter(isSelected(tracks)));
  return initSegment(
    recorded
      .filter(({ kind, codecString }) => kind === 'video' || hasPcmDecoder(codecString))
      .map((track) => (track.kind === 'video' ? track : flacMovieTrack(track))),
  );
}

async function readHeader(read: ReadAt, segment: PlayableSegment): Promise<SegmentHeader> {
  const first = segment.fragments[0];
  if (!first) throw malformed(`${segment.path} has no fragment.`);
  return readSegmentHeader(await read(0, Math.min(first.offset, maxHeaderBytes)));
}

/** The pictures of some fragments as recorded, then their sound. @param offsets from the file's time line to the player's */
async function withFlac(
  read: ReadAt,
  segment: PlayableSegment,
  fragments: readonly FragmentEntry[],
  offsets: ReadonlyMap<number, TrackTicks>,
): Promise<PieceList> {
  const { tracks } = await readHeader(read, segment);
  const track = tracks.find(({ kind, codecString }) => kind === 'audio' && hasPcmDecoder(codecString));
  if (!track) throw new NightjarError('not_found', 'The sound of this media segment is not given as FLAC.');
  const video = videoTrackOf(segment);
  const soundOffset = offsets.get(track.trackId)!;
  const soundTicks = (pictureTicks: number) =>
    Math.max(0, rescale(pictureTicks + offsets.get(video.trackId)!, video.timescale, track.timescale));
  const last = fragments.at(-1)!;
  const sound = new FlacSound(track, {
    startTicks: soundTicks(fragments[0]!.startTicks),
    endTicks: soundTicks(last.startTicks + last.durationTicks),
  });
  const pieces = new PieceList();
  for (const fragment of fragments) {
    const { bytes, moofOffset } = await readFragmentHead(read, fragment);
    const dataStart = fragment.offset + moofOffset;
    for (const { trackId, decodeTicks, dataOffset, samples } of readMoof(bytes.subarray(moofOffset))) {
      const length = samples.reduce((sum, { size }) => sum + size, 0);
      if (dataOffset + length > fragment.bytes)
        throw malformed('A fragment claims more than it has.', dataStart);
      if (trackId === track.trackId) {
        const coded = await read(dataStart + dataOffset, length);
        if (coded.length < length) throw malformed('The file ends within a fragment.', fragment.offset);
        sound.add(decodeTicks + soundOffset, samples, coded);
      } else if (trackId === video.trackId) {
        patchTfdt(bytes, offsets);
        maskTracks(bytes, new Set([video.trackId]));
        pieces.addMemory(bytes);
        if (moofOffset + dataOffset !== bytes.length + boxHeaderBytes)
          throw malformed('The pictures of a fragment are not the first of its media.', dataStart);
        pieces.addMemory(mdatHeader(length));
        pieces.addFile(segment, dataStart + dataOffset, length);
      }
    }
  }
  for (const part of sound.fragment({
    sequenceNumber: segment.fragments.indexOf(last) + 1,
    arrivalMs: last.arrivalMs,
  }))
    pieces.addMemory(part);
  return pieces;
}

/** The first picture of some fragments, as long as all of them. @param offsets from the file's time line to the player's */
async function keyFrame(
  read: ReadAt,
  segment: PlayableSegment,
  fragments: readonly FragmentEntry[],
  offsets: ReadonlyMap<number, TrackTicks>,
): Promise<PieceList> {
  const [first, last] = [fragments[0]!, fragments.at(-1)!];
  const { trackId, timescale } = videoTrackOf(segment);
  const { bytes, moofOffset } = await readFragmentHead(read, first);
  const run = readMoof(bytes.subarray(moofOffset)).find((track) => track.trackId === trackId);
  const picture = run?.samples[0];
  if (!first.keyFrame || !run || !picture)
    throw new NightjarError('not_found', 'There is no key frame at these bytes.');
  if (moofOffset + run.dataOffset + picture.size > first.bytes)
    throw malformed('A fragment claims more than it has.', first.offset);
  const coded = await read(first.offset + moofOffset + run.dataOffset, picture.size);
  if (coded.length < picture.size) throw malformed('The file ends within a fragment.', first.offset);
  const next = segment.fragments[segment.fragments.indexOf(last) + 1];
  const endTicks = next?.startTicks ?? last.startTicks + last.durationTicks;
  const sample = {
    bytes: { chunk: { bytes: coded, holders: 1 }, start: 0, end: coded.length },
    decodeTicks: trackTicks(first.startTicks + offsets.get(trackId)!),
    compositionOffset: 0,
    duration: Math.max(1, endTicks - first.startTicks),
    keyFrame: true,
  };
  const track = { trackId, offsetTicks: trackTicks(0), timescale, samples: [sample] };
  const pieces = new PieceList();
  const { arrivalMs } = first;
  for (const part of encodeMedia({ sequenceNumber: 1, arrivalMs, tracks: [track] }).parts)
    pieces.addMemory(part);
  return pieces;
}

/** The header of a media data box (ISO/IEC 14496-12 section 8.1.1). @param length of what follows */
function mdatHeader(length: number): Uint8Array {
  const writer = new ByteWriter(boxHeaderBytes);
  writer.u32(boxHeaderBytes + length);
  writer.latin1('mdat');
  return writer.bytes();
}

function isSelected(tracks: TrackSelection) {
  return ({
    kind,
    codecString,
  }: {
    readonly kind: 'video' | 'audio';
    readonly codecString: string;
  }): boolean => kind === 'video' || (tracks === 'all' && isPlayableSound(codecString));
}
