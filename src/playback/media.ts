import { NightjarError } from '../errors/nightjar_error.ts';
import { isPlayableSound } from '../media/playable_sound.ts';
import { initSegment } from '../mp4/init_segment.ts';
import { malformed } from '../mp4/malformed.ts';
import { maskTracks, patchTfdt } from '../mp4/patch_tfdt.ts';
import type { ReadAt } from '../mp4/read_at.ts';
import { maxHeaderBytes, readSegmentHeader } from '../mp4/segment_header.ts';
import { rescale, type TrackTicks, trackTicks } from '../units/time.ts';
import { readFragmentHead } from './fragment_head.ts';
import type { MediaAddress, TrackSelection } from './media_address.ts';
import { isWholeFragments } from './media_group.ts';
import { PieceList } from './piece_list.ts';
import type { PlayableSegment } from './playable_segment.ts';

/** Fragments of one request: a minute of four a second is more than any group of pictures of ours. */
const maxFragments = 240;

/**
 * A media segment: the recorded bytes, but on the run's time line, and with the tracks that the player does not get
 * marked as free space. As long as what was recorded.
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
  if (!isWholeFragments(segment, offset, endOffset) || fragments.length > maxFragments) {
    throw new NightjarError('not_found', 'There is no media segment at these bytes.');
  }
  const offsets = new Map(
    segment.tracks.map(({ trackId, offsetTicks, timescale }): [number, TrackTicks] => [
      trackId,
      trackTicks(offsetTicks + rescale(address.shiftMs, 1000, timescale)),
    ]),
  );
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
  const first = segment.fragments[0];
  if (!first) throw malformed(`${segment.path} has no fragment.`);
  const header = readSegmentHeader(await read(0, Math.min(first.offset, maxHeaderBytes)));
  return initSegment(header.tracks.filter(isSelected(tracks)));
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
