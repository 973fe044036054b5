/**
 * Sample entries of video. `avc1` with `avcC`: ISO/IEC 14496-15 section 5.3.3 and 5.4.2. `hvc1` with `hvcC`: section
 * 8.3.3 and 8.4.1. `jpeg`: the QuickTime video description, which readers know also in MP4 files; the other choice, `mp4v`
 * with an object type of 0x6C, is opened by the same readers and says less to a person.
 */
import type { ByteWriter } from '../bytes/writer.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { parseH264Sps } from '../media/h264_sps.ts';
import { h265NalType } from '../media/h265_nal_unit.ts';
import { parseH265Sps } from '../media/h265_sps.ts';
import type { H264Track, H265Track, VideoTrack } from '../media/track.ts';
import { box } from './box.ts';

/** More parameter sets than any camera sends; those of H.264 pictures are counted in a byte. */
const maxParameterSets = 256;
/** A parameter set's length is told in 16 bits. */
const maxParameterSetBytes = 0xffff;

/** @throws NightjarError `parameter_sets_malformed` when an SPS cannot be read or the sets are too many or too long */
export function writeVideoSampleEntry(writer: ByteWriter, track: VideoTrack): void {
  if (track.codec === 'h264') visualSampleEntry(writer, 'avc1', track, () => avcC(writer, track));
  else if (track.codec === 'h265') visualSampleEntry(writer, 'hvc1', track, () => hvcC(writer, track));
  else visualSampleEntry(writer, 'jpeg', track, () => {});
}

/** Visual sample entry (ISO/IEC 14496-12 section 12.1.3); the parameter sets are in it and not among the samples. */
function visualSampleEntry(
  writer: ByteWriter,
  type: 'avc1' | 'hvc1' | 'jpeg',
  track: VideoTrack,
  decoderConfiguration: () => void,
): void {
  const { horizontal, vertical } = track.pixelAspectRatio;
  box(writer, type, () => {
    writer.zeros(6);
    writer.u16(1);
    writer.zeros(16);
    writer.u16(track.width);
    writer.u16(track.height);
    writer.u32(0x00480000);
    writer.u32(0x00480000);
    writer.u32(0);
    writer.u16(1);
    writer.zeros(32);
    writer.u16(0x0018);
    writer.u16(0xffff);
    decoderConfiguration();
    if (horizontal !== vertical) pasp(writer, horizontal, vertical);
  });
}

/** AVC decoder configuration (section 5.3.3.1): profile, level, parameter sets; lengths before NAL units are 4 bytes. */
function avcC(writer: ByteWriter, { sps, pps }: H264Track): void {
  checkParameterSets([sps, ...pps]);
  box(writer, 'avcC', () => {
    writer.u8(1);
    writer.u8(sps[1]!);
    writer.u8(sps[2]!);
    writer.u8(sps[3]!);
    writer.u8(0xff);
    writer.u8(0xe0 | 1);
    parameterSet(writer, sps);
    writer.u8(pps.length);
    for (const set of pps) parameterSet(writer, set);
    if (profilesWithoutFormat.has(sps[1]!)) return;
    const { chromaFormat, lumaBits, chromaBits } = parseH264Sps(sps);
    writer.u8(0xfc | chromaFormat);
    writer.u8(0xf8 | (lumaBits - 8));
    writer.u8(0xf8 | (chromaBits - 8));
    writer.u8(0);
  });
}

/** HEVC decoder configuration (section 8.3.3.1): profile, level, format, parameter sets; lengths are 4 bytes. */
function hvcC(writer: ByteWriter, { vps, sps, pps }: H265Track): void {
  checkParameterSets([vps, sps, ...pps]);
  const { profile, chromaFormat, lumaBits, chromaBits, subLayers, temporalIdNesting } = parseH265Sps(sps);
  box(writer, 'hvcC', () => {
    writer.u8(1);
    writer.u8((profile.space << 6) | (profile.highTier ? 0x20 : 0) | profile.profile);
    writer.u32(profile.compatibility);
    for (const byte of profile.constraints) writer.u8(byte);
    writer.u8(profile.level);
    // Segmentation and parallelism are not stated, nor is the frame rate.
    writer.u16(0xf000);
    writer.u8(0xfc);
    writer.u8(0xfc | chromaFormat);
    writer.u8(0xf8 | (lumaBits - 8));
    writer.u8(0xf8 | (chromaBits - 8));
    writer.u16(0);
    writer.u8((subLayers << 3) | (temporalIdNesting ? 4 : 0) | 3);
    writer.u8(3);
    for (const [type, sets] of [
      [h265NalType.vps, [vps]],
      [h265NalType.sps, [sps]],
      [h265NalType.pps, pps],
    ] as const) {
      writer.u8(0x80 | type);
      writer.u16(sets.length);
      for (const set of sets) parameterSet(writer, set);
    }
  });
}

function checkParameterSets(sets: readonly Uint8Array[]): void {
  if (sets.length <= maxParameterSets && sets.every((set) => set.length <= maxParameterSetBytes)) return;
  throw new NightjarError(
    'parameter_sets_malformed',
    'The parameter sets are too many or too long to be kept.',
  );
}

function parameterSet(writer: ByteWriter, bytes: Uint8Array): void {
  writer.u16(bytes.length);
  writer.append(bytes);
}

/** Baseline, main and extended: the profiles whose `avcC` ends with the parameter sets. */
const profilesWithoutFormat = new Set([66, 77, 88]);

/** Pixel aspect ratio (ISO/IEC 14496-12 section 12.1.4). */
function pasp(writer: ByteWriter, horizontal: number, vertical: number): void {
  box(writer, 'pasp', () => {
    writer.u32(horizontal);
    writer.u32(vertical);
  });
}
