import type { NightjarError } from '../errors/nightjar_error.ts';
import type { RootFacts } from './plan.ts';

/** After so many files in a row that cannot be removed, it is the disk and not a file. */
const maxRefusals = 16;
/** After so many files in a row that give nothing back, as with hard links elsewhere, more would go for nothing. */
const maxBarren = 16;

/** A disk that was found full gets so much of its size at once, within the bounds. */
const roomShare = 0.01;
const leastRoomBytes = 4 * 1024 * 1024;
const mostRoomBytes = 256 * 1024 * 1024;

/** Of the disk of a storage root. */
export interface RootSpace {
  /** What an unprivileged process may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** What a sweep has freed on one disk, and what must be free at its end. */
export class RootTally implements RootFacts {
  readonly id: string;
  readonly minFreeBytes: number;
  /** A write has just failed for lack of space: then nobody's reading counts. */
  readonly isFull: boolean;
  /** By the files' own account. */
  freedBytes = 0;
  /** Files that could not be removed. */
  failed = 0;
  /** Files that are gone. */
  removed = 0;
  lastFailure: NightjarError | undefined;
  #refusalsInRow = 0;
  #isLost = false;
  #barrenInRow = 0;
  readonly #freeAtStart: number | undefined;

  /**
   * @param freeBytes now; undefined when it is not known
   * @param minFreeBytes to reach
   * @param roomBytes to free in any case, for a disk that was found full, else 0
   */
  constructor(id: string, freeBytes: number | undefined, minFreeBytes: number, roomBytes: number) {
    this.id = id;
    this.isFull = roomBytes > 0;
    this.#freeAtStart = freeBytes ?? (this.isFull ? 0 : undefined);
    this.minFreeBytes = this.isFull
      ? Math.max(freeBytes === undefined ? 0 : minFreeBytes, (freeBytes ?? 0) + roomBytes)
      : minFreeBytes;
  }

  /**
   * Free at the start and freed since: some file systems give space back late, and asking them again would delete
   * more than is needed. Undefined when it is not known.
   */
  get freeBytes(): number | undefined {
    return this.#freeAtStart === undefined ? undefined : this.#freeAtStart + this.freedBytes;
  }

  /** Nothing more is to be tried on this disk in this step of the sweep. */
  get hasGivenUp(): boolean {
    return this.#isLost || this.#refusalsInRow >= maxRefusals;
  }

  /** Other files are tried next: that those before could not be removed may have been their own fault. */
  beginStep(): void {
    this.#refusalsInRow = 0;
  }

  /** Nothing could be removed, of many files. */
  get refusesAll(): boolean {
    return this.failed >= maxRefusals && this.removed === 0;
  }

  /** Deleting for space gives none. */
  get isBarren(): boolean {
    return this.#barrenInRow >= maxBarren;
  }

  /** How many files may be tried at once so that no more are in vain than it takes to see that it is the disk; from 1. */
  get patience(): number {
    const refusals = maxRefusals - this.#refusalsInRow;
    return Math.max(1, this.isBarren ? refusals : Math.min(refusals, maxBarren - this.#barrenInRow));
  }

  /** @param freedBytes undefined: the file was gone already */
  noteRemoved(freedBytes: number | undefined, forSpace: boolean): void {
    this.removed += 1;
    this.#refusalsInRow = 0;
    this.freedBytes += freedBytes ?? 0;
    if (freedBytes === 0 && forSpace) this.#barrenInRow += 1;
    else if (freedBytes) this.#barrenInRow = 0;
  }

  noteFailed(error: NightjarError): void {
    this.failed += 1;
    this.lastFailure = error;
    this.#refusalsInRow += 1;
  }

  /** The disk as a whole does not answer as it should, or is another: no more of it in this sweep. */
  giveUp(error: NightjarError, files: number): void {
    this.failed += files;
    this.lastFailure = error;
    this.#isLost = true;
  }

  /** It was found barren not long ago. */
  holdBarren(): void {
    this.#barrenInRow = maxBarren;
  }
}

/** What is to be freed of a disk that was found full; of one that does not tell its size the least. */
export function roomBytes(space: RootSpace | undefined): number {
  return Math.min(mostRoomBytes, Math.max(leastRoomBytes, (space?.totalBytes ?? 0) * roomShare));
}
