import { advanceRunClock, type RunClock, wallTime } from '../footage/run_clock.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import type { ScannedFragment, SegmentScan } from '../mp4/segment_scan.ts';
import type { TrackSamples } from '../mp4/track_samples.ts';
import { ticksToMillis, type UnixMillis, unixMillis } from '../units/time.ts';

export interface PlacedFragments {
  readonly fragments: readonly FragmentEntry[];
  readonly endMs: UnixMillis;
}

/**
 * Gives the fragments of a scanned file their wall time, by the same fold over their arrivals that the recorder
 * went by, from the state that the file's identity carries.
 */
export function placeFragments(scan: SegmentScan): PlacedFragments {
  const video = scan.header.tracks.find(({ kind }) => kind === 'video')!;
  const mediaMsAt = (ticks: number) => ticksToMillis(ticks + video.offsetTicks, video.timescale);
  let clock: RunClock | undefined = scan.header.identity.runClock;
  let placed: FragmentEntry[] = [];
  for (const fragment of scan.fragments) {
    const before: RunClock | undefined = clock;
    const mediaMs = mediaMsAt(fragment.startTicks);
    clock = advanceRunClock(before, { mediaMs, arrivalMs: fragment.arrivalMs });
    if (before && !before.settled) placed = shifted(placed, clock.offsetMs - before.offsetMs);
    placed.push(withStart(fragment, wallTime(clock, mediaMs)));
  }
  const samples = scan.table.tracks().find(({ trackId }) => trackId === video.trackId)!;
  return { fragments: placed, endMs: wallTime(clock!, mediaMsAt(endTicks(samples))) };
}

const withStart = (fragment: ScannedFragment, startMs: UnixMillis): FragmentEntry => ({
  ...fragment,
  startMs,
});

const shifted = (fragments: FragmentEntry[], byMs: number): FragmentEntry[] =>
  byMs === 0
    ? fragments
    : fragments.map((fragment) => ({ ...fragment, startMs: unixMillis(fragment.startMs + byMs) }));

/**
 * Where the pictures end, in ticks from the file's zero: as the recorder has it, the last one shown lasts as long as the
 * last one decoded. With B-frames a pause lengthens a picture in decoding that is not the one that is shown meanwhile.
 */
function endTicks(video: TrackSamples): number {
  let decodeTicks: number = video.startTicks;
  let latest = decodeTicks;
  for (const [index, duration] of video.durations.entries()) {
    latest = Math.max(latest, decodeTicks + video.compositionOffsets[index]!);
    decodeTicks += duration;
  }
  return latest + (video.durations.at(-1) ?? 0);
}
