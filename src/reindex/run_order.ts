import type { FoundFile } from './found_footage.ts';

/** A run as its files have it. */
export interface FoundRun {
  readonly id: string;
  readonly clockEpoch: number;
  /** Of the first file that is still there. */
  readonly arrivalMs: number;
  /** By their numbers. */
  readonly files: readonly FoundFile[];
}

/**
 * The runs of a stream in the order in which they were recorded: where two overlap, the earlier one has the instants.
 * The journal knows it, also where the host's clock was set back; runs that it does not know go by their arrival.
 *
 * @param orderOf of the journal; undefined for a run that is not in it
 */
export function runsInOrder(
  files: Iterable<FoundFile>,
  orderOf: (runId: string) => number | undefined,
): FoundRun[] {
  const runs = [...Map.groupBy(files, ({ identity }) => identity.runId)].map(([id, ofRun]): FoundRun => {
    const sorted = ofRun.sort((a, b) => a.identity.segmentNumber - b.identity.segmentNumber);
    const { identity, arrivalMs } = sorted[0]!;
    // The state of the run clock tells of the run's beginning, also when its first file is gone.
    const beganMs = identity.runClock?.firstArrivalMs ?? arrivalMs ?? 0;
    return { id, clockEpoch: identity.clockEpoch, arrivalMs: beganMs, files: sorted };
  });
  const ordered: FoundRun[] = runs
    .filter(({ id }) => orderOf(id) !== undefined)
    .sort((a, b) => orderOf(a.id)! - orderOf(b.id)!);
  const others = runs.filter(({ id }) => orderOf(id) === undefined).sort((a, b) => a.arrivalMs - b.arrivalMs);
  for (const run of others) {
    const next = ordered.findIndex(({ arrivalMs }) => arrivalMs > run.arrivalMs);
    ordered.splice(next < 0 ? ordered.length : next, 0, run);
  }
  return ordered;
}
