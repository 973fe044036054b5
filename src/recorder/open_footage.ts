import type { FragmentEntry, Run, SegmentReservation } from '../footage/segment.ts';
import { ticksToMillis, type UnixMillis, unixMillis } from '../units/time.ts';
import type { OpenTrack } from './ledger.ts';

/** A segment that is being written, as far as its file has it. */
export interface OpenFootage {
  readonly segment: SegmentReservation;
  readonly run: Run;
  readonly tracks: readonly OpenTrack[];
  /** In the file: they survive the end of the process. */
  readonly fragments: readonly FragmentEntry[];
  /** So many of them survive a power cut. */
  readonly durableFragments: number;
  /** False when its writer gave it up, until recovery has closed it. */
  readonly growing: boolean;
}

/** Wall time of the end of a segment's last whole fragment, of which there must be one. */
export function openFootageEnd({ tracks, fragments }: OpenFootage): UnixMillis {
  const last = fragments.at(-1)!;
  const video = tracks.find(({ track }) => track.kind === 'video');
  return unixMillis(last.startMs + ticksToMillis(last.durationTicks, video?.track.timescale ?? 90_000));
}

interface Entry {
  segment: SegmentReservation;
  run: Run;
  tracks: readonly OpenTrack[];
  fragments: FragmentEntry[];
  durableFragments: number;
  growing: boolean;
}

/** The fragments of open segments: the index has closed ones only. Lives on the main thread. */
export class OpenFootageTable {
  readonly #entries = new Map<string, Entry>();

  reserve(segment: SegmentReservation, run: Run): void {
    const entry = { segment, run, tracks: [], fragments: [], durableFragments: 0, growing: true };
    this.#entries.set(segment.id, entry);
  }

  opened(segmentId: string, tracks: readonly OpenTrack[]): void {
    const entry = this.#entries.get(segmentId);
    if (entry) entry.tracks = tracks;
  }

  /** @param shiftMs how much the earlier fragments move: the start of the run was provisional */
  add(segmentId: string, fragment: FragmentEntry, shiftMs: number): void {
    const entry = this.#entries.get(segmentId);
    if (!entry) return;
    if (shiftMs !== 0) {
      entry.fragments = entry.fragments.map((earlier) => ({
        ...earlier,
        startMs: unixMillis(earlier.startMs + shiftMs),
      }));
    }
    entry.fragments.push(fragment);
  }

  durable(segmentId: string, fragments: number): void {
    const entry = this.#entries.get(segmentId);
    if (entry) entry.durableFragments = fragments;
  }

  abandoned(segmentId: string): SegmentReservation | undefined {
    const entry = this.#entries.get(segmentId);
    if (entry) entry.growing = false;
    return entry?.segment;
  }

  remove(segmentId: string): void {
    this.#entries.delete(segmentId);
  }

  get(segmentId: string): OpenFootage | undefined {
    return this.#entries.get(segmentId);
  }

  /** Segments of a stream with at least one fragment, oldest first. */
  ofStream(streamId: string): OpenFootage[] {
    return [...this.#entries.values()].filter(
      ({ segment, fragments }) => segment.streamId === streamId && fragments.length > 0,
    );
  }
}
