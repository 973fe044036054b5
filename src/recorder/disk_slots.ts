import type { DiskLatency } from './disk_latency.ts';

/** Calls of the disk that may be under way at once; the others wait in the order in which they came. */
export class DiskSlots {
  readonly #latency: DiskLatency;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number, latency: DiskLatency) {
    this.#free = count;
    this.#latency = latency;
  }

  async run<Result>(job: () => Promise<Result>): Promise<Result> {
    const end = this.#latency.begin();
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await job();
    } finally {
      end();
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
