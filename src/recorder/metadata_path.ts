import type { Clock, Timer } from '../clock/clock.ts';
import { MetadataAssembler, type MetadataDocument } from '../rtp/metadata_assembler.ts';
import { RtpReceiver, type RtpReceiverOptions } from '../rtp/receiver.ts';
import { ReorderBuffer } from '../rtp/reorder_buffer.ts';
import type { RtspMedia } from '../rtsp/client.ts';
import type { UnixMillis } from '../units/time.ts';

export interface MetadataFigures {
  readonly metadataPackets: number;
  readonly metadataDocuments: number;
  readonly metadataBytes: number;
  /** Documents that came incomplete, too large, too many at once, or were no XML. */
  readonly metadataLost: number;
}

export const noMetadata: MetadataFigures = {
  metadataPackets: 0,
  metadataDocuments: 0,
  metadataBytes: 0,
  metadataLost: 0,
};

/** Documents that are handed on in a second, and their bytes: a camera sends up to one with each picture. */
const maxDocumentsPerSecond = 120;
const maxBytesPerSecond = 4 * 1024 * 1024;

/** The way of a session's metadata from packets to whole documents. */
export class MetadataPath {
  readonly media: RtspMedia;
  readonly receiver: RtpReceiver;
  readonly #assembler = new MetadataAssembler();
  readonly #clock: Clock;
  readonly #onDocument: (document: MetadataDocument) => void;
  readonly #reorder: ReorderBuffer | undefined;
  #orderedSsrc: number | undefined;
  #releaseTimer: Timer | undefined;
  #secondBeganMs = Number.NEGATIVE_INFINITY;
  #documentsOfSecond = 0;
  #bytesOfSecond = 0;
  #heldBack = 0;

  constructor(options: {
    media: RtspMedia;
    receiver: RtpReceiverOptions;
    clock: Clock;
    /** Must not throw. */
    onDocument: (document: MetadataDocument) => void;
  }) {
    this.media = options.media;
    this.receiver = new RtpReceiver(options.receiver);
    this.#clock = options.clock;
    this.#onDocument = options.onDocument;
    if (options.media.transport.kind === 'tcp') return;
    this.#reorder = new ReorderBuffer((bytes, start, end, arrivalMs) =>
      this.#inOrder(bytes, start, end, arrivalMs),
    );
  }

  get figures(): MetadataFigures {
    const { documents, bytes, lost } = this.#assembler.counts;
    return {
      metadataPackets: this.receiver.stats.packets,
      metadataDocuments: documents,
      metadataBytes: bytes,
      metadataLost: lost + this.#heldBack,
    };
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
    this.#releaseTimer ??= this.#releaseLater();
  }

  /** What was begun is dropped: a document without its end is none. */
  close(): void {
    this.#releaseTimer?.cancel();
  }

  #inOrder(bytes: Uint8Array, start: number, end: number, arrivalMs: UnixMillis): void {
    const accepted = this.receiver.accept(bytes, start, end, arrivalMs);
    if (!accepted) return;
    for (const document of this.#assembler.push(accepted.packet, accepted.lostBefore)) {
      if (this.#isTooMuch(document)) this.#heldBack++;
      else this.#onDocument(document);
    }
  }

  #isTooMuch({ xml }: MetadataDocument): boolean {
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#secondBeganMs >= 1000) {
      this.#secondBeganMs = nowMs;
      this.#documentsOfSecond = 0;
      this.#bytesOfSecond = 0;
    }
    this.#documentsOfSecond++;
    this.#bytesOfSecond += xml.length;
    return this.#documentsOfSecond > maxDocumentsPerSecond || this.#bytesOfSecond > maxBytesPerSecond;
  }

  #releaseLater(): Timer | undefined {
    const dueMs = this.#reorder!.dueMs;
    if (dueMs === undefined) return undefined;
    return this.#clock.after(Math.max(1, dueMs - this.#clock.monotonic()), () => {
      this.#reorder!.release(this.#clock.monotonic());
      this.#releaseTimer = this.#releaseLater();
    });
  }
}
