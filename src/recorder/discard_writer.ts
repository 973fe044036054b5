import type { ByteRange } from '../media/byte_range.ts';
import type { PlannedFragment, RecorderStep } from './run_recorder.ts';
import type { RunWriter } from './run_writer.ts';

/** Stands where a `RunWriter` would for a run that is only watched: nothing is kept of it. */
export class DiscardWriter implements Pick<RunWriter, 'take' | 'newestGroup'> {
  readonly #drop: (bytes: ByteRange) => void;
  readonly #onFragment: (fragment: PlannedFragment) => void;

  constructor(options: {
    drop: (bytes: ByteRange) => void;
    /** What would have been written. */
    onFragment: (fragment: PlannedFragment) => void;
  }) {
    this.#drop = options.drop;
    this.#onFragment = options.onFragment;
  }

  take(step: RecorderStep): void {
    if (step.kind !== 'fragment') return;
    this.#onFragment(step);
    for (const { samples } of step.tracks) for (const { bytes } of samples) this.#drop(bytes);
  }

  async newestGroup(): Promise<undefined> {}
}
