import type { ErrorCode } from '../errors/catalogue.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type {
  FirstSegment,
  FragmentEntry,
  Run,
  SegmentReservation,
  SegmentSummary,
} from '../footage/segment.ts';
import type { RootFolders } from '../roots/root_folders.ts';
import type { UnixMillis } from '../units/time.ts';
import type { OpenTrack } from './ledger.ts';
import type { LiveItem } from './live_item.ts';
import type { StreamMetadata } from './newest_metadata.ts';
import type { StreamStatus } from './status.ts';
import type { CameraLabel, StreamJob } from './stream_job.ts';

/** How a recorder worker records. */
export interface WorkerSettings {
  readonly roots: RootFolders;
  readonly syncMs: number;
}

/** From the main thread to a recorder worker. */
export type ToWorker =
  /** The first message of all. */
  | { readonly kind: 'begin'; readonly settings: WorkerSettings }
  | {
      readonly kind: 'record';
      readonly job: StreamJob;
      readonly label: CameraLabel;
      /** Its row is written; it is released when it is not used. */
      readonly first?: FirstSegment;
    }
  /** The camera has another name or other streams. */
  | { readonly kind: 'label'; readonly label: CameraLabel; readonly rootId: string }
  /** From its next file on the stream is recorded to another storage root; its session goes on. */
  | {
      readonly kind: 'move';
      readonly streamId: string;
      readonly rootId: string;
      readonly label: CameraLabel;
    }
  /** Nothing can be recorded to a storage root, for a reason in words; without one it can be tried again. */
  | { readonly kind: 'root'; readonly rootId: string; readonly away: string | undefined }
  /** Somebody watches the stream: its live frames are asked for until `unwatch`. */
  | { readonly kind: 'watch' | 'unwatch'; readonly streamId: string }
  /** Answered by `stopped` when the stream's files are closed. */
  | { readonly kind: 'stop'; readonly streamId: string }
  /** Answered by `pong` at once. */
  | { readonly kind: 'ping' }
  /** Answers a message that carries a `request`. */
  | { readonly kind: 'answer'; readonly request: number; readonly result: Answer }
  /** Answers the `rows` that are under way, in their order. */
  | { readonly kind: 'rowsAnswer'; readonly results: readonly Answer[] };

/** `value` is what the request asks for; `failure` says why there is none. */
export type Answer =
  | { readonly value: boolean }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string } };

/** What becomes of the row of a segment. */
export type RowChange =
  | { readonly kind: 'reserve'; readonly reservation: SegmentReservation; readonly run: Run }
  | { readonly kind: 'closed'; readonly summary: SegmentSummary };

/** From a recorder worker to the main thread. */
export type FromWorker =
  /** Rows to be written together; no more are sent until they are answered. */
  | { readonly kind: 'rows'; readonly changes: readonly RowChange[] }
  | { readonly kind: 'release'; readonly segmentId: string }
  | { readonly kind: 'opened'; readonly segmentId: string; readonly tracks: readonly OpenTrack[] }
  | {
      readonly kind: 'fragment';
      readonly segmentId: string;
      readonly entry: FragmentEntry;
      readonly shiftMs: number;
    }
  | { readonly kind: 'durable'; readonly segmentId: string; readonly fragments: number }
  | { readonly kind: 'abandoned'; readonly segmentId: string }
  /** Bytes that are on their way to a storage root: in memory, or written and not yet synced. */
  | { readonly kind: 'inFlight'; readonly rootId: string; readonly bytes: number }
  | { readonly kind: 'makeRoom'; readonly request: number; readonly rootId: string }
  | { readonly kind: 'status'; readonly status: StreamStatus }
  /** The same of a stream that is only watched. */
  | { readonly kind: 'viewing'; readonly status: StreamStatus }
  /** The memory of the frames goes over with the message. */
  | { readonly kind: 'live'; readonly streamId: string; readonly items: readonly LiveItem[] }
  /** A whole document. The memory of its text goes over with the message. */
  | { readonly kind: 'metadata'; readonly document: StreamMetadata }
  | {
      readonly kind: 'notRecording';
      readonly streamId: string;
      readonly sinceMs: UnixMillis;
      readonly cause: GapCause;
    }
  | { readonly kind: 'stopped'; readonly streamId: string }
  | { readonly kind: 'pong' }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn';
      readonly fields: object;
      readonly text: string;
      /** So many lines like it were not sent before. */
      readonly heldBack?: number;
    };
