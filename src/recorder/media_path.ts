import type { MediaUnit } from '../media/media_unit.ts';
import type { Depacketizer } from '../rtp/depacketizer.ts';
import type { RtpReceiver } from '../rtp/receiver.ts';
import type { RtspMedia } from '../rtsp/client.ts';
import type { UnixMillis } from '../units/time.ts';

/** The way of one media of a session from its packets to whole units. */
export class MediaPath {
  readonly media: RtspMedia;
  readonly kind: 'video' | 'audio';
  readonly receiver: RtpReceiver;
  readonly depacketizer: Depacketizer;
  readonly #onUnit: (unit: MediaUnit) => void;

  constructor(options: {
    media: RtspMedia;
    kind: 'video' | 'audio';
    receiver: RtpReceiver;
    depacketizer: Depacketizer;
    onUnit: (unit: MediaUnit) => void;
  }) {
    this.media = options.media;
    this.kind = options.kind;
    this.receiver = options.receiver;
    this.depacketizer = options.depacketizer;
    this.#onUnit = options.onUnit;
  }

  /** Takes one RTP packet. The bytes may be reused after the call. */
  packet(bytes: Uint8Array, start: number, end: number, arrivalMs: UnixMillis): void {
    const accepted = this.receiver.accept(bytes, start, end, arrivalMs);
    if (!accepted) return;
    this.depacketizer.push(accepted.packet, accepted.lostBefore);
    this.#drain();
  }

  /** Hands on what is still being put together, and frees the rest: the session is over. */
  close(): void {
    this.depacketizer.flush();
    this.#drain();
    this.depacketizer.close();
  }

  #drain(): void {
    for (let unit = this.depacketizer.next(); unit; unit = this.depacketizer.next()) this.#onUnit(unit);
  }
}
