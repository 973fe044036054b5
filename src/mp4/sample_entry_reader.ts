import { ByteReader } from '../bytes/reader.ts';
import { h265CodecString } from '../media/h265_track.ts';
import { soundDescriptionTypes } from './audio_sample_entry.ts';
import { walkBoxes } from './box_walker.ts';
import { malformed, readingMp4 } from './malformed.ts';

const visualEntryBytes = 78;
const audioEntryBytes = 28;

/** Types that are not the name of their codec. */
const namedTypes: ReadonlyMap<string, string> = new Map([
  ['Opus', 'opus'],
  [soundDescriptionTypes.g722, 'g722'],
  [soundDescriptionTypes.g726, 'g726'],
]);

/** RFC 6381 codec string of a sample entry; without one, a name of ours or the type as it is. */
export function codecStringOf(entry: Uint8Array): string {
  return readingMp4('A sample entry', () => {
    const [place] = walkBoxes(entry);
    if (!place) throw malformed('A sample entry is empty.');
    if (place.type === 'avc1') return avcCodecString(entry, place.body + visualEntryBytes, place.end);
    if (place.type === 'hvc1') return hevcCodecString(entry, place.body + visualEntryBytes, place.end);
    if (place.type === 'mp4a') return aacCodecString(entry, place.body + audioEntryBytes, place.end);
    return namedTypes.get(place.type) ?? place.type;
  });
}

/** What every audio sample entry (ISO/IEC 14496-12 section 12.2.3) says. @throws NightjarError `file_malformed` */
export function readAudioEntry(entry: Uint8Array): {
  readonly channels: number;
  readonly bitsPerSample: number;
} {
  return readingMp4('A sample entry', () => {
    const [place] = walkBoxes(entry);
    if (!place) throw malformed('A sample entry is empty.');
    const reader = new ByteReader(entry, place.body, place.end);
    reader.skip(16);
    return { channels: reader.u16(), bitsPerSample: reader.u16() };
  });
}

/** RFC 6381 section 3.3: profile, constraint flags and level in hex. */
function avcCodecString(entry: Uint8Array, start: number, end: number): string {
  for (const { type, body, end: bodyEnd } of walkBoxes(entry, start, end)) {
    if (type !== 'avcC') continue;
    const reader = new ByteReader(entry, body + 1, bodyEnd);
    return `avc1.${reader.u24().toString(16).padStart(6, '0')}`;
  }
  throw malformed('An avc1 sample entry has no avcC.');
}

function hevcCodecString(entry: Uint8Array, start: number, end: number): string {
  for (const { type, body, end: bodyEnd } of walkBoxes(entry, start, end)) {
    if (type !== 'hvcC') continue;
    const reader = new ByteReader(entry, body + 1, bodyEnd);
    const head = reader.u8();
    return h265CodecString({
      space: head >> 6,
      highTier: (head & 0x20) !== 0,
      profile: head & 0x1f,
      compatibility: reader.u32(),
      constraints: Array.from({ length: 6 }, () => reader.u8()),
      level: reader.u8(),
    });
  }
  throw malformed('An hvc1 sample entry has no hvcC.');
}

/** RFC 6381 section 3.3: object type of the stream, then the audio object type (ISO/IEC 14496-3 section 1.6.2.1). */
function aacCodecString(entry: Uint8Array, start: number, end: number): string {
  for (const { type, body, end: bodyEnd } of walkBoxes(entry, start, end)) {
    if (type !== 'esds') continue;
    const reader = new ByteReader(entry, body + 4, bodyEnd);
    enterDescriptor(reader, 3);
    reader.skip(3);
    enterDescriptor(reader, 4);
    const objectType = reader.u8();
    reader.skip(12);
    enterDescriptor(reader, 5);
    const head = reader.u16();
    const short = head >> 11;
    const audioObjectType = short === 31 ? 32 + ((head >> 5) & 0x3f) : short;
    return `mp4a.${objectType.toString(16)}.${audioObjectType}`;
  }
  throw malformed('An mp4a sample entry has no esds.');
}

function enterDescriptor(reader: ByteReader, tag: number): void {
  if (reader.u8() !== tag) throw malformed('The descriptors of an mp4a sample entry are out of order.');
  while (reader.u8() & 0x80);
}
