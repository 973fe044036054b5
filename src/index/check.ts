import { type Interval, subtract } from '../footage/interval.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import { type Database, integritySteps } from './database.ts';
import { countWholeFragments, decodeFragments } from './fragment_table.ts';
import { endOfTime } from './gaps.ts';
import { holesWithin } from './segments.ts';

/** More faults than this say nothing new. */
const maxFaults = 100;

/** Each share of a segment is rounded down; so much may get lost where stretches were cut and joined again. */
const shareRoundingBytes = 64;

interface StretchRow extends Interval {
  readonly runKey: number;
}

interface PlacedRow extends Interval {
  readonly id: string;
  readonly fragments: number;
  readonly entries: Buffer;
  readonly timescale: number | null;
}

/**
 * Every way in which the database contradicts itself, in words; empty when all is well.
 *
 * Reads everything: for tests and for the doctor, not for a start.
 */
export function check(database: Database): string[] {
  const faults: string[] = [];
  for (const step of checkSteps(database)) {
    faults.push(...step());
    if (faults.length >= maxFaults) break;
  }
  return faults.slice(0, maxFaults);
}

/**
 * The same in steps of some seconds at most, for whoever has other things to do in between. No step needs more memory
 * for more segments.
 */
export function checkSteps(database: Database): (() => string[])[] {
  const streams = database.sqlite.prepare('select key, id from streams order by key').all();
  return [
    ...integritySteps(database),
    ...(streams as { key: number; id: string }[]).map(({ key, id }) => () => {
      // Another connection may write meanwhile: all that is compared is of one moment.
      const faults = database.sqlite.transaction(() => [
        ...coverageFaults(database, key),
        ...gapFaults(database, key),
        ...lengthFaults(database, key),
        ...runFaults(database, key),
        ...damageFaults(database, key),
        ...activityFaults(database, key),
        ...fragmentFaults(database, key),
        ...storedFaults(database, key),
        ...eventFaults(database, key),
      ]);
      return faults.deferred().map((fault) => `stream ${id}: ${fault}`);
    }),
  ];
}

function coverageFaults(database: Database, stream: number): string[] {
  const stretches = database.sqlite
    .prepare(
      `select start_ms as startMs, end_ms as endMs, run_key as runKey from coverage
       where stream_key = ? order by start_ms`,
    )
    .all(stream) as StretchRow[];
  const faults: string[] = [];
  for (const [before, after] of pairs(stretches)) {
    if (after.startMs < before.endMs) faults.push(`stretches overlap at ${after.startMs}`);
    if (after.startMs === before.endMs && after.runKey === before.runKey) {
      faults.push(`a stretch ends at ${after.startMs} though its run goes on`);
    }
  }
  const covered = union(stretches);
  let isEqual = true;
  for (const part of union(recordedParts(database, stream, (fault) => faults.push(fault)))) {
    // The first difference says enough, but all fragments are read.
    const stretch = isEqual ? covered.next().value : undefined;
    if (isEqual && !same(part, stretch ?? undefined)) {
      isEqual = false;
      faults.push(`coverage says ${describe(stretch ?? undefined)}, segments say ${describe(part)}`);
    }
  }
  const rest = isEqual ? covered.next().value : undefined;
  if (rest) faults.push(`coverage says ${describe(rest)}, segments say nothing`);
  return faults.slice(0, maxFaults);
}

/**
 * What the segments hold, without their holes, by start.
 *
 * @param onFault told of fragments that cannot be read
 */
function* recordedParts(
  { sqlite }: Database,
  stream: number,
  onFault: (fault: string) => void,
): Generator<Interval> {
  const rows = sqlite
    .prepare(
      `select id, start_ms as startMs, end_ms as endMs, fragments, entries,
         (select timescale from segment_tracks join track_formats on track_formats.key = format_key
          where segment_tracks.segment_key = segments.key and kind = 'video') as timescale
       from segments join segment_fragments on segment_fragments.segment_key = segments.key
       where stream_key = ? and state <> 'open' and lost_because is null and end_ms > start_ms order by start_ms`,
    )
    .iterate(stream) as IterableIterator<PlacedRow>;
  const held: Interval[] = [];
  for (const row of rows) {
    // Behind a hole a part may begin later than the next segment that overlaps.
    held.sort((a, b) => a.startMs - b.startMs);
    const later = held.findIndex(({ startMs }) => startMs > row.startMs);
    yield* held.splice(0, later < 0 ? held.length : later);
    if (countWholeFragments(row.entries) === row.fragments) {
      held.push(row);
      continue;
    }
    const fragments = readFragments(row.entries);
    if (fragments?.length !== row.fragments) onFault(`the fragments of segment ${row.id} are damaged`);
    const holes = row.timescale === null ? [] : holesWithin(fragments ?? [], row.timescale, row.endMs);
    held.push(...subtract(row, holes));
  }
  yield* held.sort((a, b) => a.startMs - b.startMs);
}

/** Each stretch must be of a run that recorded all of it; bytes must add up where nothing overlaps. */
function runFaults({ sqlite }: Database, stream: number): string[] {
  const runs = sqlite
    .prepare(
      `select runs.key as runKey, runs.id as id,
         (select coalesce(sum(bytes), 0) from coverage where run_key = runs.key) as bytes,
         (select coalesce(sum(end_ms - start_ms), 0) from coverage where run_key = runs.key) as coveredMs,
         count(segments.key) as segments,
         coalesce(sum(case when end_ms > start_ms and lost_because is null then segments.bytes end), 0) as recordedBytes,
         coalesce(sum(case when lost_because is null then end_ms - start_ms end), 0) as recordedMs
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
    const recorded = [
      ...union(
        sqlite
          .prepare(
            `select start_ms as startMs, end_ms as endMs from segments
             where run_key = ? and state <> 'open' and lost_because is null and end_ms > start_ms order by start_ms`,
          )
          .iterate(run.runKey) as IterableIterator<Interval>,
      ),
    ];
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

/** Activity is that of a closed segment, from its begin on. */
function activityFaults({ sqlite }: Database, stream: number): string[] {
  const strays = sqlite
    .prepare(
      `select activity.start_ms from activity join segments on segments.key = segment_key
       where activity.stream_key = @stream and (state = 'open' or segments.stream_key <> activity.stream_key
         or activity.start_ms <> segments.start_ms)`,
    )
    .pluck()
    .all({ stream });
  return strays.map((startMs) => `the activity at ${startMs} is of no such segment`);
}

/** An open segment has no fragments in the index, every other one has. */
function fragmentFaults({ sqlite }: Database, stream: number): string[] {
  const rows = sqlite
    .prepare(
      `select id, state from segments
       where stream_key = ? and (state = 'open') = exists (
         select 1 from segment_fragments where segment_key = segments.key)
       limit ${maxFaults}`,
    )
    .all(stream) as { id: string; state: string }[];
  return rows.map(({ id, state }) => `segment ${id} is ${state}: wrong fragments`);
}

function readFragments(entries: Uint8Array): FragmentEntry[] | undefined {
  try {
    return decodeFragments(entries);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** How much is said to be stored where must be what there is. */
function storedFaults({ sqlite }: Database, stream: number): string[] {
  const wrong = sqlite
    .prepare(
      `select root, sum(segments) as segments, sum(bytes) as bytes from (
         select root_key as root, segments, bytes from stored where stream_key = @stream
         union all
         select root_key, -count(*), -sum(case when lost_because is 'missing' then 0 else bytes end) from segments
         where stream_key = @stream and state <> 'open' group by root_key)
       group by root having sum(segments) <> 0 or sum(bytes) <> 0`,
    )
    .all({ stream }) as Record<string, number>[];
  return wrong.map(({ root, segments, bytes }) => {
    return `${segments} segments and ${bytes} bytes too many are said to be stored on root key ${root}`;
  });
}

/** Footage that an event is in must say so. The opposite may be: events are forgotten before footage. */
function eventFaults({ sqlite }: Database, stream: number): string[] {
  const unmarked = sqlite
    .prepare(
      `select segments.id from events join segments on segments.stream_key = @stream
       where camera_key = (select camera_key from streams where key = @stream)
         and state <> 'open' and has_event = 0
         and segments.start_ms > events.start_ms - (select longest_segment_ms from streams where key = @stream) - 1
         and segments.start_ms < coalesce(events.end_ms, ${endOfTime})
         and segments.end_ms > events.start_ms`,
    )
    .pluck()
    .all({ stream });
  return unmarked.map((id) => `segment ${id} has an event and does not say so`);
}

/** @param ranges sorted by start */
function* union(ranges: Iterable<Interval>): Generator<Interval> {
  let last: Interval | undefined;
  for (const { startMs, endMs } of ranges) {
    if (last && startMs <= last.endMs) last = { startMs: last.startMs, endMs: Math.max(last.endMs, endMs) };
    else {
      if (last) yield last;
      last = { startMs, endMs };
    }
  }
  if (last) yield last;
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
