import type { GapCause } from '../../src/footage/gap_cause.ts';
import { subtract } from '../../src/footage/interval.ts';

/** What must be told of a range of wall time: `footage`, or the cause for which there is none. */
export interface TrueSpan {
  readonly startMs: number;
  readonly endMs: number;
  readonly what: 'footage' | GapCause;
  /** How much earlier its begin may be told: a crash is dated by the last heartbeat. */
  readonly earlierMs: number;
}

/** How long the last picture of a run lasts at most, and how long the only one. */
const lastPictureMs = 1_000;
const onlyPictureMs = 40;

/**
 * What happened to one stream, as whoever watches the camera and the recorder from outside would tell it: from pictures and
 * events alone. It knows nothing of segments, tables or messages.
 */
export class StreamTruth {
  #spans: TrueSpan[] = [];
  #run: { readonly startMs: number; newestMs: number; stepMs: number } | undefined;
  #gap: { readonly sinceMs: number; readonly cause: GapCause; readonly earlierMs: number } | undefined;

  /** A picture was sent, and a recorder was there to take it. */
  picture(wallMs: number): void {
    if (this.#run) {
      this.#run.stepMs = wallMs - this.#run.newestMs;
      this.#run.newestMs = wallMs;
      return;
    }
    this.#endGap(wallMs);
    this.#run = { startMs: wallMs, newestMs: wallMs, stepMs: 0 };
  }

  get isRecording(): boolean {
    return this.#run !== undefined;
  }

  /** Nothing is recorded from now on. The recorder is there to finish its file: the last picture lasts as others did. */
  ends(wallMs: number, cause: GapCause): void {
    if (!this.#run) return this.#change(wallMs, cause, 0);
    const { startMs, newestMs, stepMs } = this.#run;
    this.#finish(startMs, newestMs + Math.min(stepMs || onlyPictureMs, lastPictureMs), cause);
  }

  /** The recorder is killed: the newest picture was in no file yet. */
  crashes(wallMs: number, heartbeatMs: number): void {
    if (this.#run) return this.#finish(this.#run.startMs, this.#run.newestMs, 'crash');
    if (this.#gap && this.#gap.cause !== 'paused' && this.#gap.cause !== 'recorder_stopped') {
      this.#change(wallMs, 'crash', heartbeatMs);
    }
  }

  /** All that was until `nowMs`, with the footage and the gap that go on. */
  spans(nowMs: number): TrueSpan[] {
    if (this.#run) this.ends(nowMs, 'recorder_stopped');
    this.#endGap(nowMs);
    this.#gap = undefined;
    return this.#spans;
  }

  #finish(startMs: number, endMs: number, cause: GapCause): void {
    this.#add({ startMs, endMs, what: 'footage', earlierMs: 0 });
    this.#run = undefined;
    this.#gap = { sinceMs: endMs, cause, earlierMs: 0 };
  }

  #change(wallMs: number, cause: GapCause, earlierMs: number): void {
    if (this.#gap?.cause === cause) return;
    this.#endGap(wallMs);
    this.#gap = { sinceMs: wallMs, cause, earlierMs };
  }

  #endGap(wallMs: number): void {
    if (!this.#gap) return;
    const { sinceMs, cause, earlierMs } = this.#gap;
    this.#add({ startMs: sinceMs, endMs: wallMs, what: cause, earlierMs });
  }

  /**
   * Each instant counts once, though the clock was set back: the footage that came first has it, and footage that came
   * later only what was a gap.
   */
  #add(span: TrueSpan): void {
    const isFootage = span.what === 'footage';
    const taken = this.#spans.filter(({ what }) => !isFootage || what === 'footage');
    const pieces = subtract(span, taken).map((piece) => ({ ...span, ...piece }));
    const kept = this.#spans.flatMap((other) => {
      if (other.what === 'footage' || !isFootage) return [other];
      return subtract(other, pieces).map((piece) => ({ ...other, ...piece }));
    });
    this.#spans = [...kept, ...pieces].sort((a, b) => a.startMs - b.startMs);
  }
}
