/** Amounts in words, for people. */

/** Of a part from 0 to 1: `2.4 %`. */
export function percent(part: number): string {
  const value = part * 100;
  return `${value >= 10 ? Math.round(value) : value >= 0.1 ? value.toFixed(1) : value.toFixed(2)} %`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

/** `2 h 3 min`, `45 min`, `90 s`, `3 days`. */
export function lasting(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 120) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 120) return `${min} min`;
  if (min < 2 * 1440) return `${Math.floor(min / 60)} h${min % 60 === 0 ? '' : ` ${min % 60} min`}`;
  return `${Math.round(min / 1440)} days`;
}
