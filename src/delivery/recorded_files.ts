import { closeSync, open as openFile, read as readFile } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { NightjarError } from '../errors/nightjar_error.ts';
import { diskError, systemCode } from '../errors/system_error.ts';
import type { FootageFile } from '../footage/segment.ts';
import { malformed } from '../mp4/malformed.ts';
import type { ReadAt } from '../mp4/read_at.ts';
import type { Piece } from '../playback/piece_list.ts';
import { readFlags } from '../roots/read_flags.ts';
import { fileIn, type RootFolders } from '../roots/root_folders.ts';

const openDescriptor = promisify(openFile);
const readDescriptor = promisify(readFile);

/**
 * Lets `use` read one file, by itself and for a short time. Cheaper than {@link RecordedFiles}, which tells where a
 * clip of hundreds of files is laid out.
 *
 * @throws NightjarError what {@link RecordedFiles} throws, and what `use` throws
 */
export async function withRecordedFile<Value>(
  roots: RootFolders,
  recorded: FootageFile,
  use: (read: ReadAt) => Promise<Value>,
): Promise<Value> {
  const { path } = recorded;
  const file = await openDescriptor(fileIn(roots, recorded), readFlags).catch((error) => {
    throw readError(error, path);
  });
  try {
    return await use(async (offset, length) => {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await readDescriptor(
          file,
          bytes,
          filled,
          length - filled,
          offset + filled,
        ).catch((error) => {
          throw readError(error, path);
        });
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    });
  } finally {
    // Of a file that was only read, the disk hears nothing.
    closeSync(file);
  }
}

/**
 * Looks whether a finished file is there and as long as it was.
 *
 * @throws NightjarError `footage_deleted`, `file_malformed`, or a disk error
 */
export async function checkRecordedFile(roots: RootFolders, file: FootageFile, bytes: number): Promise<void> {
  const { path } = file;
  const { size } = await stat(fileIn(roots, file)).catch((error) => {
    throw readError(error, path);
  });
  if (size < bytes) throw malformed(`${path} has ${size} bytes, but ${bytes} were recorded.`, size);
}

function readError(error: unknown, path: string): NightjarError {
  if (systemCode(error) !== 'ENOENT') return diskError(error, path);
  return new NightjarError('footage_deleted', `The file of this footage, ${path}, is gone.`, {
    place: { file: path },
    cause: error,
  });
}

/** Reads recorded files for one job, with one of them open at a time. */
export class RecordedFiles {
  readonly #roots: RootFolders;
  #name: string | undefined;
  #handle: FileHandle | undefined;
  #closed = false;

  constructor(roots: RootFolders) {
    this.#roots = roots;
  }

  /** Reads from one file; what is asked for beyond its end is not there. */
  readerOf(file: FootageFile): ReadAt {
    return async (offset, length) => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, await this.#read(file, bytes, offset));
    };
  }

  /**
   * The bytes of the pieces, in chunks of the size of the memory that `take` gives, but for the last. Ends early when
   * there is no more memory.
   *
   * @throws NightjarError `footage_deleted` when a file is gone, `file_malformed` when it is shorter than it was,
   *   or a disk error
   */
  async *stream(
    pieces: Iterable<Piece>,
    take: () => Promise<ArrayBuffer | undefined>,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    let chunk: Uint8Array<ArrayBuffer> | undefined;
    let filled = 0;
    for (const piece of pieces) {
      const length = piece.kind === 'memory' ? piece.bytes.length : piece.length;
      for (let done = 0; done < length; ) {
        if (!chunk) {
          const memory = await take();
          if (!memory) return;
          chunk = new Uint8Array(memory);
        }
        const taken = Math.min(length - done, chunk.length - filled);
        const target = chunk.subarray(filled, filled + taken);
        if (piece.kind === 'memory') target.set(piece.bytes.subarray(done, done + taken));
        else await this.#readWhole(piece.file, target, piece.offset + done);
        done += taken;
        filled += taken;
        if (filled < chunk.length) continue;
        yield chunk;
        chunk = undefined;
        filled = 0;
      }
    }
    if (chunk) yield chunk.subarray(0, filled);
  }

  /** Reads that are under way end; those that come later throw. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#release();
  }

  async #readWhole(file: FootageFile, target: Uint8Array, offset: number): Promise<void> {
    const read = await this.#read(file, target, offset);
    if (read === target.length) return;
    throw new NightjarError('file_malformed', `${file.path} ends before its footage does.`, {
      place: { file: file.path, offset: offset + read },
    });
  }

  async #read(file: FootageFile, target: Uint8Array, offset: number): Promise<number> {
    try {
      const handle = await this.#open(fileIn(this.#roots, file));
      let filled = 0;
      while (filled < target.length) {
        const { bytesRead } = await handle.read(target, filled, target.length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    } catch (error) {
      throw readError(error, file.path);
    }
  }

  async #open(name: string): Promise<FileHandle> {
    if (this.#handle && this.#name === name) return this.#handle;
    await this.#release();
    const handle = await open(name, readFlags);
    if (this.#closed) {
      await handle.close();
      throw new Error('the reader of recorded files was closed');
    }
    this.#handle = handle;
    this.#name = name;
    return handle;
  }

  async #release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#name = undefined;
    await handle?.close();
  }
}
