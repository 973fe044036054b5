import type { TimeToSampleRuns } from '../footage/segment.ts';
import type { TrackTicks } from '../units/time.ts';

/** All samples of one track in a segment, in decode order, one column per fact. */
export interface TrackSamples {
  readonly trackId: number;
  /** Decode time of the first sample from the file's zero; each other one follows by the durations. */
  readonly startTicks: TrackTicks;
  readonly sizes: Uint32Array;
  readonly durations: Uint32Array;
  /** Presentation time minus decode time. */
  readonly compositionOffsets: Int32Array;
  /** 1 for a key frame. */
  readonly keyFlags: Uint8Array;
  /** Of the first byte of each sample in the file. */
  readonly offsets: Float64Array;
  /** Index of the first sample of each chunk: what lies in one piece in the file. */
  readonly chunkStarts: Uint32Array;
}

/** Equal neighbours as runs, in the way of `stts` and `ctts`. */
export function runsOf(values: Iterable<number>): TimeToSampleRuns {
  const runs: [number, number][] = [];
  let last: [number, number] | undefined;
  for (const value of values) {
    if (last && last[1] === value) last[0]++;
    else {
      last = [1, value];
      runs.push(last);
    }
  }
  return runs;
}
