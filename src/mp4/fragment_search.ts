import { boxHeaderBytes } from './box.ts';
import { prftBytes } from './fragment_boxes.ts';
import type { ReadAt } from './read_at.ts';
import { userTypes } from './uuid.ts';

/** The file is searched in pieces of this size. */
const windowBytes = 1024 * 1024;
/** A `prft` and the header of the `moof` behind it. */
const headBytes = prftBytes + boxHeaderBytes;
const prftStart = Buffer.alloc(boxHeaderBytes, 'prft', 'latin1');
prftStart.writeUInt32BE(prftBytes);
const tableType = Buffer.concat([Buffer.from('uuid', 'latin1'), userTypes.sampleTable]);

/**
 * Finds the places in a file where a fragment or a sample table may begin, whatever lies before them. Each byte is read
 * once, however often is asked.
 */
export class FragmentSearch {
  readonly #read: ReadAt;
  readonly #fileBytes: number;
  /** Found and not yet passed, in rising order. */
  #places: number[] = [];
  /** Those before this one are passed. */
  #passed = 0;
  /** Places before it are known. */
  #searchedTo = 0;

  constructor(read: ReadAt, fileBytes: number) {
    this.#read = read;
    this.#fileBytes = fileBytes;
  }

  /** The first such place at `from` or behind it; undefined when there is none. @param from never less than before */
  async next(from: number): Promise<number | undefined> {
    for (;;) {
      while (this.#places[this.#passed]! < from) this.#passed++;
      if (this.#passed < this.#places.length) return this.#places[this.#passed];
      this.#searchedTo = Math.max(this.#searchedTo, from);
      if (this.#searchedTo + headBytes > this.#fileBytes) return undefined;
      await this.#window(this.#searchedTo);
    }
  }

  async #window(start: number): Promise<void> {
    const length = Math.min(windowBytes, this.#fileBytes - start);
    const read = await this.#read(start, length);
    const bytes = Buffer.from(read.buffer, read.byteOffset, read.length);
    const heads = occurrences(bytes, prftStart).filter(
      (at) => bytes.toString('latin1', at + prftBytes + 4, at + headBytes) === 'moof',
    );
    // The header of a box begins with its size.
    const tables = occurrences(bytes, tableType).map((at) => at - 4);
    this.#places = [...heads, ...tables]
      .filter((at) => at >= 0)
      .sort((a, b) => a - b)
      .map((at) => start + at);
    // One that lies across the end of the window is found by the next.
    this.#searchedTo = start + Math.max(1, length - headBytes + 1);
    this.#places = this.#places.filter((at) => at < this.#searchedTo);
    this.#passed = 0;
  }
}

function occurrences(bytes: Buffer, needle: Buffer): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) found.push(at);
  return found;
}
