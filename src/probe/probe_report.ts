import type { ErrorCode } from '../errors/catalogue.ts';
import type { Transport } from '../recorder/transport_choice.ts';
import type { UnixMillis } from '../units/time.ts';
import type { OfferedMedium } from './offered_media.ts';
import type { SessionTiming } from './session_witness.ts';
import type { Drift, Spread } from './track_meter.ts';
import type { TranscriptEntry } from './transcript.ts';

export interface VideoFindings {
  readonly codec: string;
  readonly codecString: string;
  readonly width: number;
  readonly height: number;
  /** Measured, by the camera's time stamps. */
  readonly framesPerSecond: number;
  readonly bitsPerSecond: number;
  /** Of the second with most. */
  readonly peakBitsPerSecond: number;
  /** From the first key frame on. */
  readonly frames: number;
  /** Pictures that came before it, and cannot be shown. */
  readonly framesBefore: number;
  readonly keyFrames: number;
  /** The median; undefined when fewer than two key frames came. */
  readonly keyFrameIntervalMs?: number;
  readonly keyFrameIntervalsMs?: Spread;
  /** Between pictures in the order of showing. */
  readonly frameIntervalsMs?: Spread;
  /** As the parameter sets state it; undefined when they do not. */
  readonly reorderDepth?: number;
  /** Pictures that are shown before one that came earlier. */
  readonly reorderedFrames: number;
  /** Times that the size of the picture changed. */
  readonly sizeChanges: number;
}

export interface AudioFindings {
  readonly codec: string;
  readonly codecString: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSecond: number;
  readonly peakBitsPerSecond: number;
  readonly frames: number;
}

/** What came of the camera's ONVIF metadata. */
export interface MetadataFindings {
  readonly packets: number;
  /** Whole ones, and their bytes. */
  readonly documents: number;
  readonly bytes: number;
  /** Documents that did not come whole. */
  readonly lost: number;
}

/** How the packets of one recorded medium came. */
export interface DeliveryFindings {
  readonly medium: 'video' | 'audio';
  readonly packets: number;
  readonly bytes: number;
  /** Never came, or too late to be of use. */
  readonly packetsLost: number;
  readonly duplicates: number;
  /** Came behind a later one. */
  readonly reordered: number;
  /** Of those, or of those that were given up: too late. */
  readonly late: number;
  readonly sequenceRestarts: number;
  /** Of other sources or payload types. */
  readonly otherPackets: number;
  readonly jitterMs: number;
  /** How much older the first picture or sound was than the least delayed one: what the camera had kept. */
  readonly burstMs: number;
  /** Time stamps that made no sense. */
  readonly timestampStrays: number;
  readonly timelineBreaks: number;
  readonly rtcpPackets: number;
}

export interface ClockFindings {
  readonly senderReports: number;
  /** The camera's clock less ours, positive when it is ahead; undefined when the camera does not say. */
  readonly offsetMs?: number;
  /** How far the offsets lie apart. */
  readonly spreadMs?: number;
  /** Of the media's time stamps against our clock; undefined while it is lost in the jitter. */
  readonly drift?: Drift;
}

export type AdviceLevel = 'problem' | 'caution' | 'hint';

export interface Advice {
  /** Stays the same from version to version, for scripts. */
  readonly code: string;
  readonly level: AdviceLevel;
  /** What is so, and what to do about it. */
  readonly text: string;
}

export interface FailedAttempt {
  readonly transport: Transport;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a camera says and sends, as measured: without secrets, for people and bug reports. */
export interface ProbeReport {
  readonly startedMs: UnixMillis;
  readonly url: string;
  /** How the camera calls itself. */
  readonly server?: string;
  /** The one that worked, or the one that was tried last. */
  readonly transport: Transport;
  readonly failedAttempts: readonly FailedAttempt[];
  readonly timing: Readonly<SessionTiming>;
  readonly offered: readonly OfferedMedium[];
  /** How long pictures were looked at. */
  readonly observedMs: number;
  readonly video?: VideoFindings;
  readonly audio?: AudioFindings;
  /** Undefined when none came. */
  readonly metadata?: MetadataFindings;
  readonly delivery: readonly DeliveryFindings[];
  readonly packets: number;
  readonly packetsLost: number;
  readonly damagedUnits: number;
  /** Bytes passed over to find the framing again. */
  readonly framingBytesLost: number;
  readonly clock: ClockFindings;
  /** Ways to authenticate that the camera offers, such as `Digest MD5`. */
  readonly authentication: readonly string[];
  /** What the camera offers that is not recorded and why, and warnings of the session. */
  readonly notes: readonly string[];
  readonly advice: readonly Advice[];
  readonly dialogue: readonly TranscriptEntry[];
  /** Why the stream cannot be recorded. */
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly advice: string };
}
