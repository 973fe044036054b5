/**
 * One fragment of a segment: `prft`, `moof`, `mdat` and a `uuid` box with a checksum of them; before that `uuid` boxes that say what
 * was lost on the way, and how active the pictures are.
 *
 *     prft  arrival of the first picture, and where it lies on the file's time line
 *     moof
 *       mfhd
 *       traf per track with samples: tfhd, tfdt (version 1), trun (version 1)
 *     mdat  each track's samples together, in the order of the trafs
 *     uuid  fragmentDamage, see fragment_damage.ts; only where something was lost
 *     uuid  fragmentActivity, see fragment_activity.ts; only where that is known
 *     uuid  fragmentCheck: CRC-32 (as in zlib) of all the above, and their length, 32 bits each
 *
 * ISO/IEC 14496-12 section 8.8. The samples are not copied: they go to the disk from where they were put together.
 */
import { crc32 } from 'node:zlib';
import { ByteWriter } from '../bytes/writer.ts';
import type { ActivityLevel } from '../footage/activity.ts';
import type { FragmentDamage } from '../footage/damaged_range.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import { rescale, type TrackTicks, trackTicks, type UnixMillis } from '../units/time.ts';
import { box, boxHeaderBytes, fullBox, fullBoxHeaderBytes, uuidBox, uuidBoxHeaderBytes } from './box.ts';
import { fragmentActivity } from './fragment_activity.ts';
import {
  mfhd,
  nonSyncSampleFlags,
  prft,
  prftBytes,
  syncSampleFlags,
  tfdt,
  tfdtBytes,
  tfhd,
  trunFlags,
} from './fragment_boxes.ts';
import { fragmentDamage } from './fragment_damage.ts';
import type { Sample } from './sample.ts';
import { userTypes } from './uuid.ts';

/** Size of the box that ends a fragment. */
export const fragmentCheckBytes = uuidBoxHeaderBytes + 8;

/** The samples of one track in a fragment. */
export interface FragmentTrack {
  readonly trackId: number;
  /** Where the file's zero lies on the run's time line, in this track's ticks; no sample is earlier. */
  readonly offsetTicks: TrackTicks;
  readonly timescale: number;
  /** In decode order. */
  readonly samples: readonly Sample[];
}

export interface FragmentInput {
  /** From 1 within the file. */
  readonly sequenceNumber: number;
  /** When the first packet of the first picture arrived. */
  readonly arrivalMs: UnixMillis;
  /** In the order of the file's header: video first. At least one has samples. */
  readonly tracks: readonly FragmentTrack[];
  /** What was lost on its way. */
  readonly damage?: readonly FragmentDamage[];
  /** Of its pictures, where that is known. */
  readonly activity?: ActivityLevel | undefined;
}

/** What the index keeps of a fragment, before the file and the run clock give it a place. */
export type FragmentFacts = Omit<FragmentEntry, 'offset' | 'startMs'>;

export interface EncodedFragment {
  /** For one `writev`, in order. The samples among them are views of their chunks: hold those until it is done. */
  readonly parts: readonly Uint8Array[];
  /** Sum of the parts. */
  readonly bytes: number;
  /** Where each track's first sample lies, from the start of the fragment; 0 for a track without samples. */
  readonly dataOffsets: readonly number[];
  readonly facts: FragmentFacts;
}

/** What decides the fields of one `traf`, found in one pass over its samples. */
interface TrackPlan {
  readonly track: FragmentTrack;
  readonly bytes: number;
  readonly duration: number | undefined;
  readonly size: number | undefined;
  readonly defaultFlags: number | undefined;
  readonly boxFlags: number;
  readonly trafBytes: number;
}

/** A fragment without the checksum at its end: what a player needs of it. */
export interface EncodedMedia {
  readonly plans: readonly TrackPlan[];
  /** `prft`, `moof` and the header of `mdat`; then the samples, as views of their chunks. */
  readonly parts: Uint8Array[];
  readonly headBytes: number;
  /** Sum of the parts. */
  readonly bytes: number;
  /** Presentation time of the first picture, from the file's zero. */
  readonly startTicks: number;
}

/**
 * Encodes one fragment; throws RangeError when there is no sample, or one from before the file's zero, since both
 * are mistakes of the caller and not of a camera.
 */
export function encodeFragment(input: FragmentInput): EncodedFragment {
  const { arrivalMs, tracks, damage = [], activity } = input;
  const { plans, parts, headBytes, bytes: mediaBytes, startTicks } = encodeMedia(input);
  const notes = [
    ...(damage.length > 0 ? [fragmentDamage(damage)] : []),
    ...(activity === undefined ? [] : [fragmentActivity(activity)]),
  ];
  parts.push(...notes);
  const checkedBytes = notes.reduce((sum, note) => sum + note.length, mediaBytes);
  parts.push(fragmentCheck(parts, checkedBytes));
  const bytes = checkedBytes + fragmentCheckBytes;
  return {
    parts,
    bytes,
    dataOffsets: dataOffsetsOf(tracks, plans, headBytes),
    facts: {
      ...factsOf({ tracks, reference: plans[0]!.track, startTicks, arrivalMs }, bytes),
      ...(damage.length > 0 && { damage }),
      ...(activity !== undefined && { activity }),
    },
  };
}

/** As {@link encodeFragment}, without the boxes behind the media. */
export function encodeMedia({ sequenceNumber, arrivalMs, tracks }: FragmentInput): EncodedMedia {
  const plans = tracks.filter(({ samples }) => samples.length > 0).map(planTrack);
  const reference = plans[0]?.track;
  if (!reference) throw new RangeError('a fragment needs a sample');

  const moofBytes = plans.reduce(
    (sum, plan) => sum + plan.trafBytes,
    boxHeaderBytes + fullBoxHeaderBytes + 4,
  );
  const mediaBytes = plans.reduce((sum, plan) => sum + plan.bytes, 0);
  const headBytes = prftBytes + moofBytes + boxHeaderBytes;
  if (headBytes + mediaBytes > 0x7fffffff)
    throw new RangeError(`a fragment of ${mediaBytes} bytes is too large`);

  const head = new ByteWriter(headBytes);
  const first = reference.samples[0]!;
  const startTicks = first.decodeTicks + first.compositionOffset - reference.offsetTicks;
  prft(head, reference.trackId, arrivalMs, Math.max(0, startTicks));
  box(head, 'moof', () => {
    mfhd(head, sequenceNumber);
    let dataOffset = moofBytes + boxHeaderBytes;
    for (const plan of plans) {
      traf(head, plan, dataOffset);
      dataOffset += plan.bytes;
    }
  });
  head.u32(boxHeaderBytes + mediaBytes);
  head.latin1('mdat');
  if (head.length !== headBytes)
    throw new Error(`a fragment head of ${head.length} bytes was planned as ${headBytes}`);

  const parts: Uint8Array[] = [head.bytes()];
  for (const { track } of plans) appendSampleParts(parts, track.samples);
  return { plans, parts, headBytes, bytes: headBytes + mediaBytes, startTicks };
}

function planTrack(track: FragmentTrack): TrackPlan {
  const { samples } = track;
  const first = samples[0]!;
  const firstSize = first.bytes.end - first.bytes.start;
  let bytes = 0;
  let sameDuration = true;
  let sameSize = true;
  let anyOffset = false;
  let keyFrames = 0;
  for (const sample of samples) {
    const size = sample.bytes.end - sample.bytes.start;
    bytes += size;
    if (sample.duration !== first.duration) sameDuration = false;
    if (size !== firstSize) sameSize = false;
    if (sample.compositionOffset !== 0) anyOffset = true;
    if (sample.keyFrame) keyFrames++;
  }
  const flags = planFlags(samples.length, keyFrames, first.keyFrame);
  const boxFlags =
    trunFlags.dataOffset |
    flags.trun |
    (sameDuration ? 0 : trunFlags.duration) |
    (sameSize ? 0 : trunFlags.size) |
    (anyOffset ? trunFlags.compositionOffset : 0);
  const fieldsPerSample =
    Number(!sameDuration) + Number(!sameSize) + Number(anyOffset) + Number(flags.trun === trunFlags.flags);
  const defaults = Number(sameDuration) + Number(sameSize) + Number(flags.tfhd !== undefined);
  const tfhdBytes = fullBoxHeaderBytes + 4 + 4 * defaults;
  const trunBytes =
    fullBoxHeaderBytes +
    8 +
    (flags.trun === trunFlags.firstSampleFlags ? 4 : 0) +
    4 * fieldsPerSample * samples.length;
  return {
    track,
    bytes,
    duration: sameDuration ? first.duration : undefined,
    size: sameSize ? firstSize : undefined,
    defaultFlags: flags.tfhd,
    boxFlags,
    trafBytes: boxHeaderBytes + tfhdBytes + tfdtBytes + trunBytes,
  };
}

/** The cheapest way to say which samples are key frames; the `trex` says "key frame" for what is left open. */
function planFlags(samples: number, keyFrames: number, firstIsKey: boolean): { tfhd?: number; trun: number } {
  if (keyFrames === samples) return { trun: 0 };
  if (keyFrames === 0) return { tfhd: nonSyncSampleFlags, trun: 0 };
  if (keyFrames === 1 && firstIsKey) return { tfhd: nonSyncSampleFlags, trun: trunFlags.firstSampleFlags };
  return { trun: trunFlags.flags };
}

function traf(writer: ByteWriter, plan: TrackPlan, dataOffset: number): void {
  const { track } = plan;
  const decodeTicks = track.samples[0]!.decodeTicks - track.offsetTicks;
  if (decodeTicks < 0) throw new RangeError(`a sample lies ${-decodeTicks} ticks before the file's zero`);
  box(writer, 'traf', () => {
    tfhd(writer, {
      trackId: track.trackId,
      duration: plan.duration,
      size: plan.size,
      flags: plan.defaultFlags,
    });
    tfdt(writer, decodeTicks);
    trun(writer, plan, dataOffset);
  });
}

/** Track fragment run (section 8.8.8), version 1: composition offsets are signed. */
function trun(writer: ByteWriter, { track: { samples }, boxFlags }: TrackPlan, dataOffset: number): void {
  fullBox(writer, 'trun', 1, boxFlags, () => {
    writer.u32(samples.length);
    writer.u32(dataOffset);
    if (boxFlags & trunFlags.firstSampleFlags) writer.u32(syncSampleFlags);
    for (const sample of samples) {
      if (boxFlags & trunFlags.duration) writer.u32(sample.duration);
      if (boxFlags & trunFlags.size) writer.u32(sample.bytes.end - sample.bytes.start);
      if (boxFlags & trunFlags.flags) writer.u32(sample.keyFrame ? syncSampleFlags : nonSyncSampleFlags);
      if (boxFlags & trunFlags.compositionOffset) writer.i32(sample.compositionOffset);
    }
  });
}

/** Samples that follow each other in one chunk become one part. */
function appendSampleParts(parts: Uint8Array[], samples: readonly Sample[]): void {
  let { chunk, start, end } = samples[0]!.bytes;
  for (let index = 1; index < samples.length; index++) {
    const range = samples[index]!.bytes;
    if (range.chunk === chunk && range.start === end) {
      end = range.end;
      continue;
    }
    if (end > start) parts.push(chunk.bytes.subarray(start, end));
    ({ chunk, start, end } = range);
  }
  if (end > start) parts.push(chunk.bytes.subarray(start, end));
}

function fragmentCheck(parts: readonly Uint8Array[], length: number): Uint8Array {
  let crc = 0;
  for (const part of parts) crc = crc32(part, crc);
  const writer = new ByteWriter(fragmentCheckBytes);
  uuidBox(writer, userTypes.fragmentCheck, () => {
    writer.u32(crc);
    writer.u32(length);
  });
  return writer.bytes();
}

function dataOffsetsOf(
  tracks: readonly FragmentTrack[],
  plans: readonly TrackPlan[],
  headBytes: number,
): readonly number[] {
  let next = headBytes;
  return tracks.map((track) => {
    const plan = plans.find((candidate) => candidate.track === track);
    if (!plan) return 0;
    const offset = next;
    next += plan.bytes;
    return offset;
  });
}

/**
 * The facts are told in ticks of the first track given. A fragment without samples of it has no duration and
 * begins, on that track, where its first other sample does.
 */
function factsOf(
  options: {
    tracks: readonly FragmentTrack[];
    reference: FragmentTrack;
    startTicks: number;
    arrivalMs: UnixMillis;
  },
  bytes: number,
): FragmentFacts {
  const { tracks, reference, startTicks, arrivalMs } = options;
  const main = tracks[0]!;
  return {
    bytes,
    startTicks: trackTicks(rescale(startTicks, reference.timescale, main.timescale)),
    durationTicks: trackTicks(main.samples.reduce((sum, sample) => sum + sample.duration, 0)),
    arrivalMs,
    keyFrame: main.samples[0]?.keyFrame ?? false,
  };
}
