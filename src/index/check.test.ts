import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { unixMillis } from '../units/time.ts';

const tampering: readonly (readonly [sql: string, fault: RegExp])[] = [
  ['update coverage set end_ms = 250', /coverage says \[100, 250\), segments say \[100, 300\)/],
  ['delete from coverage', /coverage says nothing, segments say \[100, 300\)/],
  ['update coverage set bytes = bytes - 500', /2000 bytes in segments and 1500 in coverage/],
  ['update coverage set run_key = (select key from runs order by key desc)', /did not record \[100, 300\)/],
  ['insert into coverage select stream_key, 200, 300, run_key, 0 from coverage', /stretches overlap at 200/],
  [
    'update coverage set end_ms = 200; insert into coverage select stream_key, 200, 300, run_key, 0 from coverage',
    /a stretch ends at 200 though its run goes on/,
  ],
  ['update gaps set start_ms = 290', /there is footage in the gap \[290, /],
  ["insert into gaps select stream_key, 350, 360, 'crash' from gaps", /gaps overlap at 350/],
  ['update streams set longest_segment_ms = 99', /is longer than the longest/],
  ['delete from segment_fragments', /is closed: wrong fragments/],
  ["update segment_fragments set entries = x'02'", /the fragments of segment .* are damaged/],
  [
    "insert into runs (id, stream_key, clock_epoch) select printf('%36d', 0), key, 0 from streams",
    /has no segments/,
  ],
  ['update stored set bytes = bytes + 7', /0 segments and 7 bytes too many are said to be stored/],
  ['update segments set has_event = 0', /has an event and does not say so/],
  ['pragma foreign_keys = off; delete from runs', /refers to a row of runs that is not there/],
];

for (const [sql, fault] of tampering) {
  test(`the check tells what is wrong after: ${sql}`, (context) => {
    const fixture = new IndexFixture();
    context.after(() => fixture.remove());
    const { cameraId, streamId } = fixture.addCamera();
    const runId = randomUUID();
    fixture.record({ streamId, runId, number: 0, startMs: 100, endMs: 200 });
    fixture.record({ streamId, runId, number: 1, startMs: 200, endMs: 300 });
    fixture.reserve({ streamId, runId: randomUUID(), number: 0, startMs: 300 });
    fixture.index.events.insert({
      id: randomUUID(),
      cameraId,
      type: 'motion',
      startMs: 150,
      endMs: 150,
      source: 'test',
      data: undefined,
      createdMs: 150,
    });
    fixture.index.ledger.openGap(streamId, unixMillis(300), 'unreachable');
    assert.deepEqual(fixture.index.check(), []);
    const hand = new SqliteDatabase(fixture.file);
    hand.exec(sql);
    hand.close();
    assert.match(fixture.index.check().join('\n'), fault);
  });
}
