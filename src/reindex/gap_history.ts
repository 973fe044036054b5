/**
 * What the journals of gaps say, folded into the gaps that there were. Each line of `gaps.jsonl` is one of
 *
 *     {"streamId", "fromMs", "cause"}           no footage from here on; a gap that was open with another cause ends
 *     {"streamId", "toMs"}                      the open gap ends
 *     {"streamId", "fromMs", "toMs", "cause"}   the last word on these instants, whose footage was lost or found damaged
 *     {…, "deletedBy"}                          the same, of footage that retention deleted by this rule
 *     {"streamId", "runId"}                     a run begins
 *
 * Before retention named its rule, it wrote its lines without: `deleted` is a deletion all the same, since nothing else
 * leaves that cause; any other cause is none, since the line may be that of a loss. A line that was cut off by a crash, and
 * anything else, is passed over.
 */
import { type GapCause, gapCauses } from '../footage/gap_cause.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import { readObject } from './journal_line.ts';

/** A gap of a stream; without an end while it is open. */
export interface JournalledGap {
  readonly startMs: number;
  readonly endMs: number | undefined;
  readonly cause: GapCause;
}

/** One of which the last word was said. */
export interface SettledGap extends JournalledGap {
  readonly endMs: number;
  /** Retention has deleted the footage, whatever had become of it before. */
  readonly isDeletion: boolean;
}

interface StreamHistory {
  /** In the order in which they ended; earlier ones keep their instants. */
  readonly ended: JournalledGap[];
  readonly settled: SettledGap[];
  open: JournalledGap | undefined;
}

/** The history of all streams, as far as it was journalled. */
export class GapHistory {
  readonly #streams = new Map<string, StreamHistory>();
  readonly #runs = new Map<string, number>();
  #newestMs: UnixMillis | undefined;

  /** The latest instant at which something was said, whatever the host's clock was then. */
  get newestMs(): UnixMillis | undefined {
    return this.#newestMs;
  }

  /** @param line of a journal; journals are read in the order in which they were written */
  add(line: string): void {
    const entry = readObject(line);
    if (typeof entry?.streamId !== 'string') return;
    const { streamId, runId, fromMs, toMs, deletedBy } = entry;
    if (typeof runId === 'string') {
      if (!this.#runs.has(runId)) this.#runs.set(runId, this.#runs.size);
      return;
    }
    const history = this.#historyOf(streamId);
    const cause = gapCauses.find((known) => known === entry.cause);
    if (isInstant(fromMs) && isInstant(toMs) && cause !== undefined) {
      const isDeletion = cause === 'deleted' || (typeof deletedBy === 'string' && deletedBy !== '');
      if (toMs > fromMs) settle(history, { startMs: fromMs, endMs: toMs, cause, isDeletion });
    } else if (isInstant(fromMs) && cause !== undefined) {
      if (history.open?.cause === cause) return;
      this.#note(fromMs);
      end(history, fromMs);
      history.open = { startMs: fromMs, endMs: undefined, cause };
    } else if (isInstant(toMs)) {
      this.#note(toMs);
      end(history, toMs);
    }
  }

  /**
   * Gaps of a stream, in the order of their precedence: where two overlap the earlier one in the list holds.
   */
  gapsOf(streamId: string): readonly JournalledGap[] {
    const history = this.#streams.get(streamId);
    if (!history) return [];
    // What was deleted later has the last word.
    return [...history.settled.toReversed(), ...history.ended, ...(history.open ? [history.open] : [])];
  }

  /** The last words on instants of a stream, of footage that is gone, in the order in which they were written. */
  settledOf(streamId: string): readonly SettledGap[] {
    return this.#streams.get(streamId)?.settled ?? [];
  }

  /** Of which something was said. */
  streamIds(): Iterable<string> {
    return this.#streams.keys();
  }

  #note(atMs: number): void {
    this.#newestMs = unixMillis(Math.max(this.#newestMs ?? atMs, atMs));
  }

  #historyOf(streamId: string): StreamHistory {
    const known = this.#streams.get(streamId);
    if (known) return known;
    const history: StreamHistory = { ended: [], settled: [], open: undefined };
    this.#streams.set(streamId, history);
    return history;
  }

  /** Which run began earlier, whatever the host's clock said; undefined for one that is not in a journal. */
  orderOf(runId: string): number | undefined {
    return this.#runs.get(runId);
  }
}

function end(history: StreamHistory, toMs: number): void {
  if (history.open && toMs > history.open.startMs) history.ended.push({ ...history.open, endMs: toMs });
  history.open = undefined;
}

/** Deletions follow each other file by file: joined they need no memory. */
function settle({ settled }: StreamHistory, gap: SettledGap): void {
  const last = settled.at(-1);
  const isSame = last?.cause === gap.cause && last.isDeletion === gap.isDeletion;
  if (isSame && last.endMs === gap.startMs) settled[settled.length - 1] = { ...gap, startMs: last.startMs };
  else settled.push(gap);
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}
