import type { Clock } from './clock/clock.ts';
import type { PassIndex } from './index/open_index.ts';
import type { UnfinishedPass, VerificationPass } from './index/passes.ts';
import type { SearchJob } from './verify/search_job.ts';

/** Between two slices other work has its turn, and the index knows where the pass is. */
const sliceMs = 60_000;

/** What a slice of a pass has come to. */
export interface PassSlice extends Pick<VerificationPass, 'checked' | 'lost' | 'returned' | 'awayRoots'> {
  /** Key of the last segment that was looked at; undefined at the end of the archive. */
  readonly reachedKey: number | undefined;
}

interface Kind {
  readonly deep: boolean;
  wanted: boolean;
  /** Under way. */
  pass: UnfinishedPass | undefined;
  ended: PromiseWithResolvers<void> | undefined;
}

/**
 * The passes over all files, those that look and those that read everything: which are wanted and how far each has come. They
 * are made in slices, and one that is interrupted goes on where it was, however large the archive is.
 */
export class VerificationPasses {
  readonly #index: PassIndex;
  readonly #clock: Clock;
  readonly #kinds: readonly Kind[] = [false, true].map((deep) => ({
    deep,
    wanted: false,
    pass: undefined,
    ended: undefined,
  }));

  constructor(index: PassIndex, clock: Clock) {
    this.#index = index;
    this.#clock = clock;
  }

  /**
   * Asks for a pass. One that has been interrupted is gone on with, and so is a deep one that is under way; while one that
   * looks is, another follows it, for what has changed since may lie behind it.
   *
   * @returns resolves when none of this kind is left to be made, or has been given up
   */
  want(deep: boolean): Promise<void> {
    const kind = this.#kind(deep);
    if (!deep || !kind.pass) kind.wanted = true;
    kind.ended ??= Promise.withResolvers();
    return kind.ended.promise;
  }

  /** The next slice; undefined when no pass of this kind is wanted. */
  next(deep: boolean): (SearchJob & { kind: 'all' }) | undefined {
    const kind = this.#kind(deep);
    if (!kind.pass && !kind.wanted) return undefined;
    if (!kind.pass) {
      kind.wanted = false;
      kind.pass = this.#index.unfinished(deep) ?? this.#begin(deep);
      // Also when this slice is the last thing before a kill: what was due once a month must not wait for the next one.
      this.#index.keepUnfinished(kind.pass);
    }
    return { kind: 'all', deep, afterKey: kind.pass.reachedKey, forMs: sliceMs };
  }

  /** Returns the pass when it has come to its end. */
  take(deep: boolean, { reachedKey, ...slice }: PassSlice): VerificationPass | undefined {
    const kind = this.#kind(deep);
    const sum = kind.pass ?? this.#begin(deep);
    const pass = {
      startedMs: sum.startedMs,
      deep,
      endedMs: this.#clock.now(),
      checked: sum.checked + slice.checked,
      lost: sum.lost + slice.lost,
      returned: sum.returned + slice.returned,
      awayRoots: [...new Set([...sum.awayRoots, ...slice.awayRoots])],
    };
    if (reachedKey !== undefined) {
      kind.pass = { ...pass, reachedKey };
      this.#index.keepUnfinished(kind.pass);
      return undefined;
    }
    this.#index.keep(pass);
    this.giveUp(deep);
    return pass;
  }

  /** The pass is not gone on with before the next one is asked for. */
  giveUp(deep: boolean): void {
    const kind = this.#kind(deep);
    kind.pass = undefined;
    if (kind.wanted) return;
    kind.ended?.resolve();
    kind.ended = undefined;
  }

  underWay(deep: boolean): VerificationPass | undefined {
    return this.#kind(deep).pass;
  }

  isInterrupted(deep: boolean): boolean {
    return this.#index.unfinished(deep) !== undefined;
  }

  /** The newest of those that came to their end: one that reads everything has looked at everything, too. */
  last(): VerificationPass | undefined {
    const ended = [this.#index.last(false), this.#index.last(true)].filter((pass) => pass !== undefined);
    return ended.sort((a, b) => b.endedMs - a.endedMs)[0];
  }

  #kind(deep: boolean): Kind {
    return this.#kinds[deep ? 1 : 0]!;
  }

  #begin(deep: boolean): UnfinishedPass {
    const nowMs = this.#clock.now();
    return {
      startedMs: nowMs,
      endedMs: nowMs,
      deep,
      checked: 0,
      lost: 0,
      returned: 0,
      awayRoots: [],
      reachedKey: 0,
    };
  }
}
