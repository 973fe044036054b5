import type { FragmentEntry, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import { ticksToMillis } from '../units/time.ts';
import type { Ledger, OpenTrack } from './ledger.ts';

/** The ledger of a recording without an index: it only remembers which files were made. */
export class FileLedger implements Ledger {
  readonly #reserved = new Map<string, SegmentReservation>();
  readonly #closed: { readonly path: string; readonly summary: SegmentSummary }[] = [];
  readonly #abandoned: SegmentReservation[] = [];

  readonly #timescales = new Map<string, number>();
  #footageMs = 0;
  #startMs: number | undefined;
  #endMs: number | undefined;

  /** Footage in files, in milliseconds of media time. */
  get footageMs(): number {
    return this.#footageMs;
  }

  /** Wall time of the begin of the footage that came first. */
  get startMs(): number | undefined {
    return this.#startMs;
  }

  /** Wall time of the end of the newest footage. */
  get endMs(): number | undefined {
    return this.#endMs;
  }

  /** Finished files, oldest first. */
  get closedSegments(): readonly { readonly path: string; readonly summary: SegmentSummary }[] {
    return this.#closed;
  }

  /** Files that could not be closed. */
  get abandonedSegments(): readonly SegmentReservation[] {
    return this.#abandoned;
  }

  async reserve(reservation: SegmentReservation): Promise<void> {
    this.#reserved.set(reservation.id, reservation);
  }

  release(segmentId: string): void {
    this.#reserved.delete(segmentId);
  }

  async closed(summary: SegmentSummary): Promise<void> {
    this.#closed.push({ path: this.#reserved.get(summary.id)!.path, summary });
    this.#reserved.delete(summary.id);
  }

  abandoned(segmentId: string): void {
    this.#abandoned.push(this.#reserved.get(segmentId)!);
    this.#reserved.delete(segmentId);
  }

  /** Nothing is deleted for a recording that a person asked for. */
  async makeRoom(): Promise<boolean> {
    return false;
  }

  opened(segmentId: string, tracks: readonly OpenTrack[]): void {
    this.#timescales.set(segmentId, tracks[0]!.track.timescale);
  }

  fragmentWritten(segmentId: string, entry: FragmentEntry): void {
    const durationMs = ticksToMillis(entry.durationTicks, this.#timescales.get(segmentId)!);
    this.#footageMs += durationMs;
    this.#startMs ??= entry.startMs;
    this.#endMs = entry.startMs + durationMs;
  }

  durable(): void {}
}
