import { type Interval, subtract } from '../footage/interval.ts';
import type { FootageFile } from '../footage/segment.ts';
import { coverageTable } from './coverage.ts';
import type { Database } from './database.ts';
import { gapsTable } from './gaps.ts';
import { type SegmentRow, segmentsTable } from './segments.ts';

/** What is wrong with the file of a closed segment: it is not there, or is not what was recorded. */
export type LossKind = 'missing' | 'damaged';

/** What a look at a file has shown. */
export interface FileFinding {
  readonly segmentId: string;
  readonly finding: LossKind | 'intact';
}

/** A segment whose file was lost, or is whole again. */
export interface ChangedSegment extends Interval, FootageFile {
  readonly id: string;
  readonly streamId: string;
  readonly finding: FileFinding['finding'];
}

/** How much is lost by what is known. */
export interface LossSummary {
  readonly missing: number;
  readonly damaged: number;
  /** When the newest of them became known; undefined when there is none. */
  readonly newestMs: number | undefined;
  /** That one's file, relative to its root. */
  readonly newestPath: string | undefined;
}

const causes = { missing: 'lost', damaged: 'damaged' } as const;

/**
 * What became of files after they were closed. A lost segment keeps its row, and has a gap in the place of its coverage;
 * when its file is whole again, it has its coverage again.
 */
export function losses(database: Database) {
  const { sqlite } = database;
  const segments = segmentsTable(database);
  const coverage = coverageTable(database);
  const gaps = gapsTable(database);
  const selectState = sqlite.prepare<[string], FootageFile & { streamId: string; because: LossKind | null }>(`
    select streams.id as streamId, roots.id as rootId, path, lost_because as because
    from segments join roots on roots.key = root_key join streams on streams.key = segments.stream_key
    where segments.id = ? and state = 'closed'`);
  const setLoss = sqlite.prepare(
    'update segments set lost_because = @because, lost_ms = @nowMs where key = @key',
  );
  // Each count reads one index alone.
  const countLost = sqlite.prepare<{ because: LossKind }, number>(`
    select (select count(*) from segments where lost_because is not null and lost_because = @because)
      - (select count(*) from segments where state = 'deleting' and lost_because is @because)`);
  countLost.pluck();
  const selectNewest = sqlite.prepare<[LossKind], { lostMs: number; path: string }>(`
    select lost_ms as lostMs, path from segments
    where lost_because is not null and lost_because = ? and state = 'closed' order by lost_ms desc limit 1`);

  /** Takes what was said of lost files off the instants of a segment. */
  function forgetGaps(row: SegmentRow): void {
    for (const gap of gaps.between(row.streamKey, row)) {
      if (gap.cause !== 'lost' && gap.cause !== 'damaged') continue;
      gaps.trim(row.streamKey, {
        startMs: Math.max(gap.startMs, row.startMs),
        endMs: Math.min(gap.endMs, row.endMs),
      });
    }
  }

  function lose(row: SegmentRow, because: LossKind, nowMs: number): void {
    setLoss.run({ key: row.key, because, nowMs });
    coverage.release(row);
    // Footage that was eclipsed by what is lost comes to light.
    for (const other of segments.overlapping(row.streamKey, row)) {
      const startMs = Math.max(other.startMs, row.startMs);
      const endMs = Math.min(other.endMs, row.endMs);
      for (const whole of subtract({ startMs, endMs }, segments.holes(other))) coverage.claim(other, whole);
    }
    forgetGaps(row);
    const covered = coverage.between(row.streamKey, row);
    gaps.insert(row.streamKey, { startMs: row.startMs, endMs: row.endMs, cause: causes[because] }, covered);
  }

  function regain(row: SegmentRow): void {
    setLoss.run({ key: row.key, because: null, nowMs: null });
    forgetGaps(row);
    const holes = segments.holes(row);
    for (const whole of subtract(row, holes)) {
      for (const piece of coverage.claim(row, whole)) gaps.trim(row.streamKey, piece);
    }
    for (const hole of holes) {
      gaps.insert(row.streamKey, { ...hole, cause: 'damaged' }, coverage.between(row.streamKey, hole));
    }
  }

  function note({ segmentId, finding }: FileFinding, nowMs: number): ChangedSegment | undefined {
    const state = selectState.get(segmentId);
    const row = segments.row(segmentId);
    // Retention may have taken it meanwhile.
    if (!state || !row || (state.because ?? 'intact') === finding) return undefined;
    if (finding === 'intact') regain(row);
    else lose(row, finding, nowMs);
    const { because: _, ...file } = state;
    return { ...file, id: segmentId, startMs: row.startMs, endMs: row.endMs, finding };
  }

  return {
    /**
     * Takes into the ledger what a look at closed segments' files has shown, in one transaction.
     *
     * @returns those of which something else was known, or that are new
     */
    note(findings: readonly FileFinding[], nowMs: number): ChangedSegment[] {
      return database.transaction(() =>
        findings.flatMap((finding) => note(finding, Math.round(nowMs)) ?? []),
      );
    },

    /** Of what is about to be deleted nothing is told: it needs nobody any more. */
    summary(): LossSummary {
      const newest = (['missing', 'damaged'] as const)
        .flatMap((because) => selectNewest.get(because) ?? [])
        .sort((a, b) => b.lostMs - a.lostMs)[0];
      return {
        missing: countLost.get({ because: 'missing' }) ?? 0,
        damaged: countLost.get({ because: 'damaged' }) ?? 0,
        newestMs: newest?.lostMs,
        newestPath: newest?.path,
      };
    },
  };
}
