import type { Clock } from '../clock/clock.ts';
import { toNightjarError } from '../errors/nightjar_error.ts';
import { Topic } from '../events/topic.ts';
import type { FirstSegment, Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import type { UnixMillis } from '../units/time.ts';
import type { CommitWatch } from './commit_watch.ts';
import type { GapKeeper } from './gap_keeper.ts';
import type { Answer, FromWorker, RowChange } from './messages.ts';
import { type OpenFootageTable, openFootageEnd } from './open_footage.ts';
import type { SegmentRepair } from './segment_repair.ts';
import type { StreamStatuses } from './stream_statuses.ts';
import type { WorkerHandle } from './worker_handle.ts';

/** Footage of a stream reaches further now. */
export interface FootageGrowth {
  readonly cameraId: string;
  readonly streamId: string;
  readonly role: 'main' | 'sub';
  /** End of its newest whole fragment. */
  readonly endMs: UnixMillis;
  /** Over the last seconds, as far as its recorder has told. */
  readonly bitsPerSecond: number;
  readonly framesPerSecond: number;
}

/** Footage of a stream arrived damaged. */
export interface FootageDamage {
  readonly cameraId: string;
  readonly streamId: string;
  readonly role: 'main' | 'sub';
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a segment's life writes into the index. */
export interface SegmentLedger {
  /** One transaction, on the disk when it returns, or nothing of it when `work` throws. */
  together(work: () => void): void;
  reserve(reservation: SegmentReservation, run: Run): void;
  release(segmentId: string): void;
  close(summary: SegmentSummary, flags: { readonly overlap: boolean }): void;
}

/** What a worker reports of a segment, from its reservation to its end. */
type FootageReport = Extract<
  FromWorker,
  { kind: 'rows' | 'release' | 'opened' | 'fragment' | 'durable' | 'abandoned' }
>;

/** Takes what recorder workers report of segments: into the index, and to those who want to know of new footage. */
export class FootageReports {
  readonly grew = new Topic<FootageGrowth>();
  readonly damaged = new Topic<FootageDamage>();
  readonly #ledger: SegmentLedger;
  readonly #journal: { runBegins(streamId: string, runId: string): void };
  readonly #clock: Clock;
  readonly #log: { error(fields: object, text: string): void };
  readonly #open: OpenFootageTable;
  readonly #repair: SegmentRepair;
  readonly #gaps: GapKeeper;
  readonly #commits: CommitWatch;
  readonly #statuses: StreamStatuses;

  constructor(options: {
    ledger: SegmentLedger;
    /** Where the begin of a run is noted beside the footage. */
    journal: { runBegins(streamId: string, runId: string): void };
    clock: Clock;
    log: { error(fields: object, text: string): void };
    open: OpenFootageTable;
    repair: SegmentRepair;
    gaps: GapKeeper;
    commits: CommitWatch;
    statuses: StreamStatuses;
  }) {
    this.#ledger = options.ledger;
    this.#journal = options.journal;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#open = options.open;
    this.#repair = options.repair;
    this.#gaps = options.gaps;
    this.#commits = options.commits;
    this.#statuses = options.statuses;
  }

  take(message: FootageReport, worker: WorkerHandle): void {
    switch (message.kind) {
      case 'rows':
        return this.#rows(message.changes, worker);
      case 'release':
        worker.segments.delete(message.segmentId);
        this.#open.remove(message.segmentId);
        return this.#guarded(() => this.#ledger.release(message.segmentId));
      case 'opened':
        return this.#open.opened(message.segmentId, message.tracks);
      case 'fragment':
        return this.#fragment(message);
      case 'durable':
        return this.#open.durable(message.segmentId, message.fragments);
      case 'abandoned':
        worker.segments.delete(message.segmentId);
        return this.#abandoned(message.segmentId);
    }
  }

  #fragment(message: FootageReport & { kind: 'fragment' }): void {
    this.#open.add(message.segmentId, message.entry, message.shiftMs);
    const footage = this.#open.get(message.segmentId);
    if (!footage) return;
    const { streamId } = footage.segment;
    this.#commits.committed(streamId, this.#clock.monotonic());
    // After a hole nothing can be shown before a key frame: until then it goes on.
    if (footage.fragments.some(({ keyFrame }) => keyFrame)) {
      this.#guarded(() => this.#gaps.recording(streamId, message.entry.startMs));
    }
    const status = this.#statuses.get(streamId);
    if (!status) return;
    const { cameraId, role, bitsPerSecond, framesPerSecond } = status;
    const endMs = openFootageEnd(footage);
    this.grew.publish({ cameraId, streamId, role, endMs, bitsPerSecond, framesPerSecond });
    const { startMs, damage = [] } = message.entry;
    for (const { fromMs, toMs } of damage) {
      this.damaged.publish({
        cameraId,
        streamId,
        role,
        fromMs: startMs + fromMs,
        toMs: startMs + toMs,
      });
    }
  }

  #abandoned(segmentId: string): void {
    const segment = this.#open.abandoned(segmentId);
    // A writer gives a file up when the disk has failed.
    if (segment) void this.#repair.begin(segment, true);
  }

  #rows(changes: readonly RowChange[], worker: WorkerHandle): void {
    const results = this.#written(changes);
    for (const [index, change] of changes.entries()) {
      if ('value' in results[index]!) this.#rowWritten(change, worker);
    }
    worker.post({ kind: 'rowsAnswer', results });
  }

  /** All in one transaction, or each in its own where one of them is refused. */
  #written(changes: readonly RowChange[]): Answer[] {
    try {
      this.#ledger.together(() => {
        for (const change of changes) this.#write(change);
      });
      return changes.map(() => ({ value: true }));
    } catch (error) {
      if (changes.length > 1) return changes.flatMap((change) => this.#written([change]));
      this.#log.error({ err: error }, 'The index refused what a recorder reported.');
      const { code, message } = toNightjarError(error);
      return [{ failure: { code, message } }];
    }
  }

  #write(change: RowChange): void {
    if (change.kind === 'reserve') this.#ledger.reserve(change.reservation, change.run);
    else this.#ledger.close(change.summary, { overlap: false });
  }

  /** Writes the row of a segment before its worker asks for it; undefined when the index refuses. */
  reserveFirst(first: FirstSegment, worker: WorkerHandle): FirstSegment | undefined {
    const change = { kind: 'reserve' as const, ...first };
    const [result] = this.#written([change]);
    if (!result || 'failure' in result) return undefined;
    this.#rowWritten(change, worker);
    return first;
  }

  #rowWritten(change: RowChange, worker: WorkerHandle): void {
    if (change.kind === 'closed') {
      this.#open.remove(change.summary.id);
      worker.segments.delete(change.summary.id);
      return;
    }
    const { reservation, run } = change;
    this.#open.reserve(reservation, run);
    if (reservation.number === 0) this.#journal.runBegins(run.streamId, run.id);
    worker.segments.add(reservation.id);
  }

  /** A fault of the index must not end the recorder. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log.error({ err: error }, 'The index refused what a recorder reported.');
    }
  }
}
