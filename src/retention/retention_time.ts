import type { Clock } from '../clock/clock.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';

/** A wall clock that is so much later than it should be was set, or the machine was off or asleep. */
const stepMs = 5 * 60_000;
/** What a later clock must last before footage is as old as it says. */
const holdMs = 3_600_000;

/** The part of a logger that is needed. */
interface StepLog {
  warn(fields: object, message: string): void;
}

/**
 * The time by which footage ages: the wall clock, but after a step ahead for an hour on as it was before, so that one wrong
 * answer of a time server does not make all footage too old. Steps back count at once: they make nothing older.
 */
export class RetentionTime {
  readonly #clock: Clock;
  readonly #log: StepLog;
  /** The time that is believed, less the monotonic clock. */
  #offsetMs: number;
  /** A later time that is not yet believed, less the monotonic clock; and since when it is seen. */
  #ahead: { readonly offsetMs: number; readonly sinceMs: number } | undefined;

  /** @param lastSeenMs by the wall clock, when the recorder was last alive before this start; undefined: never */
  constructor(clock: Clock, log: StepLog, lastSeenMs: number | undefined) {
    this.#clock = clock;
    this.#log = log;
    this.#offsetMs = (lastSeenMs ?? clock.now()) - clock.monotonic();
  }

  now(): UnixMillis {
    const nowMs = this.#clock.monotonic();
    const offsetMs = this.#clock.now() - nowMs;
    if (offsetMs - this.#offsetMs <= stepMs) this.#believe(offsetMs);
    else if (!this.#ahead || Math.abs(offsetMs - this.#ahead.offsetMs) > stepMs) {
      this.#ahead = { offsetMs, sinceMs: nowMs };
      this.#log.warn(
        { aheadSeconds: Math.round((offsetMs - this.#offsetMs) / 1000) },
        'The clock is later than it should be: footage ages by it once it has lasted an hour.',
      );
    } else if (nowMs - this.#ahead.sinceMs >= holdMs) this.#believe(offsetMs);
    return unixMillis(this.#offsetMs + nowMs);
  }

  #believe(offsetMs: number): void {
    this.#offsetMs = offsetMs;
    this.#ahead = undefined;
  }
}
