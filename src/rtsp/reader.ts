/**
 * Takes an RTSP connection apart: messages (RFC 2326 section 4) and interleaved frames (section 10.12), in place.
 *
 *   0                   1                   2                   3
 *   +---------------+---------------+-------------------------------+
 *   |   '$' (0x24)  |    channel    |   length of what follows      |
 *   +---------------+---------------+-------------------------------+
 *
 * Tolerated on purpose: line ends before a frame or a message; frames on unknown channels or with unknown content
 * when another frame or message follows them; corrupt framing (cameras under TCP back-pressure drop the middle of a
 * packet): the reader then looks for the next believable frame or message and counts what it passed over.
 *
 * What comes out does not depend on how the input was cut into pieces.
 */
import { NightjarError } from '../errors/nightjar_error.ts';
import {
  contentLength,
  noBody,
  parseHead,
  parseStartLine,
  type RtspRequest,
  type RtspResponse,
} from './message.ts';

/** Start line and header fields of one message, in bytes. */
export const maximumHeadBytes = 64 * 1024;
/** Body of one message, in bytes. */
export const maximumBodyBytes = 1024 * 1024;
/** Bytes passed over in one search for the next believable frame, before the connection is given up. */
export const maximumLostBytes = 1024 * 1024;

/** How much more is carried over at once when it is not known how much is needed. */
const carryStep = 2048;
/** A carry buffer larger than this is not kept for the next packet. */
const keptCarryBytes = 128 * 1024;
const frameHeaderBytes = 4;
const longestMethod = 32;
const dollar = 0x24;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;

export interface RtspReaderHandler {
  /** A frame without its header; the bytes are good until this returns. */
  onInterleaved(channel: number, bytes: Uint8Array, start: number, end: number): void;
  onRequest(request: RtspRequest): void;
  onResponse(response: RtspResponse): void;
  /** The framing was lost and has been found again; `count` bytes were passed over. */
  onLostBytes(count: number): void;
}

type Verdict = 'yes' | 'no' | 'more';

const knownStarts = [
  'RTSP/',
  'OPTIONS ',
  'DESCRIBE ',
  'ANNOUNCE ',
  'SETUP ',
  'PLAY ',
  'PAUSE ',
  'TEARDOWN ',
  'GET_PARAMETER ',
  'SET_PARAMETER ',
  'REDIRECT ',
  'RECORD ',
].map((start) => Uint8Array.from(start, (character) => character.charCodeAt(0)));

export class RtspReader {
  readonly #handler: RtspReaderHandler;
  /** By channel: the payload types expected there, as flags; a channel of RTCP has none set; undefined: unknown. */
  readonly #channels: (Uint8Array | undefined)[] = new Array(256).fill(undefined);
  /** The beginning of what is not whole yet. */
  #carry: Uint8Array = noBody;
  #carried = 0;
  /** How many bytes, from the first one carried, are needed to go on. */
  #needed = 0;
  #neededExactly = false;
  /** How many bytes of a head that is not whole yet are known not to end it. */
  #headScanned = 0;
  #searching = false;
  #lost = 0;
  #everUnderstood = false;

  constructor(handler: RtspReaderHandler) {
    this.#handler = handler;
  }

  /** Makes RTP packets of these payload types (0 to 127) believable on a channel (0 to 255). */
  expectRtp(channel: number, payloadTypes: Iterable<number>): void {
    const flags = new Uint8Array(128);
    for (const payloadType of payloadTypes) flags[payloadType] = 1;
    this.#channels[channel] = flags;
  }

  /** Makes RTCP packets believable on a channel (0 to 255). */
  expectRtcp(channel: number): void {
    this.#channels[channel] = new Uint8Array(128);
  }

  /** How many bytes wait for the rest of their frame or message; not 0 at the end: cut in the middle. */
  get pendingBytes(): number {
    return this.#carried;
  }

  /**
   * Takes the next bytes of the connection and calls the handler for what is whole. The bytes may be overwritten
   * afterwards.
   *
   * @throws NightjarError `rtsp_malformed` when the connection does not begin with RTSP, `rtsp_limit` when a message is
   *   too long, `rtsp_desynchronised` when the framing stays lost. The reader must not be used any more after that.
   */
  push(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (this.#carried > 0 && at < end) {
      const wanted = this.#needed - this.#carried;
      const taken = Math.min(this.#neededExactly ? wanted : Math.max(wanted, carryStep), end - at);
      this.#append(bytes, at, at + taken);
      at += taken;
      if (this.#carried < this.#needed) return;
      const left = this.#carried - this.#parse(this.#carry, 0, this.#carried);
      if (left <= taken) {
        // What is left is still among the new bytes, where it is parsed in place.
        this.#carried = 0;
        at -= left;
        if (this.#carry.length > keptCarryBytes) this.#carry = noBody;
      } else {
        this.#carry.copyWithin(0, this.#carried - left, this.#carried);
        this.#carried = left;
      }
    }
    if (at === end) return;
    at = this.#parse(bytes, at, end);
    if (at < end) this.#append(bytes, at, end);
  }

  /** Handles all that is whole; returns where the first thing that is not begins. */
  #parse(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      if (this.#searching) {
        at = this.#search(bytes, at, end);
        if (this.#searching) return at;
      }
      const first = bytes[at]!;
      let next: number;
      if (first === dollar) next = this.#parseFrame(bytes, at, end);
      else if (first === carriageReturn || first === lineFeed) next = at + 1;
      else next = this.#parseMessage(bytes, at, end);
      if (next === at && !this.#searching) return at;
      at = next;
    }
    return at;
  }

  /** Returns `at` when more bytes are needed, or when the search must begin. */
  #parseFrame(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < frameHeaderBytes) return this.#needExactly(frameHeaderBytes, at);
    const frameEnd = at + frameHeaderBytes + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
    if (frameEnd > end) return this.#needExactly(frameEnd - at, at);
    if (this.#believable(bytes, at, end) !== 'yes') {
      const followed = this.#followed(bytes, frameEnd, end, false);
      if (followed === 'more') return this.#needMore(end - at, at);
      if (followed === 'no') return this.#lose(at);
    }
    this.#everUnderstood = true;
    this.#handler.onInterleaved(bytes[at + 1]!, bytes, at + frameHeaderBytes, frameEnd);
    return frameEnd;
  }

  /** Returns `at` when more bytes are needed, or when the search must begin. */
  #parseMessage(bytes: Uint8Array, at: number, end: number): number {
    const begins = beginsMessage(bytes, at, end);
    if (begins === 'no') return this.#lose(at);
    if (begins === 'more') return this.#needMore(end - at, at);
    const limit = Math.min(end, at + maximumHeadBytes);
    const lineEnd = bytes.indexOf(lineFeed, at);
    if (lineEnd >= 0 && lineEnd < limit && !parseStartLine(latin1(bytes, at, lineEnd))) {
      return this.#lose(at);
    }
    const headEnd = findHeadEnd(bytes, at + this.#headScanned, limit);
    if (headEnd < 0) {
      if (limit < end) {
        throw new NightjarError(
          'rtsp_limit',
          `The header of a message is longer than ${maximumHeadBytes} bytes.`,
        );
      }
      this.#headScanned = Math.max(0, end - at - 2);
      return this.#needMore(end - at, at);
    }
    const message = parseHead(latin1(bytes, at, headEnd))!;
    const bodyLength = contentLength(message.headers);
    if (bodyLength > maximumBodyBytes) {
      throw new NightjarError(
        'rtsp_limit',
        `A message announces a body of ${bodyLength} bytes; at most ${maximumBodyBytes} are read.`,
      );
    }
    const messageEnd = headEnd + bodyLength;
    if (messageEnd > end) return this.#needExactly(messageEnd - at, at);
    this.#headScanned = 0;
    this.#everUnderstood = true;
    const body = bodyLength === 0 ? noBody : new Uint8Array(bytes.subarray(headEnd, messageEnd));
    if (message.kind === 'request') this.#handler.onRequest({ ...message, body });
    else this.#handler.onResponse({ ...message, body });
    return messageEnd;
  }

  /** Begins the search for the next believable frame or message behind `at`. */
  #lose(at: number): number {
    if (!this.#everUnderstood) {
      // What it is instead is not said: whoever may have a stream tried would learn what listens where.
      throw new NightjarError('rtsp_malformed', 'This is not RTSP.');
    }
    this.#headScanned = 0;
    this.#searching = true;
    this.#lost = 1;
    return at + 1;
  }

  /** Passes over bytes until something believable begins, or until more bytes are needed to tell. */
  #search(bytes: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; at++) {
      const verdict = this.#resumes(bytes, at, end);
      if (verdict === 'more') return at;
      if (verdict === 'yes') {
        this.#searching = false;
        this.#handler.onLostBytes(this.#lost);
        return at;
      }
      this.#lost++;
      if (this.#lost > maximumLostBytes) {
        throw new NightjarError(
          'rtsp_desynchronised',
          `Nothing believable came in ${maximumLostBytes} bytes after the framing was lost.`,
        );
      }
    }
    return end;
  }

  /** Whether the framing may be taken up again here: harder to please than the reader is while all goes well. */
  #resumes(bytes: Uint8Array, at: number, end: number): Verdict {
    if (bytes[at] !== dollar) {
      const begins = beginsKnownMessage(bytes, at, end);
      if (begins === 'more') this.#needMore(end - at, at);
      return begins;
    }
    const believable = this.#believable(bytes, at, end);
    if (believable === 'more') this.#needMore(end - at, at);
    if (believable !== 'yes') return believable;
    const frameEnd = at + frameHeaderBytes + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
    const followed = frameEnd > end ? 'more' : this.#followed(bytes, frameEnd, end, true);
    if (followed === 'more') this.#needMore(Math.max(frameEnd, end) - at, at);
    return followed;
  }

  /**
   * Whether the frame that begins here is on a known channel and looks like what is expected there: RTP version 2 of
   * an expected payload type, or RTCP (RFC 3550 section 12.1), which some cameras send on the channel of RTP.
   */
  #believable(bytes: Uint8Array, at: number, end: number): Verdict {
    if (end - at < 2) return 'more';
    const payloadTypes = this.#channels[bytes[at + 1]!];
    if (!payloadTypes) return 'no';
    if (end - at < frameHeaderBytes) return 'more';
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (length < 4) return 'no';
    if (end - at < frameHeaderBytes + 2) return 'more';
    if (bytes[at + 4]! >> 6 !== 2) return 'no';
    const type = bytes[at + 5]!;
    if (type >= 200 && type <= 207) return 'yes';
    return payloadTypes[type & 0x7f] === 1 && length >= 12 ? 'yes' : 'no';
  }

  /**
   * Whether another frame or a message begins here, behind a frame that is in doubt.
   *
   * @param strict also the frame that follows must be believable; else any RTP-like one or any known channel will do
   */
  #followed(bytes: Uint8Array, start: number, end: number, strict: boolean): Verdict {
    let at = start;
    while (at < end && at < start + 4 && (bytes[at] === carriageReturn || bytes[at] === lineFeed)) at++;
    if (at === end) return 'more';
    if (bytes[at] !== dollar)
      return strict ? beginsKnownMessage(bytes, at, end) : beginsMessage(bytes, at, end);
    if (strict) return this.#believable(bytes, at, end);
    if (end - at < 2) return 'more';
    if (this.#channels[bytes[at + 1]!]) return 'yes';
    if (end - at < frameHeaderBytes + 1) return 'more';
    return bytes[at + 4]! >> 6 === 2 ? 'yes' : 'no';
  }

  #needExactly(count: number, at: number): number {
    this.#needed = count;
    this.#neededExactly = true;
    return at;
  }

  #needMore(than: number, at: number): number {
    this.#needed = than + 1;
    this.#neededExactly = false;
    return at;
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#carried + (end - start);
    if (needed > this.#carry.length) {
      const larger = new Uint8Array(Math.max(needed, this.#carry.length * 2, carryStep));
      larger.set(this.#carry.subarray(0, this.#carried));
      this.#carry = larger;
    }
    this.#carry.set(bytes.subarray(start, end), this.#carried);
    this.#carried = needed;
  }
}

/** Whether a message may begin here: `RTSP/`, or any word of letters and a blank. */
function beginsMessage(bytes: Uint8Array, at: number, end: number): Verdict {
  const limit = Math.min(end, at + longestMethod + 1);
  for (let index = at; index < limit; index++) {
    const byte = bytes[index]!;
    const letter = byte | 0x20;
    if ((letter >= 0x61 && letter <= 0x7a) || byte === 0x5f) continue;
    if (index === at) return 'no';
    if (byte === 0x20 || byte === 0x09) return 'yes';
    return byte === 0x2f && /^rtsp$/i.test(latin1(bytes, at, index)) ? 'yes' : 'no';
  }
  return limit === end && end - at <= longestMethod ? 'more' : 'no';
}

/** Whether one of the messages that cameras send begins here, exactly as it is written. */
function beginsKnownMessage(bytes: Uint8Array, at: number, end: number): Verdict {
  let verdict: Verdict = 'no';
  for (const start of knownStarts) {
    let index = 0;
    while (index < start.length && at + index < end && bytes[at + index] === start[index]) index++;
    if (index === start.length) return 'yes';
    if (at + index === end) verdict = 'more';
  }
  return verdict;
}

/** Where the blank line that ends a head is over; -1 when there is none. */
function findHeadEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = bytes.indexOf(lineFeed, start); at >= 0 && at < end; at = bytes.indexOf(lineFeed, at + 1)) {
    if (at + 1 < end && bytes[at + 1] === lineFeed) return at + 2;
    if (at + 2 < end && bytes[at + 1] === carriageReturn && bytes[at + 2] === lineFeed) return at + 3;
  }
  return -1;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
