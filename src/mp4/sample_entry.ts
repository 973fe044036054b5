/** Sample entries: what a decoder must know before the first sample, one entry of `stsd` per codec. */
import { createHash } from 'node:crypto';
import { ByteWriter } from '../bytes/writer.ts';
import type { Track } from '../media/track.ts';
import { writeAudioSampleEntry } from './audio_sample_entry.ts';
import { writeVideoSampleEntry } from './video_sample_entry.ts';

/**
 * One entry of `stsd`. Equal parameters give equal bytes.
 *
 * @throws NightjarError `parameter_sets_malformed` when an SPS cannot be read or the sets are too many or too long
 */
export function sampleEntry(track: Track): Uint8Array {
  const writer = new ByteWriter(256);
  if (track.kind === 'video') writeVideoSampleEntry(writer, track);
  else writeAudioSampleEntry(writer, track);
  return writer.bytes();
}

/** Hex SHA-256 of a sample entry: samples of equal ones decode without a new initialisation. */
export function sampleEntryHash(entry: Uint8Array): string {
  return createHash('sha256').update(entry).digest('hex');
}
