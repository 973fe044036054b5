import type { PlaybackWish } from '../rtsp/session_state.ts';
import type { TransportSetting } from './transport_choice.ts';

/** All that a recorder worker must know to record one stream. */
export interface StreamJob {
  readonly installationId: string;
  readonly cameraId: string;
  readonly cameraName: string;
  readonly streamId: string;
  readonly role: 'main' | 'sub';
  /** Without credentials. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** SHA-256 of the only certificate of the camera to trust. */
  readonly tlsFingerprint?: string;
  readonly transport: TransportSetting;
  /** Footage from the camera's archive, in place of what it sees now. */
  readonly playback?: PlaybackWish;
  /** False: it is only watched, and nothing is written. */
  readonly record: boolean;
  /** Media time after which a segment turns. */
  readonly segmentMs: number;
  /** The storage root that its files go to. */
  readonly rootId: string;
}

/**
 * What `camera.json` says beside the footage, so that the folder explains itself, and an index can be made anew from it; no
 * secrets. What may be missing was not written in earlier versions.
 */
export interface CameraLabel {
  readonly installationId: string;
  readonly id: string;
  readonly name: string;
  readonly createdMs?: number;
  /** What retention does with its footage, where that is its own. */
  readonly maxAgeDays?: number | undefined;
  readonly eventMaxAgeDays?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly minAgeHours?: number | undefined;
  /** Name of its storage root. */
  readonly storageRoot?: string | undefined;
  readonly streams: readonly {
    readonly id: string;
    readonly role: 'main' | 'sub';
    readonly createdMs?: number;
    readonly record?: boolean;
  }[];
}
