/** So many access units must have ended where their marker said, a key frame among them. */
const unitsToTrust = 16;

/**
 * Whether the marker bit of a camera ends its access units.
 *
 * Most cameras set it on the last packet of a picture, so that the picture can be passed on at once. VStarcam sets
 * it in the middle too; only the next packet tells. So at first the next packet is awaited, and when the marker was
 * right for a while it is believed, until it was wrong once.
 */
export class MarkerTrust {
  /** Whether there was a marker after slices at all. */
  seen = false;
  #state: 'open' | 'trusted' | 'betrayed' = 'open';
  #confirmed = 0;
  #confirmedKeyFrame = false;

  get trusted(): boolean {
    return this.#state === 'trusted';
  }

  /** Not trusted yet, but never wrong so far. */
  get open(): boolean {
    return this.#state === 'open';
  }

  /** A picture ended where its marker said. */
  confirm(keyFrame: boolean): void {
    if (this.#state !== 'open') return;
    this.#confirmed++;
    if (keyFrame) this.#confirmedKeyFrame = true;
    if (this.#confirmed >= unitsToTrust && this.#confirmedKeyFrame) this.#state = 'trusted';
  }

  /** A picture went on after its marker. */
  betray(): void {
    this.#state = 'betrayed';
  }
}
