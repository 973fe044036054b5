import { isDeepStrictEqual } from 'node:util';
import type { FragmentEntry } from '../footage/segment.ts';
import type { InspectedSegment } from '../index/inspection.ts';
import type { ScannedFile } from '../recorder/scan_file.ts';
import type { Difference } from './difference.ts';

/** Two segments of a run share an instant that each rounds by itself. */
const roundingMs = 2;
/** The index has wall times to the microsecond. */
const sameInstantMs = 0.002;

/** How a file that was read from end to end differs from what the index says of it. */
export function compareFootage(segment: InspectedSegment, { scan, summary }: ScannedFile): Difference[] {
  const differences: Difference[] = [];
  const say = (kind: Difference['kind'], detail: string) =>
    differences.push({ kind, path: segment.path, detail });
  const { identity } = scan.header;
  for (const [name, inFile, inIndex] of [
    ['camera', identity.cameraId, segment.cameraId],
    ['stream', identity.streamId, segment.streamId],
    ['run', identity.runId, segment.runId],
    ['number in its run', identity.segmentNumber, segment.number],
    ['clock epoch', identity.clockEpoch, segment.clockEpoch],
  ] as const) {
    if (inFile !== inIndex) say('identity', `its ${name} is ${inFile}, and ${inIndex} in the index`);
  }
  if (!summary) {
    say('fragment_damaged', 'no fragment of it is whole');
    return differences;
  }
  if (summary.headerHash !== segment.headerHash) say('header_hash', 'its header was changed');
  if (summary.bodyHash !== segment.bodyHash) say('body_hash', 'its footage was changed');
  if (!segment.fragments) return differences;
  const whole = new Set(summary.fragments.map(({ offset }) => offset));
  const damaged = segment.fragments.filter(({ offset }) => !whole.has(offset));
  for (const { offset, startMs } of damaged) {
    say(
      'fragment_damaged',
      `the fragment at byte ${offset}, of ${new Date(startMs).toISOString()}, is not whole`,
    );
  }
  // What follows from other bytes says nothing new.
  if (differences.length > 0) return differences;
  if (!sameFragments(summary.fragments, segment.fragments))
    say('content', 'its fragments are not those of the index');
  if (!isDeepStrictEqual(summary.tracks, segment.tracks))
    say('content', 'its tracks are not those of the index');
  const startsMs = [
    summary.startMs,
    summary.fragments.find(({ keyFrame }) => keyFrame)?.startMs ?? summary.endMs,
  ];
  if (!startsMs.some((startMs) => Math.abs(startMs - segment.startMs) <= roundingMs))
    say('content', `it begins at ${Math.round(summary.startMs)}, and at ${segment.startMs} in the index`);
  if (Math.abs(summary.endMs - segment.endMs) > roundingMs)
    say('content', `it ends at ${Math.round(summary.endMs)}, and at ${segment.endMs} in the index`);
  return differences;
}

function sameFragments(a: readonly FragmentEntry[], b: readonly FragmentEntry[]): boolean {
  return (
    a.length === b.length &&
    a.every((fragment, index) => {
      const other = b[index]!;
      return (
        fragment.offset === other.offset &&
        fragment.bytes === other.bytes &&
        fragment.startTicks === other.startTicks &&
        fragment.durationTicks === other.durationTicks &&
        fragment.keyFrame === other.keyFrame &&
        Math.abs(fragment.startMs - other.startMs) <= sameInstantMs &&
        Math.abs(fragment.arrivalMs - other.arrivalMs) <= sameInstantMs
      );
    })
  );
}
