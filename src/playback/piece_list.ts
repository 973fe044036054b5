import type { FootageFile } from '../footage/segment.ts';
import { growingFloat64, growingUint32 } from './growing_column.ts';

/** A part of an answer: bytes at hand, or a range of a recorded file. */
export type Piece =
  | { readonly kind: 'memory'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'file';
      readonly file: FootageFile;
      readonly offset: number;
      readonly length: number;
    };

/**
 * What an answer is put together from, so that any range of its bytes can be given. A piece takes 20 bytes of
 * memory: a clip of a day has about 200,000.
 */
export class PieceList {
  /** Where each piece begins in the answer. */
  readonly #starts = growingFloat64();
  /** Index into the origins. */
  readonly #sources = growingUint32();
  /** Where each piece begins in its source. */
  readonly #offsets = growingFloat64();
  readonly #origins: (FootageFile | Uint8Array)[] = [];
  readonly #sourceOfFile = new Map<string, number>();
  #totalBytes = 0;

  get totalBytes(): number {
    return this.#totalBytes;
  }

  get count(): number {
    return this.#starts.length;
  }

  addMemory(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#origins.push(bytes);
    this.#add(this.#origins.length - 1, 0, bytes.length);
  }

  /** A range that goes on where the one before ended becomes one with it. */
  addFile({ rootId, path }: FootageFile, offset: number, length: number): void {
    if (length === 0) return;
    const name = `${rootId}/${path}`;
    let source = this.#sourceOfFile.get(name);
    if (source === undefined) {
      source = this.#origins.push({ rootId, path }) - 1;
      this.#sourceOfFile.set(name, source);
    }
    const last = this.#starts.length - 1;
    const goesOn =
      last >= 0 &&
      this.#sources.at(last) === source &&
      this.#offsets.at(last) + (this.#totalBytes - this.#starts.at(last)) === offset;
    if (goesOn) this.#totalBytes += length;
    else this.#add(source, offset, length);
  }

  /** All pieces of another list, after those here. */
  append(other: PieceList): void {
    const firstOrigin = this.#origins.length;
    const before = this.#totalBytes;
    for (const origin of other.#origins) this.#origins.push(origin);
    for (let index = 0; index < other.#starts.length; index++) {
      this.#starts.push(before + other.#starts.at(index));
      this.#sources.push(firstOrigin + other.#sources.at(index));
      this.#offsets.push(other.#offsets.at(index));
    }
    for (const [name, source] of other.#sourceOfFile) this.#sourceOfFile.set(name, firstOrigin + source);
    this.#totalBytes += other.#totalBytes;
  }

  /** The pieces of a range of the answer, half-open and within it. */
  *slice(start: number, end: number): Generator<Piece> {
    for (let index = this.#pieceAt(start); index < this.#starts.length; index++) {
      const pieceStart = this.#starts.at(index);
      if (pieceStart >= end) return;
      const pieceEnd = index + 1 < this.#starts.length ? this.#starts.at(index + 1) : this.#totalBytes;
      const from = Math.max(start, pieceStart);
      const to = Math.min(end, pieceEnd);
      if (to <= from) continue;
      const source = this.#origins[this.#sources.at(index)]!;
      const offset = this.#offsets.at(index) + from - pieceStart;
      if (source instanceof Uint8Array)
        yield { kind: 'memory', bytes: source.subarray(offset, offset + to - from) };
      else yield { kind: 'file', file: source, offset, length: to - from };
    }
  }

  #add(source: number, offset: number, length: number): void {
    this.#starts.push(this.#totalBytes);
    this.#sources.push(source);
    this.#offsets.push(offset);
    this.#totalBytes += length;
  }

  /** The last piece that begins at or before a place in the answer. */
  #pieceAt(start: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts.at(middle) <= start) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}
