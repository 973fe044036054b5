/** Of the place that a preview has on the card, in CSS pixels; what has another shape stands in its middle. */
export const previewBox = { width: 240, height: 135 };

/** Sharper screens get no more pixels than this many for each of the card, either way. */
const maxScale = 2;

/** The pixels of a picture as it is shown in the box: as large as fits, in its own shape, and no larger than it is. */
export function fitInto(
  { width, height }: { width: number; height: number },
  scale: number,
): { width: number; height: number } {
  const sharp = Math.min(maxScale, Math.max(1, scale));
  const part = Math.min(1, (previewBox.width * sharp) / width, (previewBox.height * sharp) / height);
  return { width: Math.max(1, Math.round(width * part)), height: Math.max(1, Math.round(height * part)) };
}
