import { type MonotonicMillis, monotonicMillis, type UnixMillis, unixMillis } from '../units/time.ts';
import type { Clock, Timer } from './clock.ts';

interface Pending {
  at: number;
  order: number;
  callback: () => void;
  intervalMs?: number;
}

/** A clock that moves only when a test says so; timers fire in order of their time, then of their making. */
export class SimulatedClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#wall = startMs;
  }

  now(): UnixMillis {
    return unixMillis(this.#wall);
  }

  monotonic(): MonotonicMillis {
    return monotonicMillis(this.#monotonic);
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#add({ at: this.#monotonic + Math.max(0, delayMs), order: this.#order++, callback });
  }

  every(intervalMs: number, callback: () => void): Timer {
    return this.#add({ at: this.#monotonic + intervalMs, order: this.#order++, callback, intervalMs });
  }

  /** Moves both clocks on, firing what falls due at its own instant. */
  advance(milliseconds: number): void {
    const target = this.#monotonic + milliseconds;
    for (let next = this.#nextBefore(target); next; next = this.#nextBefore(target)) {
      this.#moveTo(next.at);
      if (next.intervalMs === undefined) this.#pending.delete(next);
      else next.at += next.intervalMs;
      next.callback();
    }
    this.#moveTo(target);
  }

  /** Like {@link advance}, but lets promises settle after each step of `stepMs`. */
  async advanceAsync(milliseconds: number, stepMs = 10): Promise<void> {
    for (let done = 0; done < milliseconds; done += stepMs) {
      this.advance(Math.min(stepMs, milliseconds - done));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Steps the wall clock alone, as an operator or NTP does. */
  stepWallClock(milliseconds: number): void {
    this.#wall += milliseconds;
  }

  get pendingTimers(): number {
    return this.#pending.size;
  }

  #add(pending: Pending): Timer {
    this.#pending.add(pending);
    return { cancel: () => this.#pending.delete(pending) };
  }

  #nextBefore(target: number): Pending | undefined {
    let first: Pending | undefined;
    for (const candidate of this.#pending) {
      if (candidate.at > target) continue;
      if (!first || candidate.at < first.at || (candidate.at === first.at && candidate.order < first.order)) {
        first = candidate;
      }
    }
    return first;
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }
}
