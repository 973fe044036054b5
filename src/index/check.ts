import { type Interval, subtract } from '../footage/interval.ts';
import { type Database, integrityFaults } from './database.ts';
import { decodeFragments } from './fragment_table.ts';
import { endOfTime } from './gaps.ts';
import { segmentsTable } from './segments.ts';

/** More faults than this say nothing new. */
const maxFaults = 100;

/** Each share of a segment is rounded down; so much may get lost where stretches were cut and joined again. */
const shareRoundingBytes = 64;

interface StretchRow extends Interval {
  readonly runKey: number;
}

/**
 * Every way in which the database contradicts itself, in words; empty when all is well.
 *
 * Reads everything: for tests and for the doctor, not for a start.
 */
export function check(database: Database): string[] {
  const streams = database.sqlite.prepare('select key, id from streams order by key').all();
  const faults = [
    ...integrityFaults(database),
    ...(streams as { key: number; id: string }[]).flatMap(({ key, id }) =>
      [
        ...coverageFaults(database, key),
        ...gapFaults(database, key),
        ...lengthFaults(database, key),
        ...runFaults(database, key),
        ...damageFaults(database, key),
      ].map((fault) => `stream ${id}: ${fault}`),
    ),
    ...fragmentFaults(database),
  ];
  return faults.slice(0, maxFaults);
}

function coverageFaults(database: Database, stream: number): string[] {
  const { sqlite } = database;
  const stretches = sqlite
    .prepare(
      `select start_ms as startMs, end_ms as endMs, run_key as runKey from coverage
       where stream_key = ? order by start_ms`,
    )
    .all(stream) as StretchRow[];
  const segments = segmentsTable(database);
  const recordedParts = (
    sqlite
      .prepare(
        "select id from segments where stream_key = ? and state <> 'open' and end_ms > start_ms order by start_ms",
      )
      .pluck()
      .all(stream) as string[]
  ).flatMap((id) => {
    const row = segments.row(id)!;
    return subtract(row, segments.holes(row));
  });
  const faults: string[] = [];
  for (const [before, after] of pairs(stretches)) {
    if (after.startMs < before.endMs) faults.push(`stretches overlap at ${after.startMs}`);
    if (after.startMs === before.endMs && after.runKey === before.runKey) {
      faults.push(`a stretch ends at ${after.startMs} though its run goes on`);
    }
  }
  const covered = union(stretches);
  const recorded = union(recordedParts.sort((a, b) => a.startMs - b.startMs));
  if (JSON.stringify(covered) !== JSON.stringify(recorded)) {
    const at = covered.findIndex((range, index) => !same(range, recorded[index]));
    const place = at < 0 ? covered.length : at;
    faults.push(`coverage says ${describe(covered[place])}, segments say ${describe(recorded[place])}`);
  }
  return faults;
}

/** Each stretch must be of a run that recorded all of it; bytes must add up where nothing overlaps. */
function runFaults({ sqlite }: Database, stream: number): string[] {
  const runs = sqlite
    .prepare(
      `select runs.key as runKey, runs.id as id,
         (select coalesce(sum(bytes), 0) from coverage where run_key = runs.key) as bytes,
         (select coalesce(sum(end_ms - start_ms), 0) from coverage where run_key = runs.key) as coveredMs,
         count(segments.key) as segments,
         coalesce(sum(case when end_ms > start_ms then segments.bytes end), 0) as recordedBytes,
         coalesce(sum(end_ms - start_ms), 0) as recordedMs
       from runs left join segments on segments.run_key = runs.key and state <> 'open'
       where runs.stream_key = ? group by runs.key`,
    )
    .all(stream) as Record<string, number>[];
  const reserved = sqlite
    .prepare("select distinct run_key from segments where stream_key = ? and state = 'open'")
    .pluck()
    .all(stream);
  return runs.flatMap((run) => {
    if (run.segments === 0 && !reserved.includes(run.runKey)) return [`run ${run.id} has no segments`];
    const stretches = sqlite
      .prepare(
        'select start_ms as startMs, end_ms as endMs from coverage where run_key = ? order by start_ms',
      )
      .all(run.runKey) as Interval[];
    const recorded = union(
      sqlite
        .prepare(
          `select start_ms as startMs, end_ms as endMs from segments
           where run_key = ? and state <> 'open' and end_ms > start_ms order by start_ms`,
        )
        .iterate(run.runKey) as IterableIterator<Interval>,
    );
    const foreign = stretches.find(
      (stretch) =>
        !recorded.some(({ startMs, endMs }) => startMs <= stretch.startMs && endMs >= stretch.endMs),
    );
    if (foreign) return [`run ${run.id} did not record ${describe(foreign)}`];
    if (run.coveredMs === run.recordedMs && Math.abs(run.bytes! - run.recordedBytes!) > shareRoundingBytes) {
      return [`run ${run.id} has ${run.recordedBytes} bytes in segments and ${run.bytes} in coverage`];
    }
    return [];
  });
}

function gapFaults({ sqlite }: Database, stream: number): string[] {
  const gaps = sqlite
    .prepare(
      `select start_ms as startMs, coalesce(end_ms, ${endOfTime}) as endMs, cause from gaps
       where stream_key = ? order by start_ms`,
    )
    .all(stream) as (Interval & { cause: string })[];
  const stretches = sqlite
    .prepare(
      'select start_ms as startMs, end_ms as endMs from coverage where stream_key = ? order by start_ms',
    )
    .all(stream) as Interval[];
  const faults: string[] = [];
  for (const [before, after] of pairs(gaps)) {
    if (after.startMs < before.endMs) faults.push(`gaps overlap at ${after.startMs}`);
    if (after.startMs === before.endMs && after.cause === before.cause) {
      faults.push(`two gaps ${after.cause} touch at ${after.startMs}`);
    }
  }
  let index = 0;
  for (const gap of gaps) {
    while (index < stretches.length && stretches[index]!.endMs <= gap.startMs) index++;
    const stretch = stretches[index];
    if (stretch && stretch.startMs < gap.endMs) faults.push(`there is footage in the gap ${describe(gap)}`);
  }
  return faults;
}

function lengthFaults({ sqlite }: Database, stream: number): string[] {
  const longer = sqlite
    .prepare(
      `select id from segments where stream_key = @stream
         and end_ms - start_ms > (select longest_segment_ms from streams where key = @stream)`,
    )
    .pluck()
    .all({ stream });
  return longer.map((id) => `segment ${id} is longer than the longest`);
}

/** Damage is that of a closed segment's footage, and lies within it. */
function damageFaults({ sqlite }: Database, stream: number): string[] {
  const strays = sqlite
    .prepare(
      `select damages.start_ms from damages join segments on segments.key = segment_key
       where damages.stream_key = @stream and (state = 'open' or segments.stream_key <> damages.stream_key
         or damages.start_ms < segments.start_ms or damages.end_ms > segments.end_ms)`,
    )
    .pluck()
    .all({ stream });
  return strays.map((startMs) => `the damage at ${startMs} lies outside of its segment`);
}

function fragmentFaults({ sqlite }: Database): string[] {
  const rows = sqlite
    .prepare(
      `select id, state, fragments, entries from segments
       left join segment_fragments on segment_key = segments.key order by segments.key`,
    )
    .iterate() as IterableIterator<{ id: string; state: string; fragments: number | null; entries: Buffer }>;
  const faults: string[] = [];
  for (const { id, state, fragments, entries } of rows) {
    if ((state === 'open') !== (fragments === null))
      faults.push(`segment ${id} is ${state}: wrong fragments`);
    else if (fragments !== null && countEntries(entries) !== fragments) {
      faults.push(`the fragments of segment ${id} are damaged`);
    }
  }
  return faults;
}

function countEntries(entries: Uint8Array): number | undefined {
  try {
    return decodeFragments(entries).length;
  } catch {
    return undefined;
  }
}

/** @param ranges sorted by start */
function union(ranges: Iterable<Interval>): Interval[] {
  const joined: { startMs: number; endMs: number }[] = [];
  for (const { startMs, endMs } of ranges) {
    const last = joined.at(-1);
    if (last && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else joined.push({ startMs, endMs });
  }
  return joined;
}

function pairs<Item>(items: readonly Item[]): [Item, Item][] {
  return items.slice(1).map((item, index) => [items[index]!, item]);
}

function same(a: Interval, b: Interval | undefined): boolean {
  return a.startMs === b?.startMs && a.endMs === b.endMs;
}

function describe(range: Interval | undefined): string {
  return range ? `[${range.startMs}, ${range.endMs})` : 'nothing';
}
