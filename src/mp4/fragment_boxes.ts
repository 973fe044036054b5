/**
 * Boxes of movie fragments and of the segment index: ISO/IEC 14496-12 sections 8.8 and 8.16.
 */
import type { ByteWriter } from '../bytes/writer.ts';
import type { UnixMillis } from '../units/time.ts';
import { fullBox } from './box.ts';
import { toNtpTime } from './ntp_time.ts';

/** Sample flags (section 8.8.3.1): needs no other sample. */
export const syncSampleFlags = 0x02000000;
/** Sample flags (section 8.8.3.1): needs others, and no decoder can start here. */
export const nonSyncSampleFlags = 0x01010000;
/** The bit of the sample flags that says "not a sync sample". */
export const nonSyncBit = 0x00010000;

/** Which fields a `tfhd` carries (section 8.8.7). */
export const tfhdFlags = {
  baseDataOffset: 0x000001,
  sampleDescriptionIndex: 0x000002,
  defaultDuration: 0x000008,
  defaultSize: 0x000010,
  defaultFlags: 0x000020,
  durationIsEmpty: 0x010000,
  defaultBaseIsMoof: 0x020000,
} as const;

/** Which fields a `trun` carries (section 8.8.8). */
export const trunFlags = {
  dataOffset: 0x000001,
  firstSampleFlags: 0x000004,
  duration: 0x000100,
  size: 0x000200,
  flags: 0x000400,
  compositionOffset: 0x000800,
} as const;

/** Size of the `prft` that {@link prft} writes. */
export const prftBytes = 32;

/**
 * Producer reference time (section 8.16.5): the wall clock at the first picture of the fragment that follows.
 *
 * Flag 1 is the nearest that the standard has to "arrival": the time at which the picture had left the encoder.
 *
 * @param mediaTicks presentation time of that picture in the file, in ticks of the track, not negative
 */
export function prft(writer: ByteWriter, trackId: number, arrivalMs: UnixMillis, mediaTicks: number): void {
  fullBox(writer, 'prft', 1, 1, () => {
    const { seconds, fraction } = toNtpTime(arrivalMs);
    writer.u32(trackId);
    writer.u32(seconds);
    writer.u32(fraction);
    writer.u64(mediaTicks);
  });
}

/** Movie fragment header (section 8.8.5). */
export function mfhd(writer: ByteWriter, sequenceNumber: number): void {
  fullBox(writer, 'mfhd', 0, 0, () => writer.u32(sequenceNumber));
}

/** What all samples of a track's fragment have in common; left out, they stand in the `trun` or the `trex`. */
export interface TrackFragmentDefaults {
  readonly trackId: number;
  readonly duration?: number | undefined;
  readonly size?: number | undefined;
  readonly flags?: number | undefined;
}

/** Track fragment header (section 8.8.7); data offsets count from the start of the `moof`. */
export function tfhd(writer: ByteWriter, { trackId, duration, size, flags }: TrackFragmentDefaults): void {
  const boxFlags =
    tfhdFlags.defaultBaseIsMoof |
    (duration === undefined ? 0 : tfhdFlags.defaultDuration) |
    (size === undefined ? 0 : tfhdFlags.defaultSize) |
    (flags === undefined ? 0 : tfhdFlags.defaultFlags);
  fullBox(writer, 'tfhd', 0, boxFlags, () => {
    writer.u32(trackId);
    if (duration !== undefined) writer.u32(duration);
    if (size !== undefined) writer.u32(size);
    if (flags !== undefined) writer.u32(flags);
  });
}

/** Size of the `tfdt` that {@link tfdt} writes. */
export const tfdtBytes = 20;

/** Track fragment decode time (section 8.8.12), version 1. */
export function tfdt(writer: ByteWriter, decodeTicks: number): void {
  fullBox(writer, 'tfdt', 1, 0, () => writer.u64(decodeTicks));
}

/** One subsegment of a `sidx`. */
export interface SegmentIndexReference {
  readonly bytes: number;
  readonly durationTicks: number;
  /** Begins with a stream access point of type 1: a key frame that nothing precedes in output. */
  readonly startsWithKeyFrame: boolean;
}

/** Size of a `sidx` with so many references. */
export const sidxBytes = (references: number): number => 40 + 12 * references;

/**
 * Segment index (section 8.16.3), version 1, of media that begin right after the box.
 *
 * @param earliestTicks earliest presentation time, in ticks of `timescale`, not negative
 */
export function sidx(
  writer: ByteWriter,
  options: { trackId: number; timescale: number; earliestTicks: number },
  references: readonly SegmentIndexReference[],
): void {
  fullBox(writer, 'sidx', 1, 0, () => {
    writer.u32(options.trackId);
    writer.u32(options.timescale);
    writer.u64(options.earliestTicks);
    writer.u64(0);
    writer.u16(0);
    writer.u16(references.length);
    for (const { bytes, durationTicks, startsWithKeyFrame } of references) {
      writer.u32(bytes);
      writer.u32(durationTicks);
      writer.u32(startsWithKeyFrame ? 0x90000000 : 0);
    }
  });
}
