/**
 * Motion JPEG from RTP, RFC 2435, and its extension for large pictures and own tables by the ONVIF Streaming Specification
 * (section "JPEG over RTP"). Each picture becomes a JPEG file of its own, with all tables, so each is a key frame.
 *
 * Tolerated on purpose: fragments of a picture whose beginning came before we did; a missing end of image, and zeros behind
 * it; a marker that is never set; quantization tables that are sent once and meant to be kept; sizes that the header
 * has no room for.
 */
import {
  formatJpegHeaders,
  type JpegHeaderFields,
  jpegMarker,
  type QuantizationTables,
} from '../media/jpeg_headers.ts';
import { computedQuantizationTables } from '../media/jpeg_tables.ts';
import { jpegTrack } from '../media/jpeg_track.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import { type ChunkPool, SampleArena } from '../media/sample_arena.ts';
import type { JpegTrack } from '../media/track.ts';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import type { Depacketizer, PayloadFormat } from './depacketizer.ts';
import { continuesOwnSegments, readOwnSegments } from './jpeg_own_segments.ts';
import {
  continuedDataStart,
  type JpegPayloadHeader,
  jpegHeaderBytes,
  readJpegPayloadHeader,
} from './jpeg_payload.ts';
import { jpegPictureSize, type PictureSize } from './jpeg_picture_size.ts';
import type { RtpPacket } from './packet.ts';

export interface JpegDepacketizerOptions {
  readonly format: Pick<PayloadFormat, 'clockRate' | 'pictureSize'>;
  readonly pool: ChunkPool;
  /** A longer picture is dropped. */
  readonly maxPictureBytes?: number;
}

const defaultMaxPictureBytes = 16 * 1024 * 1024;
/** Tables of this Q hold for their own picture alone (section 3.1.8). */
const tablesOfOnePicture = 255;

export class JpegDepacketizer implements Depacketizer {
  readonly #options: JpegDepacketizerOptions;
  readonly #maxPictureBytes: number;
  readonly #arena: SampleArena;
  readonly #ready: MediaUnit[] = [];
  /** By Q. */
  readonly #tables = new Map<number, QuantizationTables>();
  #headers: { readonly fields: JpegHeaderFields; readonly bytes: Uint8Array } | undefined;
  #track: JpegTrack | undefined;
  #markerSeen = false;

  // The picture being put together in the arena.
  #open = false;
  #timestamp = rtpTimestamp(0);
  #arrivalMs = unixMillis(0);
  #packetArrivalMs = unixMillis(0);
  #headerBytes = 0;
  /** Its fragments are taken as they come, whatever their offsets say. */
  #hasOwnSegments = false;
  /** Why fragments without a beginning come is known or reported already. */
  #strayExpected = true;

  constructor(options: JpegDepacketizerOptions) {
    this.#options = options;
    this.#maxPictureBytes = options.maxPictureBytes ?? defaultMaxPictureBytes;
    this.#arena = new SampleArena(options.pool, this.#maxPictureBytes);
  }

  get track(): JpegTrack | undefined {
    return this.#track;
  }

  next(): MediaUnit | undefined {
    return this.#ready.shift();
  }

  push(packet: RtpPacket, lostBefore: number): void {
    this.#packetArrivalMs = packet.arrivalMs;
    if (lostBefore > 0)
      this.#drop(lostBefore === 1 ? 'a packet was lost' : `${lostBefore} packets were lost`);
    if (packet.payloadStart >= packet.payloadEnd) return;
    if (this.#open && packet.timestamp !== this.#timestamp) this.#endWithoutMarker();
    const { bytes, payloadStart: start, payloadEnd: end } = packet;
    if (end - start < jpegHeaderBytes) this.#drop('a packet is shorter than its headers');
    else if (readU24(bytes, start + 1) === 0) this.#begin(packet);
    else this.#continue(packet);
    if (!packet.marker) return;
    this.#markerSeen = true;
    if (this.#open) this.#end();
    this.#strayExpected = false;
  }

  /** What ends without a marker is whole if its data says so. */
  flush(): void {
    if (this.#open && this.#endOfImage() !== undefined) this.#end();
    else if (this.#open) this.#drop('the session ended before the end of a picture');
    this.#strayExpected = true;
  }

  close(): void {
    for (const unit of this.#ready) if (unit.kind !== 'damage') this.#options.pool.release(unit.bytes);
    this.#ready.length = 0;
    this.#arena.close();
  }

  #begin(packet: RtpPacket): void {
    if (this.#open) this.#endWithoutMarker();
    const { bytes, payloadStart, payloadEnd } = packet;
    const header = readJpegPayloadHeader(bytes, payloadStart, payloadEnd);
    if (typeof header === 'string') return this.#drop(header);
    const own = readOwnSegments(packet);
    if (typeof own === 'string') return this.#drop(own);
    const quantization = this.#quantization(header, bytes);
    if (!quantization && !own?.hasTables) return this.#drop(whyNoTables(header));
    const size = own?.size ?? jpegPictureSize(header.width, header.height, this.#options.format.pictureSize);
    if (!size) return this.#drop('the camera does not tell the size of a picture');
    const { subsampling, restartInterval } = header;
    const fields = { ...size, subsampling, restartInterval, quantization, ...(own && { own }) };
    this.#open = true;
    this.#timestamp = packet.timestamp;
    this.#arrivalMs = packet.arrivalMs;
    this.#hasOwnSegments = own !== undefined;
    this.#noteSize(size);
    const headers = this.#headersOf(fields);
    this.#headerBytes = headers.length;
    if (this.#append(headers, 0, headers.length)) this.#append(bytes, header.dataStart, payloadEnd);
  }

  #continue(packet: RtpPacket): void {
    const { bytes, payloadStart, payloadEnd } = packet;
    if (!this.#open) {
      if (!this.#strayExpected) this.#drop('a fragment came without the beginning of its picture');
      return;
    }
    if (continuesOwnSegments(packet)) return this.#drop('the headers of a picture come in several packets');
    const offset = readU24(bytes, payloadStart + 1);
    if (offset !== this.#arena.length - this.#headerBytes && !this.#hasOwnSegments) {
      return this.#drop('a fragment does not continue the one before');
    }
    this.#append(bytes, Math.min(continuedDataStart(bytes, payloadStart), payloadEnd), payloadEnd);
  }

  #append(bytes: Uint8Array, start: number, end: number): boolean {
    const room = this.#maxPictureBytes - this.#arena.length - 2;
    if (end - start <= room) this.#arena.append(bytes, start, end);
    else this.#drop(`a picture is longer than ${this.#maxPictureBytes} bytes`);
    return end - start <= room;
  }

  /** Undefined when neither this picture nor an earlier one brings them. */
  #quantization(header: JpegPayloadHeader, bytes: Uint8Array): QuantizationTables | undefined {
    const { q, precision, tablesStart, tablesEnd } = header;
    const known = this.#tables.get(q);
    if (q >= 1 && q <= 99) {
      const tables = known ?? { bytes: computedQuantizationTables(q), precision: 0 };
      this.#tables.set(q, tables);
      return tables;
    }
    if (tablesStart === tablesEnd) return q === tablesOfOnePicture ? undefined : known;
    const sent = bytes.subarray(tablesStart, tablesEnd);
    const isKnown = known?.precision === precision && Buffer.compare(known.bytes, sent) === 0;
    const tables = isKnown ? known : { bytes: Uint8Array.from(sent), precision };
    this.#tables.set(q, tables);
    return tables;
  }

  /** Most pictures have the headers of the one before. */
  #headersOf(fields: JpegHeaderFields): Uint8Array {
    const last = this.#headers?.fields;
    const isSame =
      last?.width === fields.width &&
      last.height === fields.height &&
      last.subsampling === fields.subsampling &&
      last.restartInterval === fields.restartInterval &&
      last.quantization === fields.quantization &&
      !last.own &&
      !fields.own;
    if (!isSame) this.#headers = { fields, bytes: formatJpegHeaders(fields) };
    return this.#headers!.bytes;
  }

  #noteSize({ width, height }: PictureSize): void {
    if (this.#track?.width === width && this.#track.height === height) return;
    this.#track = jpegTrack({ timescale: this.#options.format.clockRate, width, height });
  }

  /** Where the end of image ends, zeros behind it apart; undefined when there is none. */
  #endOfImage(): number | undefined {
    const arena = this.#arena;
    let end = arena.length;
    while (end > this.#headerBytes && arena.byteAt(end - 1) === 0) end--;
    const isMarker = arena.byteAt(end - 2) === 0xff && arena.byteAt(end - 1) === jpegMarker.endOfImage;
    return isMarker && end - 2 >= this.#headerBytes ? end : undefined;
  }

  #endWithoutMarker(): void {
    if (this.#markerSeen && this.#endOfImage() === undefined) this.#drop('the end of a picture did not come');
    else this.#end();
  }

  #end(): void {
    const arena = this.#arena;
    if (arena.length === this.#headerBytes) return this.#drop('a picture is empty');
    const endOfImage = this.#endOfImage();
    if (endOfImage !== undefined) arena.truncate(endOfImage);
    else for (const byte of [0xff, jpegMarker.endOfImage]) arena.appendU8(byte);
    this.#open = false;
    this.#ready.push({
      kind: 'accessUnit',
      bytes: arena.finish(),
      rtpTimestamp: this.#timestamp,
      keyFrame: true,
      arrivalMs: this.#arrivalMs,
      track: this.#track!,
    });
  }

  /** Reports why, and forgets the picture being put together, if there is one, and all that is still to come of it. */
  #drop(reason: string): void {
    this.#ready.push({ kind: 'damage', media: 'video', reason, arrivalMs: this.#packetArrivalMs });
    this.#arena.discard();
    this.#open = false;
    this.#strayExpected = true;
  }
}

const whyNoTables = ({ q }: JpegPayloadHeader): string =>
  q >= 128 ? 'the quantization tables of a picture did not come yet' : `a picture has the reserved Q ${q}`;

function readU24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}
