import type { TrackTicks, UnixMillis } from '../units/time.ts';
import type { ActivityLevel } from './activity.ts';
import type { FragmentDamage } from './damaged_range.ts';

/** Where a recorded file lies. */
export interface FootageFile {
  /** The storage root, by the id in its marker. */
  readonly rootId: string;
  /** Relative to the root's folder, with `/` between its parts. */
  readonly path: string;
}

/** One run: what one session delivered without a break in the time line. */
export interface Run {
  readonly id: string;
  readonly streamId: string;
  /** Counts the steps of the host's clock since the recorder started; times of two epochs may overlap. */
  readonly clockEpoch: number;
}

/** One moof + mdat of a segment, and the wall time of its first picture. */
export interface FragmentEntry {
  /** Of its first byte in the file (the `prft` box). */
  readonly offset: number;
  /** From there to the end of its CRC box. */
  readonly bytes: number;
  /** Presentation time of the first video sample, in video ticks from the file's zero. */
  readonly startTicks: TrackTicks;
  /** Sum of its video sample durations. */
  readonly durationTicks: TrackTicks;
  /** Wall time of that first sample, with its fraction. */
  readonly startMs: UnixMillis;
  /** When its first packet arrived. */
  readonly arrivalMs: UnixMillis;
  /** Begins with a key frame. */
  readonly keyFrame: boolean;
  /** What was lost on its way; the index keeps it by wall time, and not with the fragment. */
  readonly damage?: readonly FragmentDamage[];
  /** Of its pictures; the index keeps it by the second, and not with the fragment. */
  readonly activity?: ActivityLevel;
}

/** A run of equal values, as `stts` and `ctts` have them. */
export type TimeToSampleRuns = readonly (readonly [count: number, value: number])[];

/** What a segment holds of one track: enough to lay out a flat file without reading the segment. */
export interface SegmentTrack {
  readonly trackId: number;
  readonly kind: 'video' | 'audio';
  readonly codecString: string;
  readonly timescale: number;
  /** Where the file's zero lies on the run's time line, in this track's ticks. */
  readonly offsetTicks: TrackTicks;
  /** Decode time of its first sample, from the file's zero. */
  readonly startTicks: TrackTicks;
  readonly durationTicks: TrackTicks;
  readonly samples: number;
  readonly bytes: number;
  readonly keyFrames: number;
  readonly durations: TimeToSampleRuns;
  readonly compositionOffsets: TimeToSampleRuns;
  /** Hex SHA-256 of the sample entry: equal ones decode without a new initialisation segment. */
  readonly sampleEntryHash: string;
}

/** A segment before its file exists: the row that is committed ahead of it. */
export interface SegmentReservation extends FootageFile {
  readonly id: string;
  readonly streamId: string;
  readonly runId: string;
  /** From 0 within its run. */
  readonly number: number;
  readonly provisionalStartMs: UnixMillis;
}

/** A segment whose row was written before it was asked for, and the run that it is to begin. */
export interface FirstSegment {
  readonly run: Run;
  readonly reservation: SegmentReservation;
}

/** A finished segment: what its row says. */
export interface SegmentSummary {
  readonly id: string;
  readonly startMs: UnixMillis;
  readonly endMs: UnixMillis;
  /** Size of the file. */
  readonly bytes: number;
  /** Begins with a key frame; else it needs the segment before it. */
  readonly independent: boolean;
  /** Damage to the file has cost its first fragments. */
  readonly isBeginLost?: boolean;
  /** Nothing behind its last whole fragment says where it ended: it had more footage, or may have had. */
  readonly isEndLost?: boolean;
  /** Hex SHA-256 from the first fragment to the end of the file. */
  readonly bodyHash: string;
  /** Hex SHA-256 of what precedes the first fragment. */
  readonly headerHash: string;
  readonly tracks: readonly SegmentTrack[];
  readonly fragments: readonly FragmentEntry[];
}
