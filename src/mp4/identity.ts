/**
 * The identity box: whose footage a segment is and where it lies in its run, so that the index can be made again from
 * the files alone. A `uuid` box with user type a5c63274-40bb-4740-9104-57169ff6998d; all numbers big-endian:
 *
 *     u8       version, 1
 *     16 bytes installation     UUIDs
 *     16 bytes camera
 *     16 bytes stream
 *     16 bytes run
 *     u32      segment number, from 0 within the run
 *     u32      clock epoch
 *     u8       number of tracks, then for each:
 *       u32      track id
 *       i64      where the file's zero lies on the run's time line, in ticks of the track
 *     u8       1 when the state of the run clock before the file's first fragment follows, else 0:
 *       f64      wall time minus media time, ms
 *       f64      media time of the newest fragment, ms
 *       f64      first arrival of the run, Unix ms
 *       u8       1 when settled
 *       u8       number of window buckets, then for each:
 *         f64      media time, ms
 *         f64      least (arrival - media), ms
 *     u32      CRC-32 (as in zlib) of the body from the version to here
 */
import { crc32 } from 'node:zlib';
import { ByteReader } from '../bytes/reader.ts';
import { ByteWriter } from '../bytes/writer.ts';
import type { RunClock } from '../footage/run_clock.ts';
import { type TrackTicks, trackTicks } from '../units/time.ts';
import { boxHeaderBytes, uuidBox, uuidBoxHeaderBytes } from './box.ts';
import { malformed, readingMp4 } from './malformed.ts';
import { isUserType, userTypes, uuidBytes, uuidText } from './uuid.ts';

const version = 1;
/** More than any camera stream has. */
const maxTracks = 16;
/** More than the run clock keeps: a minute in buckets of ten seconds. */
const maxWindow = 64;

export interface SegmentIdentity {
  /** UUIDs. */
  readonly installationId: string;
  readonly cameraId: string;
  readonly streamId: string;
  readonly runId: string;
  /** From 0 within its run. */
  readonly segmentNumber: number;
  /** Counts the steps of the host's clock since the recorder started. */
  readonly clockEpoch: number;
  /** State before this file's first fragment; undefined in the first segment of a run. */
  readonly runClock: RunClock | undefined;
  /** Where the file's zero lies on the run's time line, in each track's own ticks. */
  readonly tracks: readonly { readonly trackId: number; readonly offsetTicks: TrackTicks }[];
}

/** The whole box. Ids that are no UUIDs throw RangeError. */
export function encodeIdentity(identity: SegmentIdentity): Uint8Array {
  const writer = new ByteWriter(512);
  uuidBox(writer, userTypes.identity, () => {
    writer.u8(version);
    for (const id of [identity.installationId, identity.cameraId, identity.streamId, identity.runId]) {
      writer.append(uuidBytes(id));
    }
    writer.u32(identity.segmentNumber);
    writer.u32(identity.clockEpoch);
    writer.u8(bounded(identity.tracks.length, maxTracks));
    for (const { trackId, offsetTicks } of identity.tracks) {
      writer.u32(trackId);
      writer.i64(offsetTicks);
    }
    writer.u8(identity.runClock ? 1 : 0);
    if (identity.runClock) encodeRunClock(writer, identity.runClock);
    writer.u32(crc32(writer.bytes().subarray(uuidBoxHeaderBytes)));
  });
  return writer.bytes();
}

/** Reads the box from its first byte; throws `file_malformed`. */
export function decodeIdentity(box: Uint8Array): SegmentIdentity {
  return readingMp4('The identity box', () => {
    if (!isUserType(box, boxHeaderBytes, userTypes.identity)) throw malformed('This is not an identity box.');
    const reader = new ByteReader(box, uuidBoxHeaderBytes);
    const found = reader.u8();
    if (found !== version) throw malformed(`The identity box has version ${found}; ${version} is known.`);
    const ids = [0, 1, 2, 3].map(() => uuidText(reader.take(16)));
    const [installationId, cameraId, streamId, runId] = ids as [string, string, string, string];
    const segmentNumber = reader.u32();
    const clockEpoch = reader.u32();
    const tracks = Array.from({ length: bounded(reader.u8(), maxTracks) }, () => ({
      trackId: reader.u32(),
      offsetTicks: trackTicks(reader.i64()),
    }));
    const runClock = reader.u8() === 1 ? decodeRunClock(reader) : undefined;
    const crc = crc32(box.subarray(uuidBoxHeaderBytes, reader.offset));
    if (reader.u32() !== crc) throw malformed('The checksum of the identity box is wrong.');
    return { installationId, cameraId, streamId, runId, segmentNumber, clockEpoch, runClock, tracks };
  });
}

function encodeRunClock(writer: ByteWriter, clock: RunClock): void {
  writeF64(writer, clock.offsetMs);
  writeF64(writer, clock.mediaMs);
  writeF64(writer, clock.firstArrivalMs);
  writer.u8(clock.settled ? 1 : 0);
  writer.u8(bounded(clock.window.length, maxWindow));
  for (const { mediaMs, minOffsetMs } of clock.window) {
    writeF64(writer, mediaMs);
    writeF64(writer, minOffsetMs);
  }
}

function decodeRunClock(reader: ByteReader): RunClock {
  const offsetMs = readF64(reader);
  const mediaMs = readF64(reader);
  const firstArrivalMs = readF64(reader);
  const settled = reader.u8() === 1;
  const window = Array.from({ length: bounded(reader.u8(), maxWindow) }, () => ({
    mediaMs: readF64(reader),
    minOffsetMs: readF64(reader),
  }));
  return { offsetMs, mediaMs, firstArrivalMs, settled, window };
}

function bounded(count: number, most: number): number {
  if (count > most) throw new RangeError(`${count} is more than ${most}`);
  return count;
}

function writeF64(writer: ByteWriter, value: number): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  writer.append(bytes);
}

function readF64(reader: ByteReader): number {
  const bytes = reader.take(8);
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
}
