import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { cameraEventsTable } from './camera_events.ts';
import { camerasTable } from './cameras.ts';
import { type Database, openDatabase } from './database.ts';
import { deletion } from './deletion.ts';
import { footageFigures } from './footage_figures.ts';
import { footageReader } from './footage_reader.ts';
import { ledger } from './ledger.ts';
import { losses } from './losses.ts';
import { protectionsTable } from './protections.ts';
import { rootsTable } from './roots.ts';

/** Tables that grow with time; the others have a row per camera, format or migration. */
const large =
  /\bSCAN (events|segments|segment_tracks|segment_fragments|coverage|gaps|damages|activity|runs)\b/;
/** A partial index that holds only what is unfinished may be read whole. */
const allowed = /USING (COVERING )?INDEX (segments_open|segments_deleting|gaps_open|events_open)\b/;

/** Every statement that the index prepares. */
function statementsOf(database: Database): string[] {
  const statements: string[] = [];
  const sqlite = new Proxy(database.sqlite, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]) => {
        if (name === 'prepare') statements.push(String(parameters[0]));
        return value.apply(target, parameters);
      };
    },
  });
  const clock = { now: () => 0 } as never;
  const spied = { ...database, sqlite };
  ledger(spied);
  footageReader(spied);
  deletion(spied, clock);
  camerasTable(spied, clock);
  cameraEventsTable(spied);
  footageFigures(spied);
  losses(spied);
  protectionsTable(spied);
  rootsTable(spied, clock);
  return [...new Set(statements)];
}

test('no statement of the index reads a large table from end to end', (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const database = openDatabase(fixture.file);
  const statements = statementsOf(database);
  assert.ok(statements.length > 40, 'the statements were seen');
  let searches = 0;
  for (const statement of statements) {
    const bound = statement.replaceAll(/@\w+|\?/g, '1');
    const plan = database.sqlite.prepare(`explain query plan ${bound}`).all() as { detail: string }[];
    for (const { detail } of plan) {
      searches += /^SEARCH segments USING /.test(detail) ? 1 : 0;
      assert.ok(!large.test(detail) || allowed.test(detail), `${detail} in: ${statement}`);
    }
  }
  database.sqlite.close();
  assert.ok(searches > 8, 'segments are searched by index');
});

const expectations: readonly (readonly [table: string, marker: RegExp, plan: RegExp])[] = [
  [
    'segments of a window',
    /headerHash[\s\S]*order by start_ms, segments.key/,
    /segments_by_stream_time \(stream_key=\? AND start_ms>\? AND start_ms<\?\)/,
  ],
  [
    'stretches of a window',
    /runs.id as runId, start_ms[\s\S]*from coverage/,
    /coverage USING PRIMARY KEY \(stream_key=\? AND start_ms>\? AND start_ms<\?\)/,
  ],
  [
    'gaps of a window',
    /end_ms is null or end_ms > @from/,
    /gaps USING PRIMARY KEY \(stream_key=\? AND start_ms>\? AND start_ms<\?\)/,
  ],
  [
    'the oldest of a class',
    /has_event = @hasEvent[\s\S]*order by end_ms limit/,
    /segments_by_age \(stream_key=\? AND root_key=\? AND has_event=\? AND end_ms>\? AND end_ms<\?\)/,
  ],
];

for (const [name, marker, expected] of expectations) {
  test(`${name} are found by the index made for them`, (context) => {
    const fixture = new IndexFixture();
    context.after(() => fixture.remove());
    const database = openDatabase(fixture.file);
    const statement = statementsOf(database).find((sql) => marker.test(sql));
    assert.ok(statement);
    const plan = database.sqlite
      .prepare(`explain query plan ${statement.replaceAll(/@\w+|\?/g, '1')}`)
      .all() as { detail: string }[];
    database.sqlite.close();
    assert.match(plan.map(({ detail }) => detail).join('\n'), expected);
  });
}
