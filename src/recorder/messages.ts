import type { GapCause } from '../footage/gap_cause.ts';
import type { FragmentEntry, Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import type { UnixMillis } from '../units/time.ts';
import type { OpenTrack } from './ledger.ts';
import type { LiveItem } from './live_item.ts';
import type { StreamMetadata } from './newest_metadata.ts';
import type { StreamStatus } from './status.ts';
import type { CameraLabel, StreamJob } from './stream_job.ts';

/** What a recorder worker is started with. */
export interface WorkerSettings {
  readonly recordingsDir: string;
  readonly syncMs: number;
}

/** From the main thread to a recorder worker. */
export type ToWorker =
  | { readonly kind: 'record'; readonly job: StreamJob; readonly label: CameraLabel }
  /** The camera has another name or other streams. */
  | { readonly kind: 'label'; readonly label: CameraLabel }
  /** Somebody watches the stream: its live frames are asked for until `unwatch`. */
  | { readonly kind: 'watch' | 'unwatch'; readonly streamId: string }
  /** Answered by `stopped` when the stream's files are closed. */
  | { readonly kind: 'stop'; readonly streamId: string }
  /** Answers a message that carries a `request`. */
  | { readonly kind: 'answer'; readonly request: number; readonly result: Answer };

/** `value` is what the request asks for; `failure` says in words why there is none. */
export type Answer = { readonly value: boolean } | { readonly failure: string };

/** From a recorder worker to the main thread. */
export type FromWorker =
  | {
      readonly kind: 'reserve';
      readonly request: number;
      readonly reservation: SegmentReservation;
      readonly run: Run;
    }
  | { readonly kind: 'release'; readonly segmentId: string }
  | { readonly kind: 'opened'; readonly segmentId: string; readonly tracks: readonly OpenTrack[] }
  | {
      readonly kind: 'fragment';
      readonly segmentId: string;
      readonly entry: FragmentEntry;
      readonly shiftMs: number;
    }
  | { readonly kind: 'durable'; readonly segmentId: string; readonly fragments: number }
  | { readonly kind: 'closed'; readonly request: number; readonly summary: SegmentSummary }
  | { readonly kind: 'abandoned'; readonly segmentId: string }
  | { readonly kind: 'makeRoom'; readonly request: number }
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
  | { readonly kind: 'log'; readonly level: 'info' | 'warn'; readonly fields: object; readonly text: string };
