import type { ErrorCode } from '../errors/catalogue.ts';
import type { NightjarError } from '../errors/nightjar_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { UnixMillis } from '../units/time.ts';
import { noMetadata } from './metadata_path.ts';
import type { Transport } from './transport_choice.ts';

export type StreamState = 'connecting' | 'recording' | 'backing_off' | 'paused' | 'stopped' | 'needs-address';

/** Counts since the stream was started; they only grow. */
export interface StreamCounters {
  readonly packets: number;
  readonly packetsLost: number;
  readonly bytesReceived: number;
  /** Bytes skipped to find the framing again. */
  readonly framingBytesLost: number;
  /** Pictures in files. */
  readonly framesWritten: number;
  readonly audioFramesWritten: number;
  readonly fragmentsWritten: number;
  readonly bytesWritten: number;
  /** Pictures or sounds that came in incomplete or broken, and were left out. */
  readonly damagedUnits: number;
  /** Footage in files that shows damage, in milliseconds: from a lost picture up to the next key frame. */
  readonly damagedFootageMs: number;
  /** Samples that were whole and had no place on the time line. */
  readonly samplesDropped: number;
  /** RTP packets with metadata, which are not among `packets`. */
  readonly metadataPackets: number;
  /** Whole documents, and their bytes. */
  readonly metadataDocuments: number;
  readonly metadataBytes: number;
  readonly metadataLost: number;
  readonly reconnects: number;
}

/** What a stream does now, in words and figures. */
export interface StreamStatus {
  readonly streamId: string;
  readonly cameraId: string;
  readonly role: 'main' | 'sub';
  readonly state: StreamState;
  /** For a person: what is so, and what to do when something is wrong. */
  readonly stateReason: string;
  readonly errorCode?: ErrorCode;
  /** Since when the state is so. */
  readonly sinceMs: UnixMillis;
  /** In use, or tried at the moment; undefined when there is no session. */
  readonly transport?: Transport;
  /** RFC 6381 strings of the tracks being recorded. */
  readonly codecs: readonly string[];
  readonly width?: number;
  readonly height?: number;
  /** Over the last seconds. */
  readonly bitsPerSecond: number;
  readonly framesPerSecond: number;
  readonly counters: StreamCounters;
  /** End of the newest footage in a file. */
  readonly lastFootageMs?: UnixMillis;
  /** What a power cut can cost at most. */
  readonly lossBoundMs: number;
  /** Bytes of the stream that wait for the disk. */
  readonly queuedBytes: number;
  /** The longest that a call of its disk took lately, in milliseconds; one that has not come back counts too. */
  readonly slowestWriteMs: number;
}

const causes: Partial<Record<ErrorCode, GapCause>> = {
  camera_unreachable: 'unreachable',
  camera_name_unknown: 'unreachable',
  camera_timeout: 'unreachable',
  camera_address_missing: 'unreachable',
  camera_refused: 'refused',
  camera_authentication: 'authentication',
  camera_authentication_unsupported: 'authentication',
  no_packets: 'no_packets',
  timeline_break: 'timeline_break',
  stream_damaged: 'damaged',
  disk_full: 'disk_full',
  disk_slow: 'disk_slow',
  recordings_unwritable: 'disk_missing',
  recordings_missing: 'disk_missing',
  disk_failed: 'disk_missing',
  // Of the index: what cannot be entered there is not recorded.
  data_folder_unwritable: 'disk_missing',
  database_damaged: 'disk_missing',
  database_locked: 'disk_missing',
};

/** The cause that stands in the ledger for footage that an error cost. */
export function gapCauseOf(error: NightjarError): GapCause {
  return causes[error.code] ?? 'stream_error';
}

/** The counts of a stream that was not started. */
export const nothingCounted: StreamCounters = {
  packets: 0,
  packetsLost: 0,
  bytesReceived: 0,
  framingBytesLost: 0,
  framesWritten: 0,
  audioFramesWritten: 0,
  fragmentsWritten: 0,
  bytesWritten: 0,
  damagedUnits: 0,
  damagedFootageMs: 0,
  samplesDropped: 0,
  ...noMetadata,
  reconnects: 0,
};

type StreamNames = Pick<StreamStatus, 'cameraId' | 'streamId' | 'role'>;

/** The status of a stream that is not to be recorded. */
export function pausedStatus(stream: StreamNames, sinceMs: UnixMillis): StreamStatus {
  const stateReason = 'Recording of this stream is switched off.';
  return { ...idleStatus(stream, sinceMs), state: 'paused', stateReason };
}

/** The status of a stream that is to be recorded, known from its files alone: no file says where it is. */
export function addressMissingStatus(stream: StreamNames, sinceMs: UnixMillis): StreamStatus {
  return {
    ...idleStatus(stream, sinceMs),
    state: 'needs-address',
    stateReason: 'Its address is not known. Enter the URL.',
    errorCode: 'camera_address_missing',
  };
}

function idleStatus(
  { cameraId, streamId, role }: StreamNames,
  sinceMs: UnixMillis,
): Omit<StreamStatus, 'state' | 'stateReason'> {
  return {
    cameraId,
    streamId,
    role,
    sinceMs,
    codecs: [],
    bitsPerSecond: 0,
    framesPerSecond: 0,
    counters: nothingCounted,
    lossBoundMs: 0,
    queuedBytes: 0,
    slowestWriteMs: 0,
  };
}
