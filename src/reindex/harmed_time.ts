import type { Interval } from '../footage/interval.ts';
import type { IndexRebuild } from '../index/rebuild.ts';

/** Files that are not there, as the numbers of others tell. */
interface MissingFiles extends Interval {
  /** Their time may have begun later. */
  readonly isBeginVague: boolean;
}

/** The time of files that are missing, or cannot be read, by stream: it is told once everything else is known. */
export class HarmedTime {
  /** From where on a file should have footage, and has none that is whole. */
  readonly #damagedFromMs = new Map<string, number[]>();
  readonly #missing = new Map<string, MissingFiles[]>();

  isDamaged(streamId: string, fromMs: number): void {
    entriesOf(this.#damagedFromMs, streamId).push(fromMs);
  }

  isMissing(streamId: string, files: MissingFiles): void {
    const { startMs, endMs } = { startMs: Math.round(files.startMs), endMs: Math.round(files.endMs) };
    // Without an arrival in any file nobody knows since when.
    if (startMs > 0 && startMs < endMs) entriesOf(this.#missing, streamId).push({ ...files, startMs, endMs });
  }

  /** @returns how many gaps `lost` that makes */
  tell(streamId: string, gaps: IndexRebuild['gaps']): number {
    for (const fromMs of this.#damagedFromMs.get(streamId) ?? []) gaps.addDamage(streamId, fromMs);
    const missing = this.#missing.get(streamId) ?? [];
    return missing.reduce((sum, files) => sum + gaps.addLoss(streamId, files), 0);
  }
}

function entriesOf<Entry>(map: Map<string, Entry[]>, streamId: string): Entry[] {
  const known = map.get(streamId) ?? [];
  map.set(streamId, known);
  return known;
}
