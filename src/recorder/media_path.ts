import type { Clock, Timer } from '../clock/clock.ts';
import { type NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import type { Depacketizer } from '../rtp/depacketizer.ts';
import type { RtpReceiver, SenderClock } from '../rtp/receiver.ts';
import { ReorderBuffer } from '../rtp/reorder_buffer.ts';
import type { RtspMedia } from '../rtsp/client.ts';
import type { UnixMillis } from '../units/time.ts';

/** The way of one media of a session from its packets to whole units. */
export class MediaPath {
  readonly media: RtspMedia;
  readonly kind: 'video' | 'audio';
  readonly receiver: RtpReceiver;
  readonly depacketizer: Depacketizer;
  readonly #onUnit: (unit: MediaUnit) => void;
  readonly #onError: (error: NightjarError) => void;
  readonly #clock: Clock;
  /** Only for a way on which packets may overtake each other. */
  readonly #reorder: ReorderBuffer | undefined;
  #takenReport: SenderClock | undefined;
  #orderedSsrc: number | undefined;
  #releaseTimer: Timer | undefined;

  constructor(options: {
    media: RtspMedia;
    kind: 'video' | 'audio';
    receiver: RtpReceiver;
    depacketizer: Depacketizer;
    clock: Clock;
    onUnit: (unit: MediaUnit) => void;
    /** What failed while packets that had been held were handed on. */
    onError: (error: NightjarError) => void;
  }) {
    this.media = options.media;
    this.kind = options.kind;
    this.receiver = options.receiver;
    this.depacketizer = options.depacketizer;
    this.#onUnit = options.onUnit;
    this.#onError = options.onError;
    this.#clock = options.clock;
    if (options.media.transport.kind !== 'tcp') {
      this.#reorder = new ReorderBuffer((bytes, start, end, arrivalMs) => {
        this.#inOrder(bytes, start, end, arrivalMs);
      });
    }
  }

  /** Packets that came twice or too late, and were dropped before the receiver saw them. */
  get droppedEarly(): number {
    return this.#reorder?.late ?? 0;
  }

  /** Takes one RTP packet. The bytes may be reused after the call. */
  packet(bytes: Uint8Array, start: number, end: number, arrivalMs: UnixMillis): void {
    if (!this.#reorder || !this.receiver.isOfSource(bytes, start, end)) {
      return this.#inOrder(bytes, start, end, arrivalMs);
    }
    if (this.receiver.ssrc !== this.#orderedSsrc) {
      if (this.#orderedSsrc !== undefined) this.#reorder.restart();
      this.#orderedSsrc = this.receiver.ssrc;
    }
    this.#reorder.push(bytes, start, end, arrivalMs, this.#clock.monotonic());
    if (this.#reorder.dueMs !== undefined) this.#releaseTimer ??= this.#releaseLater();
  }

  /** The newest sender report, unless it was taken already. */
  takeSenderReport(): SenderClock | undefined {
    const report = this.receiver.senderClock;
    if (report === this.#takenReport) return undefined;
    this.#takenReport = report;
    return report;
  }

  #inOrder(bytes: Uint8Array, start: number, end: number, arrivalMs: UnixMillis): void {
    const accepted = this.receiver.accept(bytes, start, end, arrivalMs);
    if (!accepted) return;
    this.depacketizer.push(accepted.packet, accepted.lostBefore);
    this.#drain(accepted.lostBefore);
  }

  /** Hands on what is still being put together, and frees the rest: the session is over. */
  close(): void {
    this.#releaseTimer?.cancel();
    this.#reorder?.flush();
    this.depacketizer.flush();
    this.#drain();
    this.depacketizer.close();
  }

  #releaseLater(): Timer | undefined {
    const dueMs = this.#reorder!.dueMs;
    if (dueMs === undefined) return undefined;
    return this.#clock.after(Math.max(1, dueMs - this.#clock.monotonic()), () => {
      try {
        this.#reorder!.release(this.#clock.monotonic());
        this.#releaseTimer = this.#releaseLater();
      } catch (error) {
        this.#onError(toNightjarError(error));
      }
    });
  }

  /** @param packetsLost for the first damage among the units to tell */
  #drain(packetsLost = 0): void {
    let untold = packetsLost;
    for (let unit = this.depacketizer.next(); unit; unit = this.depacketizer.next()) {
      if (unit.kind === 'damage' && untold > 0) {
        this.#onUnit({ ...unit, packetsLost: untold });
        untold = 0;
      } else this.#onUnit(unit);
    }
  }
}
