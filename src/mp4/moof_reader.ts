import { ByteReader } from '../bytes/reader.ts';
import { type BoxPlace, walkBoxes } from './box_walker.ts';
import { nonSyncBit, tfhdFlags, trunFlags } from './fragment_boxes.ts';
import { malformed, readingMp4 } from './malformed.ts';
import type { SampleFacts } from './sample_table.ts';

/** More samples than a fragment of a second has, by far. */
const maxFragmentSamples = 65_536;

/** What a `moof` says of one track. */
export interface StoredTrackFragment {
  readonly trackId: number;
  /** From the file's zero. */
  readonly decodeTicks: number;
  /** Of the first sample, from the first byte of the `moof`; the others follow without a space. */
  readonly dataOffset: number;
  readonly samples: readonly SampleFacts[];
}

/**
 * Reads a `moof` as fragment.ts writes it: one `tfdt` and one `trun` per track, data offsets from the `moof`'s start.
 * Anything else is refused with `file_malformed` rather than misread.
 *
 * @param bytes the box from its first byte
 */
export function readMoof(bytes: Uint8Array): readonly StoredTrackFragment[] {
  return readingMp4('A moof', () => {
    const [moof] = walkBoxes(bytes);
    if (moof?.type !== 'moof') throw malformed('This is not a moof.');
    const tracks: StoredTrackFragment[] = [];
    for (const place of walkBoxes(bytes, moof.body, moof.end)) {
      if (place.type === 'traf') tracks.push(readTraf(bytes, place));
    }
    return tracks;
  });
}

interface TrackDefaults {
  readonly trackId: number;
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

function readTraf(bytes: Uint8Array, traf: BoxPlace): StoredTrackFragment {
  let defaults: TrackDefaults | undefined;
  let decodeTicks: number | undefined;
  let fragment: StoredTrackFragment | undefined;
  for (const { type, body, end } of walkBoxes(bytes, traf.body, traf.end)) {
    const reader = new ByteReader(bytes, body, end);
    if (type === 'tfhd') defaults = readTfhd(reader);
    else if (type === 'tfdt') decodeTicks = readTfdt(reader);
    else if (type === 'trun') {
      if (!defaults || decodeTicks === undefined || fragment) {
        throw malformed('The boxes of a traf are out of order.', traf.start);
      }
      fragment = { trackId: defaults.trackId, decodeTicks, ...readTrun(reader, defaults) };
    }
  }
  if (!fragment) throw malformed('A traf has no trun.', traf.start);
  return fragment;
}

function readTfhd(reader: ByteReader): TrackDefaults {
  const flags = reader.u32() & 0xffffff;
  if (flags & tfhdFlags.baseDataOffset || !(flags & tfhdFlags.defaultBaseIsMoof)) {
    throw malformed('The data offsets of a traf do not count from its moof.', reader.offset);
  }
  const trackId = reader.u32();
  if (flags & tfhdFlags.sampleDescriptionIndex) reader.skip(4);
  return {
    trackId,
    duration: flags & tfhdFlags.defaultDuration ? reader.u32() : 0,
    size: flags & tfhdFlags.defaultSize ? reader.u32() : 0,
    flags: flags & tfhdFlags.defaultFlags ? reader.u32() : 0,
  };
}

function readTfdt(reader: ByteReader): number {
  const version = reader.u8();
  reader.skip(3);
  return version === 1 ? reader.u64() : reader.u32();
}

function readTrun(
  reader: ByteReader,
  defaults: TrackDefaults,
): { dataOffset: number; samples: readonly SampleFacts[] } {
  const flags = reader.u32() & 0xffffff;
  const count = reader.u32();
  if (!(flags & trunFlags.dataOffset)) throw malformed('A trun has no data offset.', reader.offset);
  if (count > maxFragmentSamples) throw malformed(`A trun claims ${count} samples.`, reader.offset);
  const dataOffset = reader.i32();
  const firstFlags = flags & trunFlags.firstSampleFlags ? reader.u32() : undefined;
  const samples = Array.from({ length: count }, (_, index) => {
    const duration = flags & trunFlags.duration ? reader.u32() : defaults.duration;
    const size = flags & trunFlags.size ? reader.u32() : defaults.size;
    const own = flags & trunFlags.flags ? reader.u32() : defaults.flags;
    const compositionOffset = flags & trunFlags.compositionOffset ? reader.i32() : 0;
    const sampleFlags = index === 0 && firstFlags !== undefined ? firstFlags : own;
    return { size, duration, compositionOffset, keyFrame: (sampleFlags & nonSyncBit) === 0 };
  });
  return { dataOffset, samples };
}
