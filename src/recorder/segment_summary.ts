import { createHash } from 'node:crypto';
import type { SegmentSummary } from '../footage/segment.ts';
import type { SegmentScan } from '../mp4/segment_scan.ts';
import { segmentTracks } from '../mp4/segment_track.ts';
import { type PlacedFragments, placeFragments } from './place_fragments.ts';

/**
 * What a finished file's row says, from its scan; there must be a fragment.
 *
 * @param id the segment's
 * @param ends the header as it is in the file, and what follows the last fragment
 */
export function segmentSummary(
  scan: SegmentScan,
  id: string,
  ends: { readonly header: Uint8Array; readonly tail: Uint8Array },
  { fragments, endMs }: PlacedFragments = placeFragments(scan),
): SegmentSummary {
  const last = fragments.at(-1)!;
  return {
    id,
    startMs: fragments[0]!.startMs,
    endMs,
    bytes: scan.goodBytes + ends.tail.length,
    independent: fragments[0]!.keyFrame,
    ...(fragments[0]!.offset > scan.header.bytes.length && { isBeginLost: true }),
    ...((!scan.closed || last.offset + last.bytes < scan.goodBytes) && { isEndLost: true }),
    bodyHash: scan.bodyHash.copy().update(ends.tail).digest('hex'),
    headerHash: createHash('sha256').update(ends.header).digest('hex'),
    tracks: segmentTracks(scan.header.tracks, scan.table.tracks()),
    fragments,
  };
}
