/**
 * ONVIF metadata from RTP (ONVIF Streaming Specification, section "RTP for Metadata stream"): XML documents in pieces, the
 * last one of each with the marker. The time stamp is that of the packet, so it tells no documents apart.
 *
 * Tolerated on purpose: a marker that is never set (a document also ends where the next one begins), white space and
 * zeros around a document.
 */
import type { UnixMillis } from '../units/time.ts';
import type { RtpPacket } from './packet.ts';

/** A whole document, in memory of its own. */
export interface MetadataDocument {
  /** As sent, without what stood around it; XML, in UTF-8 by the standard. */
  readonly xml: Uint8Array<ArrayBuffer>;
  /** When its first packet arrived. */
  readonly arrivalMs: UnixMillis;
}

export interface MetadataCounts {
  readonly documents: number;
  /** Of whole documents. */
  readonly bytes: number;
  /** Documents that came incomplete, or were no XML, or larger than is kept. */
  readonly lost: number;
}

/** A longer document is dropped; the standard knows no limit. */
export const maxMetadataDocumentBytes = 1024 * 1024;
/** Likewise one of more pieces, which would cost more than its bytes. */
const maxPieces = 4096;

export class MetadataAssembler {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #arrivalMs: UnixMillis | undefined;
  /** What comes up to the next end belongs to a document whose beginning is not there. */
  #skipping = true;
  readonly #counts = { documents: 0, bytes: 0, lost: 0 };

  get counts(): MetadataCounts {
    return this.#counts;
  }

  /** @returns the documents that this packet completes, or shows to be complete: two when it is one by itself */
  push(packet: RtpPacket, lostBefore: number): readonly MetadataDocument[] {
    const { bytes, payloadStart, payloadEnd, marker } = packet;
    if (lostBefore > 0) this.#lose();
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset + payloadStart, payloadEnd - payloadStart);
    const begins = beginsDocument(piece);
    const documents = begins ? this.#end() : [];
    if (begins) this.#skipping = false;
    if (!this.#skipping && piece.length > 0) this.#take(piece, packet.arrivalMs);
    if (!marker) return documents;
    // What follows a marker is a beginning, whatever it looks like.
    this.#skipping = false;
    return [...documents, ...this.#end()];
  }

  #take(piece: Buffer, arrivalMs: UnixMillis): void {
    if (this.#bytes + piece.length > maxMetadataDocumentBytes || this.#pieces.length >= maxPieces) {
      return this.#lose();
    }
    this.#arrivalMs ??= arrivalMs;
    // The packet lies in a buffer that is used again.
    this.#pieces.push(Buffer.from(piece));
    this.#bytes += piece.length;
  }

  #end(): MetadataDocument[] {
    if (this.#bytes === 0) return [];
    const xml = trimmed(Buffer.concat(this.#pieces));
    const arrivalMs = this.#arrivalMs!;
    this.#clear();
    if (xml[0] !== lessThan || xml.at(-1) !== greaterThan) {
      this.#counts.lost++;
      return [];
    }
    this.#counts.documents++;
    this.#counts.bytes += xml.length;
    return [{ xml: new Uint8Array(xml), arrivalMs }];
  }

  #lose(): void {
    if (!this.#skipping) this.#counts.lost++;
    this.#skipping = true;
    this.#clear();
  }

  #clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
    this.#arrivalMs = undefined;
  }
}

const lessThan = 0x3c;
const greaterThan = 0x3e;
const beginning = /^\s*<(\?xml|[\w-]*:?Meta[dD]ata[sS]tream)\b/;
/** An XML declaration or root element, and white space in front of it, are seen in so many bytes. */
const beginningBytes = 64;

function beginsDocument(piece: Buffer): boolean {
  return beginning.test(piece.toString('latin1', 0, Math.min(piece.length, beginningBytes)));
}

/** Without white space and zeros at both ends. */
function trimmed(bytes: Buffer): Buffer {
  let [start, end] = [0, bytes.length];
  while (start < end && bytes[start]! <= 0x20) start++;
  while (end > start && bytes[end - 1]! <= 0x20) end--;
  return bytes.subarray(start, end);
}
