import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import SqliteDatabase from 'better-sqlite3';
import { migrationsDir } from '../../test/fixtures/index_fixture.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { emptyStrip } from '../footage/activity.ts';
import { unixMillis } from '../units/time.ts';
import { openIndex } from './open_index.ts';

const fixtures = path.join(import.meta.dirname, '../../test/fixtures/schemas');
const startMs = Date.UTC(2026, 0, 1);
const numbers = readdirSync(migrationsDir)
  .map((name) => Number(name.slice(0, 4)))
  .sort((a, b) => a - b);
const id = (digit: string) =>
  `${digit.repeat(8)}-${digit.repeat(4)}-4${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`;

for (const number of numbers) {
  test(`a database of schema ${number} opens, and says what it said`, (context) => {
    const fixture = path.join(fixtures, `${String(number).padStart(4, '0')}.db.gz`);
    assert.ok(existsSync(fixture), 'scripts/schema_fixtures.ts makes the one that is missing');
    const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-schema-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'nightjar.db');
    const before = gunzipSync(readFileSync(fixture));
    writeFileSync(file, before);
    const index = openIndex({ file, migrationsDir, clock: new SimulatedClock(startMs + 600_000) });
    context.after(() => index.close());

    assert.deepEqual(index.check(), []);
    assert.equal(index.installationId, id('a'));
    const [camera, ...others] = index.cameras.list();
    assert.deepEqual(others, [], 'the camera that was removed is listed no more');
    const { name, address, username, password, maxAgeDays, streams } = camera!;
    assert.deepEqual(
      [camera!.id, name, address, username, password, maxAgeDays],
      [id('b'), 'Yard', '192.0.2.7', 'viewer', 'secret', 36_500],
    );
    assert.deepEqual(streams, [
      {
        id: id('1'),
        role: 'main',
        url: 'rtsp://192.0.2.7/1',
        transport: 'auto',
        record: true,
        createdMs: startMs,
      },
    ]);
    assert.deepEqual(
      index.cameras.retained().map(({ cameraName }) => cameraName),
      ['Yard', 'Gate'],
    );
    const { footage, ledger, passes } = index;
    assert.equal(passes.last(false)?.checked, number >= 7 ? 3 : undefined);
    assert.equal(passes.unfinished(true)?.reachedKey, number >= 8 ? 1 : undefined);
    const minute = (ms: number | undefined) => (ms === undefined ? undefined : (ms - startMs) / 60_000);
    assert.deepEqual(
      footage
        .coverage(id('1'), 0, 1e15)
        .map((row) => [row.runId, minute(row.startMs), minute(row.endMs), row.bytes]),
      [
        [id('5'), 0, 2, 2_000],
        [id('6'), 3, 4, 1_000],
      ],
    );
    assert.deepEqual(
      footage.gaps(id('1'), 0, 1e15).map((row) => [minute(row.startMs), minute(row.endMs), row.cause]),
      [
        [2, 3, 'unreachable'],
        [4, undefined, 'crash'],
      ],
    );
    assert.equal(footage.damages(id('1'), 0, 1e15).length, number >= 3 ? 1 : 0);
    const strip = emptyStrip({ startMs: startMs, endMs: startMs + 4_000 }, 1_000);
    footage.addActivity(strip, id('1'));
    assert.deepEqual([...strip.levels], number >= 9 ? [1, 1, 9, 0] : [0, 0, 0, 0]);
    const segments = footage.segmentsBetween(id('1'), 0, 1e15);
    assert.deepEqual(
      segments.map(({ path: name_, runId, number: inRun, bytes, tracks }) => [
        name_,
        runId,
        inRun,
        bytes,
        tracks.length,
      ]),
      [
        ['camera/1.mp4', id('5'), 0, 1_000, 1],
        ['camera/2.mp4', id('5'), 1, 1_000, 1],
      ],
    );
    assert.equal(footage.fragments(segments[0]!.id).length, 1);
    assert.deepEqual(
      ledger.openSegments().map((segment) => segment.path),
      ['camera/9.mp4'],
    );
    assert.deepEqual(
      index.deletion.pendingDeletions().map((segment) => [segment.path, segment.because]),
      [['camera/3.mp4', 'max_age']],
    );
    assert.equal(ledger.lastHeartbeat(), startMs + 240_000);
    // What is written next finds its place, too.
    ledger.closeGap(id('1'), unixMillis(startMs + 300_000));
    index.deletion.finishDeleting([id('3')]);
    assert.deepEqual(index.check(), []);

    const [next] = numbers.slice(number);
    if (next === undefined) return;
    const kept = new SqliteDatabase(`${file}.before-${String(next).padStart(4, '0')}`, { readonly: true });
    assert.equal(kept.pragma('user_version', { simple: true }), number, 'the old one is kept as it was');
    assert.equal(kept.prepare('select count(*) from segments').pluck().get(), 5);
    kept.close();
  });
}
