/**
 * When the pictures of a live stream were taken in: `prft` boxes (ISO/IEC 14496-12 section 8.16.5) pair the server's clock
 * with a media time, `mdhd` says how that is counted. What is not understood is left out: a picture without an age is
 * better than none.
 */

export interface ReferenceTime {
  readonly trackId: number;
  /** In the time scale of the track. */
  readonly mediaTime: number;
  /** By the server's clock, in epoch milliseconds. */
  readonly wallMs: number;
}

/** Seconds from the epoch of NTP, 1900, to that of Unix. */
const ntpEpochSeconds = 2_208_988_800;

/** Boxes that hold boxes on the way to what is read here. */
const containers = new Set(['moov', 'trak', 'mdia']);

interface Box {
  type: string;
  body: DataView;
}

/** The boxes at the begin of some bytes, and those in them, in order. Ends at the first that is not whole. */
function* boxesIn(view: DataView): Generator<Box> {
  let at = 0;
  while (at + 8 <= view.byteLength) {
    const size = view.getUint32(at);
    const type = String.fromCharCode(...[4, 5, 6, 7].map((offset) => view.getUint8(at + offset)));
    // Sizes of 0 and 1, to the end and of 64 bits, are for media data only.
    if (size < 8 || at + size > view.byteLength) return;
    const body = new DataView(view.buffer, view.byteOffset + at + 8, size - 8);
    yield { type, body };
    if (containers.has(type)) yield* boxesIn(body);
    at += size;
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Ticks per second of each track that an initialisation segment describes. */
export function timeScalesOf(initSegment: Uint8Array): ReadonlyMap<number, number> {
  const scales = new Map<number, number>();
  let trackId: number | undefined;
  for (const { type, body } of boxesIn(viewOf(initSegment))) {
    if (type !== 'tkhd' && type !== 'mdhd') continue;
    // Two times of 4 or 8 bytes precede the number.
    const at = body.byteLength > 0 && body.getUint8(0) === 1 ? 20 : 12;
    if (body.byteLength < at + 4) continue;
    const number = body.getUint32(at);
    if (type === 'tkhd') trackId = number;
    else if (trackId !== undefined && number > 0) scales.set(trackId, number);
  }
  return scales;
}

/** What the `prft` of a fragment says; undefined without one. */
export function referenceTimeOf(fragment: Uint8Array): ReferenceTime | undefined {
  for (const { type, body } of boxesIn(viewOf(fragment))) {
    if (type !== 'prft') continue;
    const long = body.byteLength > 0 && body.getUint8(0) === 1;
    if (body.byteLength < (long ? 24 : 20)) return undefined;
    const seconds = body.getUint32(8) - ntpEpochSeconds;
    const wallMs = (seconds + body.getUint32(12) / 2 ** 32) * 1000;
    const mediaTime = long ? Number(body.getBigUint64(16)) : body.getUint32(16);
    return { trackId: body.getUint32(4), mediaTime, wallMs };
  }
  return undefined;
}
