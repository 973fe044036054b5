import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { day, fileBytes, hour, siteFor, startMs, twoHours } from '../../test/fixtures/sweep_site.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import type { SweepOptions } from './sweep.ts';

test('old footage goes, file and row and empty folders, and a gap stays', async (context) => {
  const site = siteFor(context);
  const paths = site.record(28);
  const deleted: string[] = [];
  const onDeleted: SweepOptions['onDeleted'] = (segments) =>
    deleted.push(...segments.map(({ path, rule }) => `${rule} ${path}`));
  const result = await site.sweep({ maxAgeDays: twoHours, onDeleted }).sweepNow();
  assert.deepEqual(result, { deleted: 25, freedBytes: 25 * fileBytes, failed: 0, shortfalls: [] });
  assert.deepEqual(site.files(), paths.slice(25));
  assert.deepEqual(site.rows(), paths.slice(25));
  assert.deepEqual(
    deleted,
    paths.slice(0, 25).map((path) => `max_age ${path}`),
  );
  assert.deepEqual(site.gaps(), [{ startMs, endMs: startMs + 25 * hour, cause: 'deleted' }]);
  assert.equal(existsSync(join(site.root, `camera/${site.streamId}/2026/01/01`)), false);
  assert.equal(existsSync(join(site.root, `camera/${site.streamId}/2026/01/02/00`)), false);
  assert.equal(existsSync(join(site.root, `camera/${site.streamId}/2026/01/02/01`)), true);
  const told = site.lines.filter(({ message }) => message === 'Footage is deleted.');
  assert.deepEqual(
    told.map(({ fields }) => [fields.rule, fields.path]),
    paths.slice(0, 25).map((path) => ['max_age', path]),
  );
  assert.deepEqual(site.fixture.index.check(), []);
});

test("a camera's own age wins over the default", async (context) => {
  const site = siteFor(context);
  site.record(3);
  const [camera] = site.fixture.index.cameras.list();
  site.fixture.index.cameras.update(camera!.id, { maxAgeDays: 30 });
  assert.equal((await site.sweep({ maxAgeDays: 0.01 }).sweepNow()).deleted, 0);
});

test('the oldest goes until enough is free, in bounded batches', async (context) => {
  const site = siteFor(context);
  const paths = site.record(70);
  site.diskBytes = 70 * fileBytes + 1_000;
  const minFreeBytes = 66 * fileBytes;
  const result = await site.sweep({ minFreeBytes }).sweepNow();
  assert.deepEqual(result, { deleted: 66, freedBytes: 66 * fileBytes, failed: 0, shortfalls: [] });
  assert.deepEqual(site.files(), paths.slice(66));
  assert.equal((await site.sweep({ minFreeBytes }).sweepNow()).deleted, 0, 'and then nothing more');
});

test('what cannot be freed is told, and the newest footage stays', async (context) => {
  const site = siteFor(context);
  const paths = site.record(3);
  const result = await site.sweep({ minFreeBytes: 2_000_000 }).sweepNow();
  assert.deepEqual(site.files(), paths.slice(2));
  const missingBytes = 2_000_000 - (1_000_000 - fileBytes);
  assert.deepEqual(result.shortfalls, [{ rule: 'min_free', missingBytes, rootId: testRootId }]);
  assert.equal(site.lines.at(-1)!.level, 'error');
});

test('what is protected stays when everything should go, and the bytes that are missing are told', async (context) => {
  const site = siteFor(context);
  const paths = site.record(10);
  const hold = {
    startMs: startMs + 2.5 * hour,
    endMs: startMs + 5 * hour,
    reason: 'theft',
    createdBy: 'Ann',
  };
  const id = randomUUID();
  site.fixture.index.protections.insert({ ...hold, id, cameraId: undefined, createdMs: startMs });
  const sweep = site.sweep({ maxAgeDays: twoHours, maxBytes: fileBytes });
  const result = await sweep.sweepNow();
  const shortfalls = [{ rule: 'max_bytes', missingBytes: 3 * fileBytes }];
  assert.deepEqual(result, { deleted: 6, freedBytes: 6 * fileBytes, failed: 0, shortfalls });
  // A file of which one instant is protected stays whole; so does the newest, which is too young.
  assert.deepEqual(site.files(), [...paths.slice(2, 5), paths[9]]);
  assert.deepEqual(sweep.lastResult, result);
  site.fixture.index.cameras.remove(site.fixture.index.cameras.list()[0]!.id);
  assert.equal((await sweep.sweepNow()).deleted, 0, 'also of a camera that was removed');
  site.fixture.index.protections.remove(id);
  assert.equal((await sweep.sweepNow()).deleted, 3);
  assert.deepEqual(sweep.lastResult!.shortfalls, []);
});

test('when the free space is not known, nothing goes for it, but age is kept and the fault told', async (context) => {
  const site = siteFor(context);
  const paths = site.record(8);
  const space = async () => {
    throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  };
  const sweep = site.sweep({
    minFreeBytes: 1e12,
    maxAgeDays: twoHours,
    files: { ...site.disk, space },
  });
  const result = await sweep.sweepNow();
  assert.deepEqual([result.deleted, result.shortfalls], [5, []]);
  assert.deepEqual(site.files(), paths.slice(5));
  assert.match(site.lines[0]!.message, /free space of the recordings is not known/);
});

test('nothing is touched while the disk of the recordings is not mounted', async (context) => {
  const site = siteFor(context);
  const paths = site.record(4);
  const sweep = site.sweep({ maxAgeDays: twoHours, isRootPresent: async () => false });
  await assert.rejects(sweep.sweepNow(), { code: 'recordings_unwritable' });
  assert.deepEqual(site.rows(), paths);
});

test('a recorder that was off for weeks deletes by age after an hour', async (context) => {
  const site = siteFor(context);
  const paths = site.record(4);
  const lastSeenMs = site.fixture.clock.now();
  site.fixture.clock.advance(21 * day);
  const sweep = site.sweep({ maxAgeDays: 1, lastSeenMs });
  assert.equal((await sweep.sweepNow()).deleted, 0);
  site.fixture.clock.advance(hour);
  assert.equal((await sweep.sweepNow()).deleted, paths.length);
});

test('sweeps that are asked for at once come one after the other', async (context) => {
  const site = siteFor(context);
  site.record(8);
  const sweep = site.sweep({ maxAgeDays: twoHours });
  const results = await Promise.all([sweep.sweepNow(), sweep.sweepNow(), sweep.sweepNow()]);
  assert.deepEqual(
    results.map(({ deleted }) => deleted),
    [5, 0, 0],
  );
});

test('however much goes at once, every deletion is on record with its rule, and the thread has its turns between', async (context) => {
  const site = siteFor(context);
  const hours = 1_500;
  site.recordRows(hours);
  let turns = 0;
  let isSweeping = true;
  const count = () => {
    turns += 1;
    if (isSweeping) setImmediate(count);
  };
  setImmediate(count);
  const slices: number[] = [];
  const { index } = site.fixture;
  const deletion: SweepOptions['index']['deletion'] = {
    ...index.deletion,
    finishDeleting(ids) {
      slices.push(ids.length, turns);
      index.deletion.finishDeleting(ids);
    },
  };
  const result = await site.sweep({ maxAgeDays: twoHours, index: { ...index, deletion } }).sweepNow();
  isSweeping = false;
  const gone = hours - 3;
  assert.deepEqual([result.deleted, result.failed], [gone, 0]);
  const sizes = slices.filter((_, at) => at % 2 === 0);
  const turnsAt = slices.filter((_, at) => at % 2 === 1);
  assert.ok(
    sizes.every((size) => size <= 512),
    `${sizes}`,
  );
  assert.ok(
    turnsAt.every((at, number) => number === 0 || at > turnsAt[number - 1]!),
    `${turnsAt}`,
  );
  const told = site.lines.filter(({ message }) => message === 'Footage is deleted.');
  assert.equal(new Set(told.map(({ fields }) => fields.path)).size, gone);
  assert.ok(told.every(({ fields }) => fields.rule === 'max_age'));
  assert.deepEqual(site.gaps(), [{ startMs, endMs: startMs + gone * hour, cause: 'deleted' }]);
  assert.deepEqual(index.check(), []);
});
