/**
 * When footage was recorded that a camera or recorder replays from its archive.
 *
 * The instant stands in a header extension of each picture (ONVIF Streaming Specification section 6.3, 0xABAC):
 *
 *    0                   1                   2                   3
 *   +-------------------------------+-------------------------------+
 *   |            0xABAC             |           length = 3          |
 *   +-------------------------------+-------------------------------+
 *   |                      NTP time stamp, 64 bits                  |
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |C|E|D|T|  mbz  |     CSeq      |            padding            |
 *   +---------------------------------------------------------------+
 *
 * Without it, footage begins with what the reply to PLAY says, or else with what was asked for, and time passes as the RTP
 * time stamps do. So it does at another scale than 1, too: what is recorded then is the fast forward itself, from the instant
 * on that it begins with. Footage of no known time is taken to begin when its first packet comes.
 */
import type { RtspMedia } from '../rtsp/client.ts';
import type { PlaybackAnswer, PlaybackWish } from '../rtsp/session_state.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';

const replayExtensions: readonly number[] = [0xabac, 0xabad];
/** From 1900 to 1970. */
const ntpEpochSeconds = 2_208_988_800;

/** A packet whose instant is known; those of its medium that follow are placed by it. */
interface Reference {
  readonly rtpTimestamp: number;
  readonly atMs: number;
}

export class ReplayTime {
  readonly #wish: PlaybackWish;
  readonly #references = new Map<RtspMedia, Reference>();
  #firstMs: number | undefined;
  #isTimed = false;

  constructor(wish: PlaybackWish) {
    this.#wish = wish;
  }

  /** Whether packets said when they were recorded, and it was not behind what is wanted. */
  get isTimed(): boolean {
    return this.#isTimed;
  }

  /**
   * The instant that a packet was recorded at.
   *
   * @param answer to PLAY, as far as it is known
   * @param nowMs of its arrival
   */
  of(
    media: RtspMedia,
    packet: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
    answer: PlaybackAnswer,
    nowMs: UnixMillis,
  ): UnixMillis {
    const { bytes, start, end } = packet;
    const known = this.#references.get(media);
    if (end - start < 12) return known ? unixMillis(Math.round(known.atMs)) : nowMs;
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
    const rtpTimestamp = view.getUint32(4);
    const isScaled = known !== undefined && (answer.scale ?? 1) !== 1;
    const saidMs = isScaled ? undefined : extensionMs(view);
    if (saidMs !== undefined) this.#isTimed ||= this.#isWanted(saidMs);
    const atMs =
      saidMs ??
      (known
        ? known.atMs + (((rtpTimestamp - known.rtpTimestamp) | 0) / media.format.clockRate) * 1000
        : this.#beginning(answer, nowMs));
    this.#references.set(media, { rtpTimestamp, atMs });
    return unixMillis(Math.round(atMs));
  }

  /** Some cameras put the time into live pictures, too. */
  #isWanted(atMs: number): boolean {
    const { range } = this.#wish;
    return range.unit !== 'clock' || range.end === undefined || atMs <= range.end;
  }

  #beginning(answer: PlaybackAnswer, nowMs: UnixMillis): number {
    const { range } = this.#wish;
    if (answer.range?.unit === 'clock') return answer.range.start;
    if (range.unit === 'clock') return range.start;
    this.#firstMs ??= nowMs;
    return this.#firstMs;
  }
}

/** Undefined without the extension. */
function extensionMs(view: DataView): number | undefined {
  if ((view.getUint8(0) & 0x10) === 0) return undefined;
  const at = 12 + 4 * (view.getUint8(0) & 0x0f);
  if (view.byteLength < at + 16 || !replayExtensions.includes(view.getUint16(at))) return undefined;
  if (view.getUint16(at + 2) < 3) return undefined;
  const seconds = view.getUint32(at + 4);
  // RFC 4330 section 3: numbers without the highest bit are of the years from 2036 on.
  const era = seconds < 2 ** 31 ? 2 ** 32 : 0;
  return (seconds + era - ntpEpochSeconds + view.getUint32(at + 8) / 2 ** 32) * 1000;
}
