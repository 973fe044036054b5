import type { GapCause } from '../footage/gap_cause.ts';
import type { UnixMillis } from '../units/time.ts';
import type { GapLedger } from './gap_keeper.ts';

/**
 * The gaps once more, beside the footage: `<root>/gaps.jsonl` of the storage root that the stream is recorded to. Files
 * cannot hold why there is no footage.
 */
export class GapJournal implements GapLedger {
  readonly #rootOf: (streamId: string) => string;
  readonly #append: (rootIds: readonly string[], entry: object) => void;
  /** Where the newest gap of each stream was begun. */
  readonly #last = new Map<string, string>();

  /** @param append writes a line into the journals of storage roots */
  constructor(
    rootOf: (streamId: string) => string,
    append: (rootIds: readonly string[], entry: object) => void,
  ) {
    this.#rootOf = rootOf;
    this.#append = append;
  }

  openGap(streamId: string, fromMs: UnixMillis, cause: GapCause): void {
    this.#append(this.#rootsOf(streamId), { streamId, fromMs: Math.round(fromMs), cause });
  }

  closeGap(streamId: string, toMs: UnixMillis): void {
    this.#append(this.#rootsOf(streamId), { streamId, toMs: Math.round(toMs) });
    this.#last.delete(streamId);
  }

  /** A run begins: the order of runs is not to be seen from their files where the host's clock was set back. */
  runBegins(streamId: string, runId: string): void {
    this.#append([this.#rootOf(streamId)], { streamId, runId });
  }

  /**
   * The last word on these instants, whatever was said of them before: their footage was deleted, lost or found damaged.
   *
   * @param gap.deletedBy the rule of the deletion; undefined where the footage was not deleted
   */
  settled(
    streamId: string,
    gap: {
      readonly startMs: number;
      readonly endMs: number;
      readonly cause: GapCause;
      readonly deletedBy?: string | undefined;
    },
  ): void {
    const { startMs, endMs, cause, deletedBy } = gap;
    this.#append([this.#rootOf(streamId)], { streamId, fromMs: startMs, toMs: endMs, cause, deletedBy });
  }

  /** A gap that begins in the journal of one root ends there too, when the camera was moved to another one meanwhile. */
  #rootsOf(streamId: string): string[] {
    const now = this.#rootOf(streamId);
    const before = this.#last.get(streamId) ?? now;
    this.#last.set(streamId, before);
    return before === now ? [now] : [now, before];
  }
}
