/** How long to wait before the next attempt: doubles from half a second to ten, less up to a quarter by chance. */
export function backoffMs(failures: number, chance: () => number = Math.random): number {
  const longest = Math.min(500 * 2 ** Math.min(failures, 10), 10_000);
  return Math.round(longest * (1 - 0.25 * chance()));
}
