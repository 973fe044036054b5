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
}

/** What `camera.json` says beside the footage, so that the folder explains itself; no secrets. */
export interface CameraLabel {
  readonly installationId: string;
  readonly id: string;
  readonly name: string;
  readonly streams: readonly { readonly id: string; readonly role: 'main' | 'sub' }[];
}
