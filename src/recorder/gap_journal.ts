import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { diskError } from '../errors/system_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { UnixMillis } from '../units/time.ts';
import type { GapLedger } from './gap_keeper.ts';

/** Beyond this many lines waiting for a disk that hangs, further ones are left to the index alone. */
const maxWaitingLines = 10_000;

/**
 * The gaps once more, beside the footage: one JSON object per line in `<root>/gaps.jsonl`, appended and never
 * changed. Files cannot hold why there is no footage, so that an index made anew takes the causes from here.
 */
export class GapJournal implements GapLedger {
  readonly #file: string;
  readonly #onError: (error: Error) => void;
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;

  /**
   * @param recordingsDir must be there: a folder that went away is a disk that went away, and is not made anew
   * @param onError told when lines could not be written; the index has them all the same
   */
  constructor(recordingsDir: string, onError: (error: Error) => void) {
    this.#file = path.join(recordingsDir, 'gaps.jsonl');
    this.#onError = onError;
  }

  openGap(streamId: string, fromMs: UnixMillis, cause: GapCause): void {
    this.#append({ streamId, fromMs: Math.round(fromMs), cause });
  }

  closeGap(streamId: string, toMs: UnixMillis): void {
    this.#append({ streamId, toMs: Math.round(toMs) });
  }

  /** Resolves when everything that was taken is in the file, or was told to be not. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #append(entry: object): void {
    if (this.#waiting.length >= maxWaitingLines) return;
    this.#waiting.push(`${JSON.stringify(entry)}\n`);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.join('');
      this.#waiting = [];
      try {
        await appendFile(this.#file, lines, { flush: true });
      } catch (error) {
        this.#onError(diskError(error, this.#file));
      }
    }
  }
}
