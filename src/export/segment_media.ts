import { NightjarError } from '../errors/nightjar_error.ts';
import { malformed } from '../mp4/malformed.ts';
import { readMoof } from '../mp4/moof_reader.ts';
import type { ReadAt } from '../mp4/read_at.ts';
import { decodeSampleTable, SampleTableBuilder } from '../mp4/sample_table.ts';
import { maxHeaderBytes, readSegmentHeader, type SegmentHeaderTrack } from '../mp4/segment_header.ts';
import type { TrackSamples } from '../mp4/track_samples.ts';
import { readFragmentHead } from '../playback/fragment_head.ts';
import type { PlayableSegment } from '../playback/playable_segment.ts';

/** No sample table of a segment is longer. */
const maxTailBytes = 8 * 1024 * 1024;

/** A track of a segment with its samples, or those of the fragments that were asked for. */
export interface MediaTrack extends SegmentHeaderTrack {
  readonly samples: TrackSamples;
  /** Decode time of each sample on the run's time line. */
  readonly decodeTicks: Float64Array;
}

/** The samples of a segment's file; video first. */
export interface SegmentMedia {
  readonly tracks: readonly MediaTrack[];
}

/** Sample entries that were read before, by their hash: most segments of a stream have the same. */
export type SampleEntries = Map<string, Pick<SegmentHeaderTrack, 'sampleEntry' | 'width' | 'height'>>;

/**
 * Reads where a segment's samples lie: from the sample table at the end of a finished file, else from the `moof`s of
 * the fragments [first, end). The media themselves are not read.
 *
 * @throws NightjarError `file_malformed`
 */
export async function readSegmentMedia(
  read: ReadAt,
  segment: PlayableSegment,
  range: { readonly first: number; readonly end: number },
  entries: SampleEntries = new Map(),
): Promise<SegmentMedia> {
  const header = knownHeader(segment, entries) ?? (await readHeader(read, segment, entries));
  const samples = (await tailSamples(read, segment)) ?? (await moofSamples(read, segment, header, range));
  return {
    tracks: header.flatMap((track) => {
      const columns = samples.find(({ trackId }) => trackId === track.trackId);
      return columns
        ? [{ ...track, samples: columns, decodeTicks: decodeTimes(columns, track.offsetTicks) }]
        : [];
    }),
  };
}

/** What the file's header would say, without reading it; undefined when a sample entry is new. */
function knownHeader(
  { tracks }: PlayableSegment,
  entries: SampleEntries,
): readonly SegmentHeaderTrack[] | undefined {
  const known = tracks.flatMap((track) => {
    const entry = entries.get(track.sampleEntryHash);
    return entry ? [{ ...track, ...entry }] : [];
  });
  return known.length === tracks.length ? known : undefined;
}

async function readHeader(
  read: ReadAt,
  { fragments }: PlayableSegment,
  entries: SampleEntries,
): Promise<readonly SegmentHeaderTrack[]> {
  const bytes = await read(0, Math.min(fragments[0]!.offset, maxHeaderBytes));
  const { tracks } = readSegmentHeader(bytes);
  for (const { sampleEntryHash, sampleEntry, width, height } of tracks) {
    entries.set(sampleEntryHash, { sampleEntry, width, height });
  }
  return tracks;
}

/** Undefined when the file is not finished, or its table is damaged: the fragments still say the same. */
async function tailSamples(
  read: ReadAt,
  segment: PlayableSegment,
): Promise<readonly TrackSamples[] | undefined> {
  const last = segment.fragments.at(-1)!;
  const offset = last.offset + last.bytes;
  const length = (segment.fileBytes ?? 0) - offset;
  if (length <= 0 || length > maxTailBytes) return undefined;
  const table = await read(offset, length);
  if (table.length < length) await checkLength(read, segment.path, last);
  try {
    return decodeSampleTable(table);
  } catch (error) {
    if (error instanceof NightjarError && error.code === 'file_malformed') return undefined;
    throw error;
  }
}

async function moofSamples(
  read: ReadAt,
  segment: PlayableSegment,
  header: readonly SegmentHeaderTrack[],
  { first, end }: { readonly first: number; readonly end: number },
): Promise<readonly TrackSamples[]> {
  const table = new SampleTableBuilder(header);
  const fragments = segment.fragments.slice(first, end);
  for (const fragment of fragments) {
    const { bytes, moofOffset } = await readFragmentHead(read, fragment);
    for (const track of readMoof(bytes.subarray(moofOffset))) {
      const dataOffset = fragment.offset + moofOffset + track.dataOffset;
      const length = track.samples.reduce((sum, { size }) => sum + size, 0);
      if (dataOffset + length > fragment.offset + fragment.bytes) {
        throw malformed('A moof points beyond its fragment.', fragment.offset);
      }
      table.addStored(track.trackId, track.decodeTicks, track.samples, dataOffset);
    }
  }
  const last = fragments.at(-1);
  if (last) await checkLength(read, segment.path, last);
  return table.tracks();
}

async function checkLength(
  read: ReadAt,
  path: string,
  last: { readonly offset: number; readonly bytes: number },
): Promise<void> {
  if ((await read(last.offset + last.bytes - 1, 1)).length === 1) return;
  throw malformed(`${path} ends before its footage does.`, last.offset);
}

function decodeTimes({ startTicks, durations }: TrackSamples, offsetTicks: number): Float64Array {
  const times = new Float64Array(durations.length);
  let ticks = startTicks + offsetTicks;
  for (let index = 0; index < durations.length; index++) {
    times[index] = ticks;
    ticks += durations[index]!;
  }
  return times;
}

/** Indices of the samples whose bytes lie in [offset, endOffset) of the file, half-open. */
export function samplesWithin(
  { offsets }: TrackSamples,
  offset: number,
  endOffset: number,
): { start: number; end: number } {
  return { start: firstAtOrAfter(offsets, offset), end: firstAtOrAfter(offsets, endOffset) };
}

function firstAtOrAfter(offsets: Float64Array, value: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
