import type { FragmentEntry, Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import type { Track } from '../media/track.ts';
import type { TrackTicks } from '../units/time.ts';

/** A track of a segment that is being written. */
export interface OpenTrack {
  readonly trackId: number;
  readonly track: Track;
  readonly offsetTicks: TrackTicks;
}

/** Where the recorder says what it writes: the index on the server, nothing for a recording without one. */
export interface Ledger {
  /** Resolves when the row of the segment is durable: only then may its file be created. */
  reserve(reservation: SegmentReservation, run: Run): Promise<void>;
  /** The reservation will not be used. */
  release(segmentId: string): void;
  /** The segment has its header and first fragment in the file. */
  opened(segmentId: string, tracks: readonly OpenTrack[]): void;
  /** A fragment is in the file: it survives the end of this process. */
  fragmentWritten(segmentId: string, entry: FragmentEntry, shiftMs: number): void;
  /** The segment's first `fragments` fragments survive a power cut. */
  durable(segmentId: string, fragments: number): void;
  /** The file is closed. Resolves when its row says so. */
  closed(summary: SegmentSummary): Promise<void>;
  /** The disk of this storage root is full: deletes its oldest footage. Resolves to whether that freed anything. */
  makeRoom(rootId: string): Promise<boolean>;
  /** A segment's file is as good as it can be made, but could not be closed: recovery will. */
  abandoned(segmentId: string): void;
}
