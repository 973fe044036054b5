import { AacPacketizer } from '../rtp/aac_packetizer.ts';
import { H264Packetizer } from '../rtp/h264_packetizer.ts';
import { rescale, rtpTimestamp, type UnixMillis } from '../units/time.ts';
import { aacFrameSamples, type Clip } from './clip.ts';
import { packetizeDocument, sceneDocuments } from './metadata.ts';

export const videoPayloadType = 96;
export const audioPayloadType = 97;
export const metadataPayloadType = 107;
export const videoClockRate = 90_000;
export const metadataClockRate = 90_000;

/** '$', channel and length in front of each packet (RFC 2326 section 10.12). */
const interleavedHeaderBytes = 4;
/** With the fixed part of the RTP header. */
const fixedBytes = interleavedHeaderBytes + 12;

/** The packets of one picture or audio frame as interleaved frames, all that differs by session left at 0. */
export interface PreparedUnit {
  readonly bytes: Buffer;
  /** Where each packet begins; one more entry than packets. */
  readonly starts: Uint32Array;
  readonly keyFrame: boolean;
}

export interface PreparedTrack {
  readonly kind: 'video' | 'audio' | 'metadata';
  readonly payloadType: number;
  /** Hz. */
  readonly clockRate: number;
  readonly units: readonly PreparedUnit[];
  /** Units per second as a fraction. */
  readonly unitsPerSecond: { readonly count: number; readonly seconds: number };
}

/** Makes the packets of a clip once, for all sessions of all cameras that show it. */
export function prepareVideo(clip: Clip, maxPayloadBytes: number): PreparedTrack {
  const packetizer = new H264Packetizer({
    payloadType: videoPayloadType,
    ssrc: 0,
    maxPayloadBytes,
    aggregate: true,
  });
  return {
    kind: 'video',
    payloadType: videoPayloadType,
    clockRate: videoClockRate,
    units: clip.pictures.map((picture) =>
      prepareUnit(packetizer.packetize(picture.nalUnits, rtpTimestamp(0)), picture.keyFrame),
    ),
    unitsPerSecond: { count: clip.framesPerSecond, seconds: 1 },
  };
}

/** Undefined for a clip without sound. */
export function prepareAudio(clip: Clip, maxPayloadBytes: number): PreparedTrack | undefined {
  if (!clip.audio) return undefined;
  const packetizer = new AacPacketizer({ payloadType: audioPayloadType, ssrc: 0, maxPayloadBytes });
  return {
    kind: 'audio',
    payloadType: audioPayloadType,
    clockRate: clip.audio.sampleRate,
    units: clip.audio.frames.map((frame) =>
      prepareUnit(packetizer.packetize([frame], rtpTimestamp(0), aacFrameSamples), true),
    ),
    unitsPerSecond: { count: clip.audio.sampleRate, seconds: aacFrameSamples },
  };
}

/** One document a second. */
export function prepareMetadata(maxPayloadBytes: number): PreparedTrack {
  const options = { payloadType: metadataPayloadType, maxPayloadBytes };
  return {
    kind: 'metadata',
    payloadType: metadataPayloadType,
    clockRate: metadataClockRate,
    units: sceneDocuments().map((document) => prepareUnit(packetizeDocument(document, options), true)),
    unitsPerSecond: { count: 1, seconds: 1 },
  };
}

/** Media time of the unit with this number, counted from the first one, in ticks of the track's clock. */
export function ticksOfUnit(track: PreparedTrack, number: number): number {
  const { count, seconds } = track.unitsPerSecond;
  return rescale(number * seconds, count, track.clockRate);
}

function prepareUnit(packets: readonly Buffer[], keyFrame: boolean): PreparedUnit {
  const starts = new Uint32Array(packets.length + 1);
  for (const [index, packet] of packets.entries()) {
    starts[index + 1] = starts[index]! + interleavedHeaderBytes + packet.length;
  }
  const bytes = Buffer.alloc(starts[packets.length]!);
  for (const [index, packet] of packets.entries()) {
    const at = starts[index]!;
    bytes[at] = 0x24;
    bytes.writeUInt16BE(packet.length, at + 2);
    bytes.set(packet, at + interleavedHeaderBytes);
  }
  return { bytes, starts, keyFrame };
}

export interface PacketIdentity {
  readonly channel: number;
  /** Of the unit's first packet; the others follow. */
  readonly sequenceNumber: number;
  readonly rtpTimestamp: number;
  readonly ssrc: number;
  /** When it was recorded, for whoever asked for ONVIF's replay. */
  readonly recordedMs?: UnixMillis | undefined;
}

/** What ONVIF's replay adds to each packet. */
export const replayExtensionBytes = 16;
/** From 1900 to 1970. */
const ntpEpochSeconds = 2_208_988_800;

/**
 * Copies one packet of a unit, with what differs by session filled in (RFC 3550 section 5.1).
 *
 * @returns where the next packet goes
 */
export function writePacket(
  unit: PreparedUnit,
  index: number,
  identity: PacketIdentity,
  target: Buffer,
  at: number,
): number {
  const start = unit.starts[index]!;
  const end = unit.starts[index + 1]!;
  unit.bytes.copy(target, at, start, end);
  target[at + 1] = identity.channel;
  target.writeUInt16BE((identity.sequenceNumber + index) & 0xffff, at + 6);
  target.writeUInt32BE(identity.rtpTimestamp, at + 8);
  target.writeUInt32BE(identity.ssrc, at + 12);
  if (identity.recordedMs === undefined) return at + end - start;
  const packetEnd = at + end - start + replayExtensionBytes;
  target.copyWithin(at + fixedBytes + replayExtensionBytes, at + fixedBytes, at + end - start);
  target[at + interleavedHeaderBytes]! |= 0x10;
  target.writeUInt16BE(end - start - interleavedHeaderBytes + replayExtensionBytes, at + 2);
  writeReplayExtension(target, at + fixedBytes, identity.recordedMs, unit.keyFrame);
  return packetEnd;
}

/** ONVIF Streaming Specification section 6.3: the instant, and C for a picture that can be shown by itself. */
function writeReplayExtension(target: Buffer, at: number, recordedMs: UnixMillis, clean: boolean): void {
  target.writeUInt16BE(0xabac, at);
  target.writeUInt16BE(3, at + 2);
  target.writeUInt32BE((Math.floor(recordedMs / 1000) + ntpEpochSeconds) >>> 0, at + 4);
  target.writeUInt32BE(Math.floor(((recordedMs % 1000) / 1000) * 2 ** 32), at + 8);
  target.writeUInt32BE(clean ? 0x80_00_00_00 : 0, at + 12);
}

export function packetCount(unit: PreparedUnit): number {
  return unit.starts.length - 1;
}
