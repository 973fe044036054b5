/**
 * Closing a segment, in an order that leaves a good file wherever it stops:
 *
 *  1. append the sample table behind the last fragment;
 *  2. write the `sidx` into the end of the reserve, which is still inside the `free` box there;
 *  3. write the durations into `mvhd` and `mehd`;
 *  4. sync: all the above is on the disk;
 *  5. shorten the `free` box, four bytes in one sector, so that the `sidx` stands behind it as a box of its own;
 *  6. sync.
 *
 * A `sidx` that is half written makes readers refuse the whole file; here it does not exist for them until it is
 * durable, and nothing but the size of the `free` box ever changes its meaning.
 */
import { ByteWriter } from '../bytes/writer.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import { ticksToMillis } from '../units/time.ts';
import { type SegmentIndexReference, sidx, sidxBytes } from './fragment_boxes.ts';
import type { SampleTableBuilder } from './sample_table.ts';
import { maxReferences, type SegmentHeader } from './segment_header.ts';
import type { TrackSamples } from './track_samples.ts';

export type CloseStep =
  | { readonly write: { readonly offset: number; readonly bytes: Uint8Array } }
  /** Everything before is on the disk before anything after begins. */
  | 'sync';

export interface SegmentClose {
  /** The sample table; the first step appends it. */
  readonly tail: Uint8Array;
  readonly steps: readonly CloseStep[];
  /** The header as it is after the steps. */
  readonly header: Uint8Array;
}

/** What the close must know of a fragment. */
export type ClosedFragment = Pick<
  FragmentEntry,
  'offset' | 'bytes' | 'startTicks' | 'durationTicks' | 'keyFrame'
>;

/**
 * The steps that close a segment.
 *
 * @param options.header as `segmentHeader` made it, or as it was read from a file that a crash left behind
 * @param options.fragments in file order
 * @param options.end where the sample table goes: the end of the last fragment, unless damage lies between
 */
export function closeSteps(options: {
  header: SegmentHeader;
  fragments: readonly ClosedFragment[];
  table: SampleTableBuilder;
  end?: number;
}): SegmentClose {
  const { header, fragments, table } = options;
  const { reserve } = header;
  const last = fragments.at(-1);
  const tail = table.encode();
  const samples = table.tracks();
  const index =
    fragments.length > 0 ? segmentIndex(header, fragments, endTicksOf(samples[0]!)) : new Uint8Array(0);
  const duration = u32(Math.round(longestMillis(header, samples)));
  const lastEnd = last ? last.offset + last.bytes : reserve.offset + reserve.bytes;
  const appendTail = write(options.end ?? lastEnd, tail);
  const writeIndex = write(reserve.offset + reserve.bytes - index.length, index);
  const writeDurations = header.durationOffsets.map((offset) => write(offset, duration));
  const exposeIndex = write(reserve.offset, u32(reserve.bytes - index.length));
  // A segment that was closed before, and is closed again after its end was cut off, has an index that is in force.
  const hideIndex = header.hasIndex ? [write(reserve.offset, u32(reserve.bytes)), 'sync' as const] : [];
  const indexSteps = index.length > 0 ? [writeIndex] : [];
  const steps: readonly CloseStep[] = [
    ...hideIndex,
    appendTail,
    ...indexSteps,
    ...writeDurations,
    'sync',
    ...(index.length > 0 ? [exposeIndex, 'sync' as const] : []),
  ];
  const closed = header.bytes.slice();
  for (const step of [...indexSteps, ...writeDurations, exposeIndex])
    closed.set(step.write.bytes, step.write.offset);
  return { tail, steps, header: closed };
}

/**
 * The `sidx`. An entry goes from one fragment that begins with a key frame to the next such: to where a
 * player may seek. When there are more than the box has room for, neighbours share one.
 *
 * @param endTicks decode time at which the first track ends. ffmpeg takes the end of the last entry for the length of
 *   the file, and with pictures out of order their presentation ends later than that.
 */
function segmentIndex(
  header: SegmentHeader,
  fragments: readonly ClosedFragment[],
  endTicks: number,
): Uint8Array {
  const track = header.tracks[0]!;
  const last = fragments.at(-1)!;
  const starts = fragments.filter(({ keyFrame }, index) => index === 0 || keyFrame);
  const perReference = Math.ceil(starts.length / maxReferences);
  const firsts = starts.filter((_, index) => index % perReference === 0);
  const references = firsts.map((first, index): SegmentIndexReference => {
    const next = firsts[index + 1];
    return {
      // The first one begins right behind the index, also when damage has cost the first fragment.
      bytes:
        (next?.offset ?? last.offset + last.bytes) -
        (index === 0 ? header.reserve.offset + header.reserve.bytes : first.offset),
      durationTicks: Math.max(0, (next?.startTicks ?? endTicks) - first.startTicks),
      startsWithKeyFrame: first.keyFrame,
    };
  });
  const earliestTicks = Math.max(0, fragments[0]!.startTicks);
  const writer = new ByteWriter(sidxBytes(references.length));
  sidx(writer, { trackId: track.trackId, timescale: track.timescale, earliestTicks }, references);
  return writer.bytes();
}

/** Decode time at which a track ends, from the file's zero. */
function endTicksOf({ startTicks, durations }: TrackSamples): number {
  return durations.reduce((sum, duration) => sum + duration, startTicks);
}

/** From the file's zero to the end of the track that lasts longest. */
function longestMillis(header: SegmentHeader, samples: readonly TrackSamples[]): number {
  return header.tracks.reduce(
    (longest, { timescale }, index) =>
      Math.max(longest, ticksToMillis(endTicksOf(samples[index]!), timescale)),
    0,
  );
}

function write(offset: number, bytes: Uint8Array) {
  return { write: { offset, bytes } };
}

function u32(value: number): Uint8Array {
  const writer = new ByteWriter(4);
  writer.u32(value);
  return writer.bytes();
}
