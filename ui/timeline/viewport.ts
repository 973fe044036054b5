/** What part of time is in view: pure geometry, one pixel of `widthPx` being `spanMs / widthPx` milliseconds. */

export const minSpanMs = 10_000;
export const maxSpanMs = 60 * 86_400_000;

export interface Viewport {
  readonly centreMs: number;
  /** {@link minSpanMs} to {@link maxSpanMs}. */
  readonly spanMs: number;
  /** Of the drawing along time, in CSS pixels, above 0: its height on the screen where it is vertical. */
  readonly widthPx: number;
}

/** The time that the view may be centred on. */
export interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
}

export function startOf({ centreMs, spanMs }: Viewport): number {
  return centreMs - spanMs / 2;
}

export function endOf({ centreMs, spanMs }: Viewport): number {
  return centreMs + spanMs / 2;
}

export function msPerPx({ spanMs, widthPx }: Viewport): number {
  return spanMs / widthPx;
}

export function xOf(view: Viewport, ms: number): number {
  return (ms - startOf(view)) / msPerPx(view);
}

export function msAt(view: Viewport, x: number): number {
  return startOf(view) + x * msPerPx(view);
}

/** The view `factor` times as long, with the instant at `x` staying there. */
export function zoomAbout(view: Viewport, x: number, factor: number): Viewport {
  const spanMs = clampSpan(view.spanMs * factor);
  const fixedMs = msAt(view, x);
  return { ...view, spanMs, centreMs: fixedMs + (view.centreMs - fixedMs) * (spanMs / view.spanMs) };
}

/** The view when its content is pushed `dx` pixels to the right. */
export function pan(view: Viewport, dx: number): Viewport {
  return { ...view, centreMs: view.centreMs - dx * msPerPx(view) };
}

/** The view with its centre within the bounds. */
export function clampTo(view: Viewport, { fromMs, toMs }: Bounds): Viewport {
  return { ...view, centreMs: Math.max(fromMs, Math.min(toMs, view.centreMs)) };
}

/** The view in which what was at `x0` and `x1` is at `nowX0` and `nowX1`: two fingers. */
export function pinch(
  view: Viewport,
  from: readonly [number, number],
  to: readonly [number, number],
): Viewport {
  const before = Math.max(8, Math.abs(from[1] - from[0]));
  const after = Math.max(8, Math.abs(to[1] - to[0]));
  const [middle, nowMiddle] = [(from[0] + from[1]) / 2, (to[0] + to[1]) / 2];
  return pan(zoomAbout(view, middle, before / after), nowMiddle - middle);
}

/** The view with `ms` inside, at least a tenth from either edge; unchanged if it is. */
export function reveal(view: Viewport, ms: number): Viewport {
  const margin = view.spanMs / 10;
  if (ms < startOf(view) + margin) return { ...view, centreMs: ms - margin + view.spanMs / 2 };
  if (ms > endOf(view) - margin) return { ...view, centreMs: ms + margin - view.spanMs / 2 };
  return view;
}

export function clampSpan(spanMs: number): number {
  return Math.max(minSpanMs, Math.min(maxSpanMs, spanMs));
}
