/**
 * How the timeline lies on the screen. Its geometry, drawing and gestures are those of one that runs to the right: x is along
 * time, y across the rows. A vertical one is the same, turned a quarter to the left: time runs up, so that the newest is at
 * the top, and the rows are columns from left to right. Only what people read stays upright.
 */
export type Orientation = 'horizontal' | 'vertical';

/** Phones held upright, in the words of CSS; `upright.css` has the same. */
export const verticalScreens = '(max-width: 719px) and (orientation: portrait)';

/** The place in the drawing of a point of the screen, both in CSS pixels. @param point from the upper left corner of the drawing */
export function placeAt(
  orientation: Orientation,
  [left, top]: readonly [left: number, top: number],
  widthPx: number,
): [x: number, y: number] {
  return orientation === 'horizontal' ? [left, top] : [widthPx - top, left];
}

/** What `setTransform` of a canvas needs for its pixels to be those of the drawing, of which `topPx` is at its edge. */
export function transformOf(
  orientation: Orientation,
  { widthPx, topPx, scale }: { readonly widthPx: number; readonly topPx: number; readonly scale: number },
): [a: number, b: number, c: number, d: number, e: number, f: number] {
  if (orientation === 'horizontal') return [scale, 0, 0, scale, 0, -topPx * scale];
  // On whole pixels, as the canvas is: bars would have blurred edges.
  return [0, -scale, scale, 0, -topPx * scale, Math.round(widthPx * scale)];
}

/** Along time and across the rows. */
export interface Size {
  readonly along: number;
  readonly across: number;
}

/** Of what stays upright, such as words. */
export function sizeOf(orientation: Orientation, width: number, height: number): Size {
  return orientation === 'horizontal' ? { along: width, across: height } : { along: height, across: width };
}
