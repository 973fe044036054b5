/**
 * Sample entries of audio. `mp4a` with `esds`: ISO/IEC 14496-14 section 5.6 and 14496-1 section 7.2.6. `ulaw` and
 * `alaw`: the QuickTime sound descriptions, which readers know also in MP4 files.
 */
import { ByteWriter } from '../bytes/writer.ts';
import type { AudioTrack } from '../media/track.ts';
import { box, fullBox } from './box.ts';

export function writeAudioSampleEntry(writer: ByteWriter, track: AudioTrack): void {
  if (track.codec === 'aac') audioSampleEntry(writer, 'mp4a', track, () => esds(writer, track.config));
  else audioSampleEntry(writer, track.codec === 'pcmu' ? 'ulaw' : 'alaw', track, () => {});
}

/** Audio sample entry (ISO/IEC 14496-12 section 12.2.3). Rates beyond 16 bits are left to the decoder's own config. */
function audioSampleEntry(writer: ByteWriter, type: string, track: AudioTrack, extensions: () => void): void {
  box(writer, type, () => {
    writer.zeros(6);
    writer.u16(1);
    writer.zeros(8);
    writer.u16(track.channels);
    writer.u16(16);
    writer.u32(0);
    writer.u16(track.sampleRate > 0xffff ? 0 : track.sampleRate);
    writer.u16(0);
    extensions();
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
