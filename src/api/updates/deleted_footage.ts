/** A file that was deleted. */
export interface DeletedSegment {
  readonly streamId: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface DeletedStretch {
  readonly streamId: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What went, with files of a stream that follow each other as one stretch; sorted by stream, then by time. */
export function deletedStretches(segments: readonly DeletedSegment[]): DeletedStretch[] {
  const sorted = segments.toSorted(
    (a, b) => (a.streamId < b.streamId ? -1 : Number(a.streamId > b.streamId)) || a.startMs - b.startMs,
  );
  const stretches: DeletedStretch[] = [];
  for (const { streamId, startMs, endMs } of sorted) {
    const last = stretches.at(-1);
    if (last?.streamId === streamId && startMs <= last.toMs) {
      stretches[stretches.length - 1] = { ...last, toMs: Math.max(last.toMs, endMs) };
    } else {
      stretches.push({ streamId, fromMs: startMs, toMs: endMs });
    }
  }
  return stretches;
}
