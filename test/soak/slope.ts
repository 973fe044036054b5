/** Slope of the straight line through points that fits best by least squares. Pure. */

/** @param points instant in milliseconds, and value; at least two instants @returns change of the value in a minute */
export function slopePerMinute(points: readonly (readonly [atMs: number, value: number])[]): number {
  const mean = (pick: 0 | 1) => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [middleMs, middle] = [mean(0), mean(1)];
  let product = 0;
  let square = 0;
  for (const [atMs, value] of points) {
    product += (atMs - middleMs) * (value - middle);
    square += (atMs - middleMs) ** 2;
  }
  return (product / square) * 60_000;
}
