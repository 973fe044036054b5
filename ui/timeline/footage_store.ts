/**
 * What the timeline of one stream looks like, as far as it was fetched: windows by level of detail, bounded in number,
 * kept true by what the server pushes. It knows no timers and no network: `wanted` says what to fetch, `put` takes it.
 */
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import type { ActivityPart, ActivityStrip } from './activity.ts';
import { clipDamage, type Damage, joinDamages } from './damage.ts';
import type { TimelineEvent } from './event_words.ts';
import {
  askedResolution,
  resolutionOf,
  type WindowKey,
  windowsBetween,
  windowsOf,
} from './footage_levels.ts';
import { clipPart, type FootagePart, joinParts, partsOf } from './footage_part.ts';
import { endOf, startOf, type Viewport } from './viewport.ts';

/** Windows kept; a view needs two to four. */
const maxWindows = 48;
/** A window that reaches into the present is fetched again after this long without a word from the server. */
const openWindowMs = 5_000;
/** And at the latest after this long, or so many of its steps, for the activity, which is not pushed. */
const activityMs = 10_000;
const activitySteps = 4;
/**
 * Pushed growth is believed up to here beyond what was known: the server calls longer breaks gaps, also within a run, so
 * more may hide one and is asked for.
 */
const believedGrowthMs = 3_000;

export interface TimelineRequest {
  readonly fromMs: number;
  readonly toMs: number;
  readonly resolutionMs: number | undefined;
}

interface KnownWindow {
  readonly key: WindowKey;
  readonly parts: readonly FootagePart[];
  readonly damages: readonly Damage[];
  readonly events: readonly TimelineEvent[];
  readonly activity: ActivityStrip;
  readonly knownToMs: number;
  readonly fetchedMs: number;
  /** Up to where footage is known, by the answer and by what was pushed since. */
  edgeMs: number;
  stale: boolean;
}

/** What to draw for a view. */
export interface FootageView {
  /** In order, within the view. */
  readonly parts: readonly FootagePart[];
  /** In order, within the view; those of one media do not overlap. */
  readonly damages: readonly Damage[];
  /** With an instant in the view, whole; those of a window by their begins. What goes on ends now. */
  readonly events: readonly TimelineEvent[];
  /** In order, within the view. */
  readonly activity: readonly ActivityPart[];
  /** Before it the camera was not there; `undefined` while that is not known. */
  readonly expectedFromMs: number | undefined;
  /** From here to now nothing is decided yet. */
  readonly knownToMs: number | undefined;
  /** Stretches of the view of which nothing is known yet. */
  readonly unknown: readonly { readonly fromMs: number; readonly toMs: number }[];
}

export class FootageStore {
  readonly #windows = new Map<string, KnownWindow>();
  /** Being fetched, and whether what comes is out of date already. */
  readonly #pending = new Map<string, { readonly key: WindowKey; stale: boolean }>();
  #expectedFromMs: number | undefined;
  #edgeMs = 0;

  /** Since when footage is expected, once a window was fetched that reaches back so far. */
  get expectedFromMs(): number | undefined {
    return this.#expectedFromMs;
  }

  /** Windows that the view needs and that are missing or out of date; each is marked as being fetched. */
  wanted(view: Viewport, nowMs: number, fromMs: number): WindowKey[] {
    const keys = windowsOf(view, { fromMs, toMs: nowMs }).filter((key) => this.#isWanted(key, nowMs));
    for (const key of keys) this.#pending.set(name(key), { key, stale: false });
    return keys;
  }

  /** Takes an answer for a window that was wanted. */
  put(key: WindowKey, answer: TimelineAnswer, nowMs: number): void {
    const id = name(key);
    const stale = this.#pending.get(id)?.stale ?? false;
    this.#pending.delete(id);
    const { expectedFromMs, knownToMs } = answer;
    if (expectedFromMs > key.fromMs) this.#expectedFromMs = expectedFromMs;
    this.#windows.delete(id);
    const edgeMs = answer.recordings.at(-1)?.endMs ?? 0;
    const { damages, events, activity } = answer;
    const window = {
      key,
      parts: partsOf(answer),
      damages,
      events,
      activity,
      knownToMs,
      fetchedMs: nowMs,
      edgeMs,
      stale,
    };
    this.#windows.set(id, window);
    this.#edgeMs = Math.max(this.#edgeMs, edgeMs);
    while (this.#windows.size > maxWindows) this.#windows.delete(this.#windows.keys().next().value!);
  }

  /** The window could not be fetched; it is wanted again. */
  failed(key: WindowKey): void {
    this.#pending.delete(name(key));
  }

  /** Footage was added up to `endMs`. True when that alone changes what is drawn, or something must be fetched. */
  grew(endMs: number): boolean {
    if (endMs <= this.#edgeMs) return false;
    for (const window of this.#windows.values()) {
      if (window.key.toMs <= this.#edgeMs) continue;
      const last = window.parts.at(-1);
      const goesOn = last?.kind === 'recorded' && last.growing;
      if (!goesOn || endMs - window.edgeMs > believedGrowthMs) window.stale = true;
      else window.edgeMs = endMs;
    }
    this.#edgeMs = endMs;
    return true;
  }

  /** Something changed between the two instants; by default anything may have. What is known is shown until then. */
  invalidate(fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY): void {
    for (const window of [...this.#windows.values(), ...this.#pending.values()]) {
      if (window.key.fromMs < toMs && window.key.toMs > fromMs) window.stale = true;
    }
  }

  /** What is known of the view, of the best level there is for each window. */
  compose(view: Viewport, nowMs: number): FootageView {
    const fromMs = startOf(view);
    const toMs = Math.min(nowMs, endOf(view));
    const parts: FootagePart[] = [];
    const damages: Damage[] = [];
    const events: TimelineEvent[] = [];
    const activity: ActivityPart[] = [];
    const unknown: { fromMs: number; toMs: number }[] = [];
    let knownToMs: number | undefined;
    // What began before a window is told by the one before it, if that is known.
    let toldToMs = Number.NEGATIVE_INFINITY;
    for (const key of windowsBetween(resolutionOf(view), fromMs, toMs)) {
      const [start, end] = [Math.max(key.fromMs, fromMs), Math.min(key.toMs, toMs)];
      const cover = this.#cover(key, start, end);
      if (cover.length === 0) {
        unknown.push({ fromMs: start, toMs: end });
        toldToMs = Number.NEGATIVE_INFINITY;
      }
      for (const window of cover) {
        knownToMs = Math.max(knownToMs ?? 0, window.knownToMs);
        for (const part of this.#grown(window)) {
          const clipped = clipPart(part, start, end);
          if (clipped) parts.push(clipped);
        }
        for (const damage of window.damages) {
          const clipped = clipDamage(damage, start, end);
          if (clipped) damages.push(clipped);
        }
        for (const event of window.events) {
          if (event.startMs < toldToMs || event.startMs >= end) continue;
          if (event.ongoing) events.push({ ...event, endMs: Math.max(event.startMs, nowMs) });
          else if (event.endMs >= start) events.push(event);
        }
        const ends = { fromMs: Math.max(start, window.key.fromMs), toMs: Math.min(end, window.key.toMs) };
        activity.push({ strip: window.activity, ...ends });
        toldToMs = Math.max(toldToMs, Math.min(end, window.key.toMs));
      }
    }
    const joined = joinParts(parts);
    const last = joined.at(-1);
    if (last?.kind === 'gap' && last.ongoing && last.endMs < toMs)
      joined[joined.length - 1] = { ...last, endMs: toMs };
    if (last && knownToMs !== undefined) knownToMs = Math.max(knownToMs, joined.at(-1)!.endMs);
    const { expectedFromMs } = this;
    return {
      parts: joined,
      damages: joinDamages(damages),
      events,
      activity,
      expectedFromMs,
      knownToMs,
      unknown,
    };
  }

  #isWanted(key: WindowKey, nowMs: number): boolean {
    if (this.#pending.has(name(key))) return false;
    const known = this.#windows.get(name(key));
    if (!known || known.stale) return true;
    if (key.toMs <= known.fetchedMs) return false;
    const leastMs = Math.max(activityMs, activitySteps * key.resolutionMs);
    if (nowMs - known.fetchedMs > leastMs) return true;
    return nowMs - known.fetchedMs > openWindowMs && !this.#isGrowing(known, nowMs);
  }

  /** Whether pushes keep the window true. */
  #isGrowing({ parts, edgeMs }: KnownWindow, nowMs: number): boolean {
    const last = parts.at(-1);
    return last?.kind === 'recorded' && last.growing && nowMs - edgeMs < openWindowMs;
  }

  /** The window itself, or those of other levels that tell most of it. */
  #cover(key: WindowKey, fromMs: number, toMs: number): KnownWindow[] {
    const own = this.#windows.get(name(key));
    if (own) {
      this.#windows.delete(name(key));
      this.#windows.set(name(key), own);
      return [own];
    }
    const others = [...this.#windows.values()].filter(
      (window) => window.key.fromMs < toMs && window.key.toMs > fromMs,
    );
    const whole = others.filter((window) => window.key.fromMs <= fromMs && window.key.toMs >= toMs);
    // Of those that tell it all the finest, else what there is in order.
    if (whole.length > 0) return [whole.reduce((a, b) => (b.key.resolutionMs < a.key.resolutionMs ? b : a))];
    return others
      .filter((window) => window.key.resolutionMs === others[0]!.key.resolutionMs)
      .sort((a, b) => a.key.fromMs - b.key.fromMs);
  }

  #grown({ parts, key, edgeMs }: KnownWindow): readonly FootagePart[] {
    const last = parts.at(-1);
    if (last?.kind !== 'recorded' || !last.growing || edgeMs <= last.endMs) return parts;
    return [...parts.slice(0, -1), { ...last, endMs: Math.max(last.endMs, Math.min(edgeMs, key.toMs)) }];
  }
}

export function requestOf(key: WindowKey): TimelineRequest {
  return { fromMs: key.fromMs, toMs: key.toMs, resolutionMs: askedResolution(key) };
}

function name({ resolutionMs, fromMs }: WindowKey): string {
  return `${resolutionMs} ${fromMs}`;
}
