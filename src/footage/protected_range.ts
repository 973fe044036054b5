import { type Interval, subtract } from './interval.ts';

/** Wall time whose footage is never deleted, also when it is recorded only later. Half-open. */
export interface ProtectedRange {
  /** Undefined: of all cameras. */
  readonly cameraId: string | undefined;
  readonly startMs: number;
  /** Undefined: for ever. */
  readonly endMs: number | undefined;
}

const isOf = (range: ProtectedRange, cameraId: string): boolean =>
  range.cameraId === undefined || range.cameraId === cameraId;

/** Whether any instant of the footage is protected: a file goes or stays as a whole. */
export function isProtected(
  footage: { readonly cameraId: string; readonly startMs: number; readonly endMs: number },
  range: ProtectedRange,
): boolean {
  const rangeEndMs = range.endMs ?? Number.POSITIVE_INFINITY;
  return isOf(range, footage.cameraId) && footage.startMs < rangeEndMs && footage.endMs > range.startMs;
}

/** The protected time of a camera, each instant once, in order. */
export function protectedTime(cameraId: string, ranges: readonly ProtectedRange[]): Interval[] {
  const joined: { startMs: number; endMs: number }[] = [];
  for (const { startMs, endMs } of rangesOf(cameraId, ranges)) {
    const last = joined.at(-1);
    if (last && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else joined.push({ startMs, endMs });
  }
  return joined;
}

/** Of the time given, what no range protects of a camera, in order: files that lie within may go. */
export function unprotectedTime(
  cameraId: string,
  ranges: readonly ProtectedRange[],
  time: Interval,
): Interval[] {
  return subtract(time, rangesOf(cameraId, ranges));
}

function rangesOf(cameraId: string, ranges: readonly ProtectedRange[]): Interval[] {
  return ranges
    .filter((range) => isOf(range, cameraId))
    .map(({ startMs, endMs }) => ({ startMs, endMs: endMs ?? Number.MAX_SAFE_INTEGER }))
    .sort((a, b) => a.startMs - b.startMs);
}
