/** What is known of a stream's time: pieces of footage and of gaps, as the timeline draws them. */
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';

export type GapCause = TimelineAnswer['gaps'][number]['cause'];

/** Footage, half-open. */
export interface RecordedPart {
  readonly kind: 'recorded';
  readonly startMs: number;
  readonly endMs: number;
  /** More is being added to its end. */
  readonly growing: boolean;
}

/** No footage, half-open, with why. */
export interface GapPart {
  readonly kind: 'gap';
  readonly startMs: number;
  readonly endMs: number;
  readonly cause: GapCause;
  /** It has not ended; `endMs` is now. */
  readonly ongoing: boolean;
}

export type FootagePart = RecordedPart | GapPart;

const momentMs = 1_000;

/** The parts of an answer in order. */
export function partsOf({ recordings, gaps }: Pick<TimelineAnswer, 'recordings' | 'gaps'>): FootagePart[] {
  const parts: FootagePart[] = [
    ...recordings.map(({ startMs, endMs, growing }) => ({
      kind: 'recorded' as const,
      startMs,
      endMs,
      growing,
    })),
    ...gaps.map((gap) => ({ kind: 'gap' as const, ...gap })),
  ];
  return joinParts(withoutMoments(parts.sort((a, b) => a.startMs - b.startMs)));
}

/** A gap of a moment beside another gap is its begin or its end: a cause is noticed later than it takes effect. */
function withoutMoments(parts: readonly FootagePart[]): FootagePart[] {
  return parts.map((part, index) => {
    if (part.kind !== 'gap' || part.endMs - part.startMs > momentMs) return part;
    const [before, after] = [parts[index - 1], parts[index + 1]];
    const gap = [after, before].find(
      (other) =>
        other?.kind === 'gap' &&
        other.endMs - other.startMs > momentMs &&
        (other.startMs === part.endMs || other.endMs === part.startMs),
    );
    return gap?.kind === 'gap' ? { ...part, cause: gap.cause } : part;
  });
}

/** Parts in order with those that say the same and touch made one; what overlaps an earlier part is cut off. */
export function joinParts(parts: readonly FootagePart[]): FootagePart[] {
  const joined: FootagePart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last === undefined || last.endMs < part.startMs) {
      joined.push(part);
      continue;
    }
    if (part.endMs <= last.endMs) continue;
    if (saysTheSame(last, part)) joined[joined.length - 1] = { ...part, startMs: last.startMs };
    else joined.push({ ...part, startMs: last.endMs });
  }
  return joined;
}

function saysTheSame(a: FootagePart, b: FootagePart): boolean {
  if (a.kind === 'recorded') return b.kind === 'recorded';
  return b.kind === 'gap' && a.cause === b.cause;
}

/** What any of several cameras has, in order; of each camera the parts are in order. */
export function anyRecorded(cameras: readonly (readonly FootagePart[])[]): RecordedPart[] {
  const heads = cameras.map((parts) => new RecordedHead(parts));
  const merged: RecordedPart[] = [];
  for (;;) {
    let whole: RecordedPart | undefined;
    for (const { part } of heads) if (part && part.startMs < (whole?.startMs ?? Infinity)) whole = part;
    if (!whole) return merged;
    for (let longer = true; longer; ) {
      longer = false;
      for (const head of heads) {
        for (; head.part && head.part.startMs <= whole.endMs; head.next()) {
          const { endMs, growing }: RecordedPart = head.part;
          if (endMs > whole.endMs) {
            whole = { ...whole, endMs, growing };
            longer = true;
          } else if (endMs === whole.endMs && growing && !whole.growing) whole = { ...whole, growing };
        }
      }
    }
    merged.push(whole);
  }
}

/** Where a merge has come to in the parts of one camera. */
class RecordedHead {
  part: RecordedPart | undefined;
  readonly #parts: readonly FootagePart[];
  #at = 0;

  constructor(parts: readonly FootagePart[]) {
    this.#parts = parts;
    this.next();
  }

  next(): void {
    let part = this.#parts[this.#at++];
    while (part && part.kind !== 'recorded') part = this.#parts[this.#at++];
    this.part = part;
  }
}

/** What of the part lies in the window, if anything. */
export function clipPart(part: FootagePart, fromMs: number, toMs: number): FootagePart | undefined {
  if (part.startMs >= fromMs && part.endMs <= toMs) return part;
  const startMs = Math.max(part.startMs, fromMs);
  const endMs = Math.min(part.endMs, toMs);
  return startMs < endMs ? { ...part, startMs, endMs } : undefined;
}

/** The part that holds an instant, by bisection over parts in order. */
export function partAt(parts: readonly FootagePart[], ms: number): FootagePart | undefined {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (parts[middle]!.endMs <= ms) low = middle + 1;
    else high = middle;
  }
  const part = parts[low];
  return part && part.startMs <= ms ? part : undefined;
}
