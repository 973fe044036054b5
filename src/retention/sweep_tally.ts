import type { RootTally } from './root_tally.ts';

/** What a sweep has done. */
export class SweepTally {
  deleted = 0;
  readonly roots: ReadonlyMap<string, RootTally>;

  constructor(roots: readonly RootTally[]) {
    this.roots = new Map(roots.map((root) => [root.id, root]));
  }

  /** Disks on which there is a point in going on. */
  get usable(): ReadonlyMap<string, RootTally> {
    return new Map([...this.roots].filter(([, { hasGivenUp }]) => !hasGivenUp));
  }

  beginStep(): void {
    for (const root of this.roots.values()) root.beginStep();
  }

  get freedBytes(): number {
    return [...this.roots.values()].reduce((sum, { freedBytes }) => sum + freedBytes, 0);
  }

  get failed(): number {
    return [...this.roots.values()].reduce((sum, { failed }) => sum + failed, 0);
  }
}
