/** What pointers mean: a click seeks, a drag pans, two fingers zoom, handles are dragged. Pure: events in, actions out; x is along time. */
import type { Hit } from './layout.ts';

export type Action =
  | { readonly kind: 'seek'; readonly ms: number }
  /** To the begin of an event. */
  | { readonly kind: 'event'; readonly ms: number }
  | { readonly kind: 'pan'; readonly dx: number }
  | {
      readonly kind: 'pinch';
      readonly from: readonly [number, number];
      readonly to: readonly [number, number];
    }
  /** The playhead is dragged to a place, until `scrubbed`. */
  | { readonly kind: 'scrub'; readonly x: number }
  | { readonly kind: 'scrubbed' }
  | { readonly kind: 'mark'; readonly which: 'inMs' | 'outMs'; readonly x: number }
  | { readonly kind: 'minimap'; readonly x: number };

interface Finger {
  readonly startX: number;
  x: number;
}

/** A pointer that moves less than this clicks. */
const clickPx = { mouse: 4, touch: 10 };

export class Gestures {
  readonly #fingers = new Map<number, Finger>();
  #hit: Hit | undefined;
  #moved = false;
  readonly #slack: number;

  constructor(coarse: boolean) {
    this.#slack = coarse ? clickPx.touch : clickPx.mouse;
  }

  get isDragging(): boolean {
    return this.#fingers.size > 0 && this.#moved;
  }

  down(id: number, x: number, hit: Hit): Action[] {
    // A third finger is one too many for any gesture.
    if (this.#fingers.size >= 2) return [];
    const actions = this.#fingers.size === 1 ? this.#endOne() : [];
    this.#fingers.set(id, { startX: x, x });
    if (this.#fingers.size === 2) {
      this.#hit = undefined;
      this.#moved = true;
      return actions;
    }
    this.#hit = hit;
    this.#moved = false;
    return hit.kind === 'minimap' ? [{ kind: 'minimap', x }] : [];
  }

  move(id: number, x: number): Action[] {
    const finger = this.#fingers.get(id);
    if (!finger) return [];
    const before = [...this.#fingers.values()].map((each) => each.x);
    const dx = x - finger.x;
    finger.x = x;
    if (this.#fingers.size === 2) {
      const after = [...this.#fingers.values()].map((each) => each.x);
      return [{ kind: 'pinch', from: [before[0]!, before[1]!], to: [after[0]!, after[1]!] }];
    }
    if (!this.#moved && Math.abs(x - finger.startX) < this.#slack) {
      finger.x = finger.startX;
      return [];
    }
    this.#moved = true;
    switch (this.#hit?.kind) {
      case 'playhead':
        return [{ kind: 'scrub', x }];
      case 'mark':
        return [{ kind: 'mark', which: this.#hit.which, x }];
      case 'minimap':
        return [{ kind: 'minimap', x }];
      default:
        return [{ kind: 'pan', dx }];
    }
  }

  up(id: number): Action[] {
    if (!this.#fingers.has(id)) return [];
    const wasTwo = this.#fingers.size === 2;
    const actions = wasTwo ? [] : this.#endOne();
    const hit = wasTwo || this.#moved ? undefined : this.#hit;
    this.#fingers.delete(id);
    if (hit?.kind === 'time') actions.push({ kind: 'seek', ms: hit.ms });
    if (hit?.kind === 'event') actions.push({ kind: 'event', ms: hit.ms });
    return actions;
  }

  /** The browser took the pointer away: nothing was meant. */
  cancel(id: number): Action[] {
    if (!this.#fingers.has(id)) return [];
    const actions = this.#endOne();
    this.#fingers.delete(id);
    return actions;
  }

  #endOne(): Action[] {
    return this.#moved && this.#hit?.kind === 'playhead' ? [{ kind: 'scrubbed' }] : [];
  }
}
