/** One picture that decodes alone, as a fragmented MP4 file of one sample: ISO/IEC 14496-12 section 8.8. */
import { NightjarError } from '../errors/nightjar_error.ts';
import { encodeFragment, fragmentCheckBytes } from '../mp4/fragment.ts';
import { prftBytes } from '../mp4/fragment_boxes.ts';
import { initSegment } from '../mp4/init_segment.ts';
import { malformed } from '../mp4/malformed.ts';
import type { ReadAt } from '../mp4/read_at.ts';
import type { PlayableSegment } from '../playback/playable_segment.ts';
import { type Stretch, splitIntoStretches } from '../playback/stretch.ts';
import { trackTicks, type UnixMillis, unixMillis } from '../units/time.ts';
import { lastKeyFragment } from './clip_parts.ts';
import { type MediaTrack, type SegmentMedia, samplesWithin } from './segment_media.ts';

/** Where the newest key frame at or before an instant lies. */
export interface KeyFramePlace {
  readonly segment: PlayableSegment;
  /** Of its fragment, among those of the segment. */
  readonly fragment: number;
  readonly stretch: Stretch;
  /** The instant that was asked for, in ticks of the run. */
  readonly ticks: number;
}

export interface KeyFrame {
  readonly bytes: Uint8Array;
  /** When the picture was recorded. */
  readonly instantMs: UnixMillis;
  readonly codecString: string;
  /** Changes whenever another picture is given. */
  readonly etag: string;
}

/**
 * Finds the fragment with the newest key frame at or before an instant, in the stretch that covers it. Undefined when
 * it lies before the segments given.
 *
 * @throws NightjarError `no_footage` when the instant lies in a gap, or no key frame precedes it
 */
export function findKeyFrame(
  segments: readonly PlayableSegment[],
  atMs: UnixMillis,
): KeyFramePlace | undefined {
  const stretch = splitIntoStretches(segments).find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs);
  if (!stretch) throw new NightjarError('no_footage', 'Nothing was recorded at this instant.');
  const ticks = stretch.map.ticksAt(atMs);
  const found = lastKeyFragment(stretch, ticks);
  if (found !== undefined) {
    const { segment, index } = stretch.fragments[found]!;
    return { segment, fragment: index, stretch, ticks };
  }
  if (stretch.fragments[0]!.segment.number > 0) return undefined;
  throw new NightjarError(
    'no_footage',
    'No picture at this instant can be decoded: its key frame is missing.',
  );
}

/**
 * Reads the picture and makes a file of it.
 *
 * @param media of the segment, at least of that fragment
 * @throws NightjarError `file_malformed`
 */
export async function readKeyFrame(
  read: ReadAt,
  { segment, fragment, stretch, ticks }: KeyFramePlace,
  media: SegmentMedia,
): Promise<KeyFrame> {
  const track = media.tracks.find(({ kind }) => kind === 'video');
  const sample = track && newestKeySample(track, segment.fragments[fragment]!, ticks);
  if (!track || sample === undefined) {
    throw malformed(`${segment.path} has no key frame where the index says.`);
  }
  const { offsets, sizes, durations, compositionOffsets } = track.samples;
  const [offset, size] = [offsets[sample]!, sizes[sample]!];
  const picture = await read(offset, size);
  if (picture.length < size) throw malformed(`${segment.path} ends before its footage does.`, offset);
  const shownTicks = track.decodeTicks[sample]! + compositionOffsets[sample]!;
  return {
    bytes: Buffer.concat([initSegment([track]), oneSampleFragment(track, picture, durations[sample]!)]),
    instantMs: unixMillis(Math.round(stretch.map.msAt(shownTicks))),
    codecString: track.codecString,
    etag: `"${segment.id}-${offset}"`,
  };
}

/** The first one of the fragment at the latest: what is asked for may lie a rounding before it. */
function newestKeySample(
  { samples, decodeTicks }: MediaTrack,
  { offset, bytes }: { readonly offset: number; readonly bytes: number },
  ticks: number,
): number | undefined {
  const { start, end } = samplesWithin(samples, offset, offset + bytes);
  let newest: number | undefined;
  for (let sample = start; sample < end; sample++) {
    if (samples.keyFlags[sample] !== 1) continue;
    const isPast = decodeTicks[sample]! + samples.compositionOffsets[sample]! <= ticks;
    if (newest === undefined || isPast) newest = sample;
  }
  return newest;
}

/** `moof` and `mdat`; the picture is shown at time 0. */
function oneSampleFragment(track: MediaTrack, picture: Uint8Array, duration: number): Uint8Array {
  const chunk = { bytes: Buffer.from(picture.buffer, picture.byteOffset, picture.length), holders: 1 };
  const { parts } = encodeFragment({
    sequenceNumber: 1,
    arrivalMs: unixMillis(0),
    tracks: [
      {
        trackId: track.trackId,
        offsetTicks: trackTicks(0),
        timescale: track.timescale,
        samples: [
          {
            bytes: { chunk, start: 0, end: picture.length },
            decodeTicks: trackTicks(0),
            compositionOffset: 0,
            duration: Math.max(1, duration),
            keyFrame: true,
          },
        ],
      },
    ],
  });
  const whole = Buffer.concat(parts);
  // The time of arrival and the checksum around it are those of a recorded file.
  return whole.subarray(prftBytes, whole.length - fragmentCheckBytes);
}
