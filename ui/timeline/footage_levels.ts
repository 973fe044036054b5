/** Which pieces of the timeline a view needs: windows of fixed places, one set for each level of detail. */
import { endOf, msPerPx, startOf, type Viewport } from './viewport.ts';

/** Details finer than this are asked for exactly, without joining. */
const finestMs = 128;
/** Length of a window in units of its resolution: about a screen and a half. */
const windowUnits = 2048;
/** How much beyond the view is fetched ahead, as a part of its span. */
const margin = 0.25;

/** A window of one level, at a multiple of its own length. */
export interface WindowKey {
  readonly resolutionMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The finest resolution that the view can show: a power of two, at most a pixel. */
export function resolutionOf(view: Viewport): number {
  return Math.max(finestMs, 2 ** Math.floor(Math.log2(msPerPx(view))));
}

/** Of one type, events that begin in the same stretch of this length are one in windows of the view's level: eight steps. */
export function eventStretchOf(view: Viewport): number {
  return 8 * resolutionOf(view);
}

/** What to ask the server for: `undefined` is every detail. */
export function askedResolution({ resolutionMs }: WindowKey): number | undefined {
  return resolutionMs <= finestMs ? undefined : resolutionMs;
}

/** The windows of a view's level that it touches, those in sight before those of the margin. */
export function windowsOf(view: Viewport, limits: { fromMs: number; toMs: number }): WindowKey[] {
  const fromMs = Math.max(limits.fromMs, startOf(view));
  const toMs = Math.min(limits.toMs, endOf(view));
  const ahead = view.spanMs * margin;
  const seen = windowsBetween(resolutionOf(view), fromMs, toMs);
  const wide = windowsBetween(
    resolutionOf(view),
    Math.max(limits.fromMs, fromMs - ahead),
    Math.min(limits.toMs, toMs + ahead),
  );
  return [...seen, ...wide.filter((key) => !seen.some((other) => other.fromMs === key.fromMs))];
}

export function windowsBetween(resolutionMs: number, fromMs: number, toMs: number): WindowKey[] {
  const lengthMs = resolutionMs * windowUnits;
  const keys: WindowKey[] = [];
  for (let ms = Math.floor(fromMs / lengthMs) * lengthMs; ms < toMs; ms += lengthMs) {
    keys.push({ resolutionMs, fromMs: ms, toMs: ms + lengthMs });
  }
  return keys;
}
