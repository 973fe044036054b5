/** Where the card of a pointer is: beside the drawing, so that it covers neither tracks nor the playhead's bubble. */

/** In CSS pixels, with its padding. */
export const cardWidth = 262;
/** With a picture and a few lines. */
const cardHeight = 270;
/** Over the minimap. */
const overlap = 20;

/** `bare`: above, without a picture, which would be off the screen. */
export type CardSide = 'above' | 'below' | 'bare';

/** @param room so many pixels of the screen are above and below the drawing */
export function cardSide({ above, below }: { above: number; below: number }): CardSide {
  if (above + overlap >= cardHeight) return 'above';
  return below >= cardHeight ? 'below' : 'bare';
}

/** Over or under a place, but within the drawing. */
export function cardLeft(x: number, widthPx: number): number {
  return Math.max(0, Math.min(widthPx - cardWidth, x - cardWidth / 2));
}
