/** Writes words that are upright, however the timeline lies. */
import type { Orientation } from './orientation.ts';

/**
 * As `fillText`: alignment and base line are those of the pen, as they are read.
 *
 * @param sinkPx so much lower on the screen, for what looks better so
 */
export function write(
  pen: CanvasRenderingContext2D,
  orientation: Orientation,
  words: string,
  x: number,
  y: number,
  sinkPx = 0,
): void {
  if (orientation === 'horizontal') {
    pen.fillText(words, x, y + sinkPx);
    return;
  }
  pen.save();
  pen.translate(x, y);
  pen.rotate(Math.PI / 2);
  pen.fillText(words, 0, sinkPx);
  pen.restore();
}
