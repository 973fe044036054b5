import type { RtspMessage } from './message.ts';
import type { SetupMedia } from './session_state.ts';

/** Is told of everything that goes either way, for a report on the camera. It changes nothing. */
export interface SessionObserver {
  /** A connection is about to be made, also after a redirect; the URL is without credentials. */
  onConnecting(url: string): void;
  onConnected(): void;
  /** A head of HTTP, by which a tunnel is opened: start line and fields as they stand, without the blank line. */
  onHandshake(kind: 'sent' | 'received', head: string): void;
  onSent(message: RtspMessage): void;
  onReceived(message: RtspMessage): void;
  /** As it came, and before any order is restored; the bytes are good until this returns. */
  onPacket(media: SetupMedia, channel: 'rtp' | 'rtcp', bytes: Uint8Array, start: number, end: number): void;
  /** An interleaved frame on a channel that was not set up, or not yet; good until this returns. */
  onForeignFrame(channel: number, bytes: Uint8Array, start: number, end: number): void;
  /** So many bytes were passed over to find the framing again. */
  onLostBytes(count: number): void;
  /** The other side closed the connection. */
  onClosed(): void;
  /** What the other side said that is not RTSP; good until this returns. */
  onForeignBytes(bytes: Uint8Array): void;
}
