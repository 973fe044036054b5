/** Whether what a recorder said before its end still holds after its restart. Pure. */
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { type Interval, subtract } from '../../src/footage/interval.ts';
import { type CameraSession, pictureMs } from './marking_camera.ts';
import type { PictureMark } from './picture_marks.ts';

/** The start of a run is provisional for its first seconds, and ends are told as whole milliseconds. */
const edgeMs = 25;

/** @returns reported footage that is neither there nor deleted since */
export function missingFootage(reported: readonly Interval[], found: TimelineAnswer): Interval[] {
  const deleted = found.gaps.filter(({ cause }) => cause === 'deleted');
  const known = [...found.recordings, ...deleted].sort((a, b) => a.startMs - b.startMs);
  return reported
    .flatMap((range) => subtract(range, known))
    .filter(({ startMs, endMs }) => endMs - startMs > edgeMs);
}

/** Footage and gaps must tile the time line. */
export function tilingFaults({ recordings, gaps, expectedFromMs, knownToMs }: TimelineAnswer): string[] {
  const parts = [...recordings, ...gaps].sort((a, b) => a.startMs - b.startMs);
  const faults: string[] = [];
  let atMs = expectedFromMs;
  for (const { startMs, endMs } of parts) {
    if (startMs !== atMs) faults.push(`the timeline does not tile at ${startMs}, after ${atMs}`);
    atMs = endMs;
  }
  if (atMs !== knownToMs) faults.push(`the timeline ends at ${atMs} and not at ${knownToMs}`);
  return faults;
}

/**
 * A clip must have every picture of a stretch of one run, in order.
 *
 * @param preroll so many pictures more may come before those that were asked for, from a key frame on
 */
export function clipFaults(
  marks: readonly PictureMark[],
  camera: number,
  { stretch, preroll }: { stretch: Interval; preroll: number },
): string[] {
  const faults: string[] = [];
  if (marks.some((mark) => mark.camera !== camera)) faults.push('a clip has pictures of another camera');
  for (const [index, { number }] of marks.entries()) {
    const before = marks[index - 1]?.number;
    if (before !== undefined && number !== before + 1) faults.push(`picture ${number} follows ${before}`);
  }
  const expected = (stretch.endMs - stretch.startMs) / pictureMs;
  if (marks.length < expected - 2 || marks.length > expected + 2 + preroll) {
    faults.push(`${marks.length} pictures in ${stretch.endMs - stretch.startMs} ms of footage`);
  }
  return faults;
}

/** Milliseconds of sent footage that are not played back after a kill; undefined when the camera was not playing then. */
export function lossMs(
  sessions: readonly CameraSession[],
  killMs: number,
  newest: PictureMark | undefined,
): number | undefined {
  const session = sessions.findLast(({ firstMs }) => firstMs < killMs);
  // The connection of a process that is gone ends at once; one that ended long before was not the kill's.
  if (!session || session.lastMs < killMs - 10 * pictureMs) return undefined;
  const fromMs = newest && newest.number >= session.firstNumber ? newest.sentMs + pictureMs : session.firstMs;
  return Math.max(0, killMs - fromMs);
}
