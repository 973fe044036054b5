import type { Clock } from '../clock/clock.ts';

/** A lease that nobody renews ends after this long: a client that stalls cannot keep footage from being deleted. */
export const leaseMs = 60_000;

/** Holds some segments against deletion until it is released or expires. */
export interface Lease {
  renew(): void;
  release(): void;
}

/**
 * Which segments are being read. Deleting asks it before it unlinks a file; a full disk need not ask, since a reader
 * whose file goes away ends with an error and nothing worse.
 */
export class LeaseTable {
  readonly #clock: Clock;
  /** Per segment, when each of its leases ends, by the monotonic clock. */
  readonly #ends = new Map<string, Map<Lease, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  lease(segmentIds: readonly string[]): Lease {
    const ids = [...new Set(segmentIds)];
    const lease: Lease = {
      renew: () => {
        const end = this.#clock.monotonic() + leaseMs;
        for (const id of ids) this.#ends.get(id)?.set(lease, end);
      },
      release: () => {
        for (const id of ids) this.#end(id, lease);
      },
    };
    for (const id of ids) if (!this.#ends.has(id)) this.#ends.set(id, new Map());
    lease.renew();
    return lease;
  }

  /** True while the segment is being read: retention leaves it alone, unless the disk is full. */
  isLeased(segmentId: string): boolean {
    const leases = this.#ends.get(segmentId);
    if (!leases) return false;
    const now = this.#clock.monotonic();
    for (const [lease, end] of leases) if (end <= now) this.#end(segmentId, lease);
    return this.#ends.has(segmentId);
  }

  /** Segments with a lease, expired ones included until they are asked for. */
  get size(): number {
    return this.#ends.size;
  }

  #end(segmentId: string, lease: Lease): void {
    const leases = this.#ends.get(segmentId);
    leases?.delete(lease);
    if (leases?.size === 0) this.#ends.delete(segmentId);
  }
}
