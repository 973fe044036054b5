import type { Clock, Timer } from '../clock/clock.ts';

/** Lines of one kind that are written within a window; the rest of them are counted. */
const burst = 5;
const windowMs = 60_000;
/** Kinds of lines kept count of; the oldest gives way. */
const maxKinds = 1_000;
/** Characters of a message that are compared. */
const maxMessageLength = 300;

/** Says that lines were held back; a field has their number, another one what they were like. */
export const heldBackText = 'Log lines like one above were held back because they repeat.';

/** What a line is about: two cameras with the same trouble are two kinds of line. */
export function placeOf(fields: object): string {
  const { camera, stream, url, code, like } = fields as Record<string, unknown>;
  return [camera, stream, url, code, like].filter((part) => part !== undefined).join(' ');
}

interface Kind {
  readonly window: Timer;
  seen: number;
}

/**
 * Keeps a line that repeats without end from filling the disk: five of a kind a minute are let through, then one
 * line with the number of those that were not. Two lines are of one kind when they differ in numbers only.
 */
export class RepeatLimiter {
  readonly #clock: Clock;
  readonly #report: (kind: string, dropped: number) => void;
  readonly #kinds = new Map<string, Kind>();
  #heldBack = 0;

  /** @param report called at the end of a window in which lines were dropped */
  constructor(clock: Clock, report: (kind: string, dropped: number) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Lines that were not written since the start. */
  get heldBack(): number {
    return this.#heldBack;
  }

  /**
   * True when the line is to be written.
   *
   * @param place what the line is about, such as a camera; lines about two places are of two kinds
   */
  admit(place: string, message: string): boolean {
    const name = `${place} ${message.slice(0, maxMessageLength).replace(/\d+/g, '#')}`.trim();
    let kind = this.#kinds.get(name);
    if (!kind) {
      kind = { window: this.#clock.after(windowMs, () => this.#end(name)), seen: 0 };
      this.#kinds.set(name, kind);
      if (this.#kinds.size > maxKinds) this.#end(this.#kinds.keys().next().value!);
    }
    kind.seen++;
    if (kind.seen <= burst) return true;
    this.#heldBack++;
    return false;
  }

  /** Reports what was dropped so far, and forgets it. */
  flush(): void {
    for (const name of [...this.#kinds.keys()]) this.#end(name);
  }

  #end(name: string): void {
    const kind = this.#kinds.get(name);
    if (!kind) return;
    kind.window.cancel();
    this.#kinds.delete(name);
    if (kind.seen > burst) this.#report(name, kind.seen - burst);
  }
}
