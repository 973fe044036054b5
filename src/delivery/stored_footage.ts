import { NightjarError } from '../errors/nightjar_error.ts';
import type { FootageIndex } from '../index/open_index.ts';
import type { StoredSegment } from '../index/segments.ts';
import { type OpenFootageFacts, openSegment } from '../playback/open_segment.ts';
import type { PlayableSegment } from '../playback/playable_segment.ts';

/** Segments of a window, closed and open, as playback takes them. */
export function playableSegments(
  footage: FootageIndex,
  open: readonly OpenFootageFacts[],
  window: { readonly streamId: string; readonly fromMs: number; readonly toMs: number },
): PlayableSegment[] {
  const closed = footage
    .segmentsBetween(window.streamId, window.fromMs, window.toMs)
    .map((segment) => closedSegment(footage, segment))
    .filter(({ fragments }) => fragments.length > 0);
  // A segment may be closed between the question to the recorder and that to the index.
  const known = new Set(closed.map(({ id }) => id));
  const growing = open
    .filter(({ segment, fragments }) => fragments.length > 0 && !known.has(segment.id))
    .map(openSegment)
    .filter(({ startMs, endMs }) => startMs < window.toMs && endMs > window.fromMs);
  return [...closed, ...growing];
}

/**
 * One segment of one of these streams.
 *
 * @throws NightjarError `not_found`: it never was, or is not any more
 */
export function playableSegment(
  footage: FootageIndex,
  open: readonly OpenFootageFacts[],
  wanted: { readonly segmentId: string; readonly streamIds: readonly string[] },
): PlayableSegment {
  const stored = footage.segment(wanted.segmentId);
  if (stored && wanted.streamIds.includes(stored.streamId)) return closedSegment(footage, stored);
  const growing = open.find(
    ({ segment, fragments }) => segment.id === wanted.segmentId && fragments.length > 0,
  );
  if (growing) return openSegment(growing);
  throw new NightjarError('not_found', 'There is no such segment of this camera.');
}

function closedSegment(footage: FootageIndex, segment: StoredSegment): PlayableSegment {
  const { id, runId, number, rootId, path, startMs, endMs, overlap, bytes, tracks } = segment;
  const fragments = footage.fragments(id);
  return { id, runId, number, rootId, path, startMs, endMs, overlap, fileBytes: bytes, tracks, fragments };
}
