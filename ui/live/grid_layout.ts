/** Pictures are 16:9 almost always; others get bars. */
const aspect = 16 / 9;
/** A layout with more columns is taken even if its tiles are smaller by this: rows read better than piles. */
const preference = 0.9;

/** How many columns give the largest tiles for so many pictures in a space, and how wide the tiles are, in CSS pixels. */
export function gridLayout(
  count: number,
  space: { width: number; height: number },
  gap: number,
): { columns: number; tileWidth: number } {
  const layouts = Array.from({ length: Math.max(1, count) }, (_, i) => {
    const columns = i + 1;
    const rows = Math.ceil(count / columns);
    const byWidth = (space.width - gap * (columns - 1)) / columns;
    const byHeight = ((space.height - gap * (rows - 1)) / rows) * aspect;
    return { columns, tileWidth: Math.max(0, Math.floor(Math.min(byWidth, byHeight))) };
  });
  const largest = Math.max(...layouts.map(({ tileWidth }) => tileWidth));
  return layouts.findLast(({ tileWidth }) => tileWidth >= largest * preference)!;
}
