/**
 * Sample entries of audio. `mp4a` with `esds`: ISO/IEC 14496-14 section 5.6 and 14496-1 section 7.2.6. `Opus` with
 * `dOps`: "Encapsulation of Opus in ISO Base Media File Format" section 4.3. `fLaC` with `dfLa`: "Encapsulation of FLAC in
 * ISO Base Media File Format" section 3.3; no file has it, but players get it. The others are QuickTime sound
 * descriptions, which readers know also in MP4 files: `ulaw`, `alaw`, `twos` (16 bits, most significant byte first), and
 * `ms` with the format number of a WAV file for G.722 and G.726, which have no tag of their own.
 */
import { ByteWriter } from '../bytes/writer.ts';
import type { AacTrack, AudioTrack, OpusTrack } from '../media/track.ts';
import { box, fullBox } from './box.ts';

/** Types of the entries that are nothing but a sound description. */
export const soundDescriptionTypes = {
  pcmu: 'ulaw',
  pcma: 'alaw',
  l16: 'twos',
  g722: 'ms\u0002\u008f',
  g726: 'ms\u0000\u0045',
} as const;

export function writeAudioSampleEntry(writer: ByteWriter, track: AudioTrack): void {
  if (track.codec === 'aac') mp4a(writer, track);
  else if (track.codec === 'opus') opus(writer, track);
  else audioSampleEntry(writer, soundDescriptionTypes[track.codec], sizedSound(track));
}

/**
 * The entry of sound that is given as FLAC.
 *
 * @param streamInfo the body of its STREAMINFO, of 34 bytes
 */
export function flacSampleEntry(
  { channels, sampleRate }: { readonly channels: number; readonly sampleRate: number },
  streamInfo: Uint8Array,
): Uint8Array {
  const writer = new ByteWriter(128);
  audioSampleEntry(writer, 'fLaC', { channels, sampleRate, bitsPerSample: 16 }, () =>
    fullBox(writer, 'dfLa', 0, 0, () => {
      // The last block, and of type STREAMINFO.
      writer.u8(0x80);
      writer.u24(streamInfo.length);
      writer.append(streamInfo);
    }),
  );
  return writer.bytes();
}

function mp4a(writer: ByteWriter, track: AacTrack): void {
  audioSampleEntry(writer, 'mp4a', sizedSound(track), () => esds(writer, track.config));
}

function opus(writer: ByteWriter, track: OpusTrack): void {
  audioSampleEntry(writer, 'Opus', sizedSound(track), () => dOps(writer, track));
}

interface SizedSound {
  readonly channels: number;
  readonly sampleRate: number;
  readonly bitsPerSample: number;
}

/** Decoders of G.726 have nothing else to know its bits by; for what is compressed otherwise 16 is the custom. */
function sizedSound(track: AudioTrack): SizedSound {
  const { channels, sampleRate } = track;
  return { channels, sampleRate, bitsPerSample: track.codec === 'g726' ? track.bitsPerSample : 16 };
}

/** Audio sample entry (ISO/IEC 14496-12 section 12.2.3). Rates beyond 16 bits are left to the decoder's own config. */
function audioSampleEntry(
  writer: ByteWriter,
  type: string,
  { channels, sampleRate, bitsPerSample }: SizedSound,
  extensions: () => void = () => {},
): void {
  box(writer, type, () => {
    writer.zeros(6);
    writer.u16(1);
    writer.zeros(8);
    writer.u16(channels);
    writer.u16(bitsPerSample);
    writer.u32(0);
    writer.u16(sampleRate > 0xffff ? 0 : sampleRate);
    writer.u16(0);
    extensions();
  });
}

/** Opus decoder configuration (section 4.3.2): nothing is skipped at the start, since recording begins in midstream. */
function dOps(writer: ByteWriter, { channels, sampleRate }: OpusTrack): void {
  box(writer, 'dOps', () => {
    writer.u8(0);
    writer.u8(channels);
    writer.u16(0);
    writer.u32(sampleRate);
    writer.u16(0);
    writer.u8(0);
  });
}

const descriptorTags = { elementaryStream: 3, decoderConfig: 4, decoderSpecific: 5, syncLayer: 6 } as const;

/** Elementary stream descriptor (ISO/IEC 14496-1 section 7.2.6.5) around an AudioSpecificConfig. */
function esds(writer: ByteWriter, config: Uint8Array): void {
  fullBox(writer, 'esds', 0, 0, () => {
    descriptor(writer, descriptorTags.elementaryStream, (stream) => {
      stream.u16(0);
      stream.u8(0);
      descriptor(stream, descriptorTags.decoderConfig, (decoder) => {
        decoder.u8(0x40); // MPEG-4 audio
        decoder.u8((0x05 << 2) | 1); // audio stream, upstream off, reserved bit on
        decoder.u24(0);
        decoder.u32(0);
        decoder.u32(0);
        descriptor(decoder, descriptorTags.decoderSpecific, (specific) => specific.append(config));
      });
      descriptor(stream, descriptorTags.syncLayer, (syncLayer) => syncLayer.u8(2));
    });
  });
}

/** Tag, length in groups of seven bits, body (ISO/IEC 14496-1 section 8.3.3). */
function descriptor(writer: ByteWriter, tag: number, body: (inner: ByteWriter) => void): void {
  const inner = new ByteWriter(64);
  body(inner);
  writer.u8(tag);
  for (const shift of [21, 14, 7]) {
    if (inner.length >> shift > 0) writer.u8(0x80 | ((inner.length >> shift) & 0x7f));
  }
  writer.u8(inner.length & 0x7f);
  writer.append(inner.bytes());
}
