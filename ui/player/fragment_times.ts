/**
 * When each picture of a piece of fragmented MP4 is shown, ISO/IEC 14496-12 sections 8.8 and 8.16: what a player must
 * know to say which instant a picture is of. Reads no media data; bytes that do not fit together are a RangeError.
 */

/** Of one request to the server; a group of pictures has far fewer. */
const maxPictures = 20_000;

export interface VideoTrack {
  readonly trackId: number;
  /** Ticks per second. */
  readonly timescale: number;
}

export interface InitFacts {
  readonly video: VideoTrack;
  /** Codec strings of RFC 6381, video first. */
  readonly codecs: readonly string[];
}

export interface PictureTimes {
  /** Presentation times in ticks of the track, ascending. */
  readonly ticks: readonly number[];
  /** Of the first picture in decode order, which the times of a playlist speak of. */
  readonly anchorTicks: number;
  /** End of the last picture. */
  readonly endTicks: number;
  /** The first one in decode order can be decoded by itself. */
  readonly startsWithKeyFrame: boolean;
}

interface Box {
  readonly type: string;
  /** Of what follows the header. */
  readonly start: number;
  readonly end: number;
}

/** @throws RangeError when it is not an initialisation segment with a video track */
export function readInit(bytes: Uint8Array): InitFacts {
  const view = viewOf(bytes);
  const tracks = boxes(view, 0, view.byteLength)
    .filter(({ type }) => type === 'moov')
    .flatMap((moov) => children(view, moov, 'trak'))
    .map((trak) => readTrack(view, trak));
  const video = tracks.find(({ kind }) => kind === 'vide');
  if (!video) throw new RangeError('The initialisation segment has no video track.');
  const codecs = [video, ...tracks.filter(({ kind }) => kind === 'soun')].map(({ codec }) => codec);
  return { video: { trackId: video.trackId, timescale: video.timescale }, codecs };
}

/** The pictures of all fragments in `bytes`. @throws RangeError when there are none */
export function readPictureTimes(bytes: Uint8Array, { trackId }: VideoTrack): PictureTimes {
  const view = viewOf(bytes);
  const ticks: number[] = [];
  let endTicks = 0;
  let startsWithKeyFrame: boolean | undefined;
  for (const moof of boxes(view, 0, view.byteLength).filter(({ type }) => type === 'moof')) {
    for (const traf of children(view, moof, 'traf')) {
      const header = readTrackFragmentHeader(view, child(view, traf, 'tfhd'));
      if (header.trackId !== trackId) continue;
      let decodeTicks = readDecodeTime(view, child(view, traf, 'tfdt'));
      for (const trun of children(view, traf, 'trun')) {
        for (const sample of readRun(view, trun, header)) {
          startsWithKeyFrame ??= (sample.flags & nonSyncFlag) === 0;
          ticks.push(decodeTicks + sample.compositionOffset);
          endTicks = Math.max(endTicks, decodeTicks + sample.compositionOffset + sample.duration);
          decodeTicks += sample.duration;
          if (ticks.length > maxPictures) throw new RangeError('A piece of media has too many pictures.');
        }
      }
    }
  }
  if (ticks.length === 0) throw new RangeError('A piece of media has no pictures.');
  const anchorTicks = ticks[0]!;
  ticks.sort((a, b) => a - b);
  return { ticks, anchorTicks, endTicks, startsWithKeyFrame: startsWithKeyFrame ?? false };
}

/** sample_is_non_sync_sample of section 8.8.3.1. */
const nonSyncFlag = 0x10000;

interface SampleDefaults {
  readonly trackId: number;
  readonly duration: number;
  readonly flags: number;
}

function readTrackFragmentHeader(view: DataView, { start }: Box): SampleDefaults {
  const flags = view.getUint32(start) & 0xffffff;
  const trackId = view.getUint32(start + 4);
  let at = start + 8;
  if (flags & 0x1) at += 8;
  if (flags & 0x2) at += 4;
  let duration = 0;
  if (flags & 0x8) {
    duration = view.getUint32(at);
    at += 4;
  }
  if (flags & 0x10) at += 4;
  return { trackId, duration, flags: flags & 0x20 ? view.getUint32(at) : 0 };
}

function readDecodeTime(view: DataView, { start }: Box): number {
  return view.getUint8(start) === 1 ? Number(view.getBigUint64(start + 4)) : view.getUint32(start + 4);
}

function* readRun(
  view: DataView,
  { start }: Box,
  defaults: SampleDefaults,
): Generator<{ duration: number; flags: number; compositionOffset: number }> {
  const version = view.getUint8(start);
  const flags = view.getUint32(start) & 0xffffff;
  const count = view.getUint32(start + 4);
  let at = start + 8;
  const next = () => {
    at += 4;
    return at - 4;
  };
  if (flags & 0x1) next();
  const firstFlags = flags & 0x4 ? view.getUint32(next()) : undefined;
  for (let index = 0; index < count; index++) {
    const duration = flags & 0x100 ? view.getUint32(next()) : defaults.duration;
    if (flags & 0x200) next();
    const own = flags & 0x400 ? view.getUint32(next()) : defaults.flags;
    const offsetAt = flags & 0x800 ? next() : undefined;
    const compositionOffset =
      offsetAt === undefined ? 0 : version === 0 ? view.getUint32(offsetAt) : view.getInt32(offsetAt);
    yield { duration, flags: index === 0 ? (firstFlags ?? own) : own, compositionOffset };
    if (index >= maxPictures) throw new RangeError('A piece of media has too many pictures.');
  }
}

interface Track extends VideoTrack {
  readonly kind: string;
  readonly codec: string;
}

function readTrack(view: DataView, trak: Box): Track {
  const header = child(view, trak, 'tkhd');
  const trackId = view.getUint32(header.start + (view.getUint8(header.start) === 1 ? 20 : 12));
  const media = child(view, trak, 'mdia');
  const mediaHeader = child(view, media, 'mdhd');
  const timescale = view.getUint32(mediaHeader.start + (view.getUint8(mediaHeader.start) === 1 ? 20 : 12));
  if (timescale === 0) throw new RangeError('A track has no time scale.');
  const kind = fourCharacters(view, child(view, media, 'hdlr').start + 8);
  const descriptions = child(view, child(view, child(view, media, 'minf'), 'stbl'), 'stsd');
  const [entry] = boxes(view, descriptions.start + 8, descriptions.end);
  if (!entry) throw new RangeError('A track has no sample entry.');
  return { kind, trackId, timescale, codec: codecString(view, entry) };
}

/** The codec as RFC 6381 and ISO/IEC 14496-15 Annex E write it. */
function codecString(view: DataView, entry: Box): string {
  const { type } = entry;
  if (type === 'avc1' || type === 'avc3') {
    const { start } = nested(view, entry, 78, 'avcC');
    return `${type}.${[1, 2, 3].map((index) => hex(view.getUint8(start + index), 2)).join('')}`;
  }
  if (type === 'hvc1' || type === 'hev1')
    return hevcString(view, type, nested(view, entry, 78, 'hvcC').start);
  if (type === 'mp4a') return `mp4a.40.${audioObjectType(view, nested(view, entry, 28, 'esds'))}`;
  return { Opus: 'opus', fLaC: 'flac' }[type] ?? type;
}

function hevcString(view: DataView, type: string, start: number): string {
  const first = view.getUint8(start + 1);
  const space = ['', 'A', 'B', 'C'][first >> 6];
  let compatibility = 0;
  const flags = view.getUint32(start + 2);
  for (let bit = 0; bit < 32; bit++) compatibility |= ((flags >>> bit) & 1) << (31 - bit);
  const constraints = Array.from({ length: 6 }, (_, index) => view.getUint8(start + 6 + index));
  while (constraints.at(-1) === 0) constraints.pop();
  const level = `${first & 0x20 ? 'H' : 'L'}${view.getUint8(start + 12)}`;
  return [
    type,
    `${space}${first & 0x1f}`,
    hex(compatibility >>> 0, 1),
    level,
    ...constraints.map((byte) => hex(byte, 1)),
  ]
    .join('.')
    .toUpperCase()
    .replace(type.toUpperCase(), type);
}

/** The first five bits of the decoder's configuration, which is the descriptor of tag 5. */
function audioObjectType(view: DataView, { start, end }: Box): number {
  let at = start + 4;
  while (at < end) {
    const tag = view.getUint8(at++);
    let length = 0;
    let byte: number;
    do {
      byte = view.getUint8(at++);
      length = length * 128 + (byte & 0x7f);
    } while (byte & 0x80);
    if (tag === 5) return view.getUint8(at) >> 3;
    // The descriptors of the stream (3) and the decoder (4) hold others after their own fields.
    if (tag === 3) at += 3;
    else if (tag === 4) at += 13;
    else at += length;
  }
  throw new RangeError('A sound track does not say how it is decoded.');
}

/** A box within a sample entry, after the entry's own `skip` bytes. */
function nested(view: DataView, entry: Box, skip: number, type: string): Box {
  return found(
    boxes(view, entry.start + skip, entry.end).find((box) => box.type === type),
    type,
  );
}

function child(view: DataView, parent: Box, type: string): Box {
  return found(children(view, parent, type)[0], type);
}

function found(box: Box | undefined, type: string): Box {
  if (!box) throw new RangeError(`The media have no box ${type}.`);
  return box;
}

function children(view: DataView, { start, end }: Box, type: string): Box[] {
  return boxes(view, start, end).filter((box) => box.type === type);
}

function boxes(view: DataView, from: number, to: number): Box[] {
  const found: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    const small = view.getUint32(at);
    const headerBytes = small === 1 ? 16 : 8;
    const size = small === 1 ? Number(view.getBigUint64(at + 8)) : small === 0 ? to - at : small;
    if (size < headerBytes || at + size > to)
      throw new RangeError('The boxes of a piece of media do not fit.');
    found.push({ type: fourCharacters(view, at + 4), start: at + headerBytes, end: at + size });
    at += size;
  }
  return found;
}

function fourCharacters(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(at + index)));
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
