import type { ByteRange } from '../media/byte_range.ts';
import type { DiskState } from './disk_state.ts';
import type { PlannedFragment } from './run_recorder.ts';
import type { StorageRoot } from './storage_root.ts';

/** The fragments of one run that wait for their disk: their memory, and what counts for them in the limits. */
export class FragmentQueue {
  readonly #disk: DiskState;
  readonly #drop: (bytes: ByteRange) => void;
  readonly #waiting = new Map<PlannedFragment, StorageRoot>();
  #writing: PlannedFragment | undefined;
  #left = false;

  /**
   * @param disk where the bytes of the stream are counted
   * @param drop gives the memory of a sample back
   */
  constructor(disk: DiskState, drop: (bytes: ByteRange) => void) {
    this.#disk = disk;
    this.#drop = drop;
  }

  /** @param root where it is counted, until it is done */
  add(fragment: PlannedFragment, root: StorageRoot): void {
    const bytes = fragmentPayload(fragment);
    this.#disk.queuedBytes += bytes;
    root.queuedBytes += bytes;
    this.#waiting.set(fragment, root);
  }

  /** From here on its memory is the disk's. */
  begin(fragment: PlannedFragment): void {
    this.#writing = fragment;
  }

  /** It is in its file, or will not come there. */
  done(fragment: PlannedFragment): void {
    const root = this.#waiting.get(fragment)!;
    const bytes = fragmentPayload(fragment);
    this.#waiting.delete(fragment);
    this.#writing = undefined;
    root.queuedBytes -= bytes;
    if (!this.#left) this.#disk.queuedBytes -= bytes;
    this.giveBack(fragment);
  }

  /**
   * Gives back all but what the disk has in its hands, and counts that no more for the stream. A fragment that waited is
   * not to be begun afterwards.
   */
  leave(): void {
    const held = this.#writing;
    for (const fragment of [...this.#waiting.keys()]) {
      if (fragment !== held) this.done(fragment);
      else this.#disk.queuedBytes -= fragmentPayload(fragment);
    }
    this.#writing = held;
    this.#left = true;
  }

  /** The memory of one that was never added. */
  giveBack(fragment: PlannedFragment): void {
    for (const { samples } of fragment.tracks) for (const { bytes } of samples) this.#drop(bytes);
  }
}

export function fragmentPayload(fragment: PlannedFragment): number {
  let bytes = 0;
  for (const { samples } of fragment.tracks)
    for (const sample of samples) bytes += sample.bytes.end - sample.bytes.start;
  return bytes;
}
