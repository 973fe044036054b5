import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, large, largeBytes, protect, siteFor, twoHours } from '../../test/fixtures/sweep_site.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';

test('a full disk gets some room, whatever the file system says, and those who ask at once share in it', async (context) => {
  const site = siteFor(context);
  const paths = site.record(8, largeBytes);
  const sweep = site.sweep({ files: large(site) });
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => sweep.makeRoom(testRootId))), [true, true, true]);
  assert.deepEqual(site.files(), paths.slice(2), 'four mebibytes at least');
  assert.equal(await sweep.makeRoom(testRootId), true);
  assert.deepEqual(site.files(), paths.slice(4));
  site.diskBytes = 2 ** 30;
  assert.equal(await sweep.makeRoom(testRootId), true);
  assert.deepEqual(site.files(), paths.slice(7), 'a hundredth of the disk, up to the guaranteed age');
  assert.equal(await sweep.makeRoom(testRootId), false);
});

test('footage that somebody reads stays until the next sweep, but not on a full disk', async (context) => {
  const site = siteFor(context);
  const paths = site.record(4, largeBytes);
  const leased = site.fixture.index.footage.segmentsBetween(site.streamId, 0, 1e15)[0]!.id;
  const isLeased = (id: string) => id === leased;
  assert.equal((await site.sweep({ maxAgeDays: twoHours, isLeased }).sweepNow()).deleted, 0);
  assert.equal(await site.sweep({ isLeased, files: large(site) }).makeRoom(testRootId), true);
  assert.deepEqual(site.files(), paths.slice(2));
});

test('one wrong answer of a time server makes no footage too old, and the disk gets room all the same', async (context) => {
  const site = siteFor(context);
  const paths = site.record(48, largeBytes);
  const sweep = site.sweep({ maxAgeDays: 2, files: large(site) });
  site.fixture.clock.stepWallClock(400 * day);
  assert.equal((await sweep.sweepNow()).deleted, 0);
  assert.equal(await sweep.makeRoom(testRootId), true);
  assert.deepEqual(site.files(), paths.slice(2));
  site.fixture.clock.stepWallClock(-400 * day);
  assert.equal((await sweep.sweepNow()).deleted, 0);
});

test('footage of a clock that was ahead goes when the disk is full and nothing else may go', async (context) => {
  const site = siteFor(context);
  const paths = site.record(6, largeBytes);
  site.fixture.clock.stepWallClock(-365 * day);
  protect(site, 2);
  const sweep = site.sweep({ maxAgeDays: 1, files: large(site) });
  assert.equal((await sweep.sweepNow()).deleted, 0, 'not by age');
  assert.equal(await sweep.makeRoom(testRootId), true);
  assert.deepEqual(site.files(), [...paths.slice(0, 2), ...paths.slice(4)]);
});

test('making room on one disk leaves the figures of all as they were', async (context) => {
  const site = siteFor(context);
  site.record(8, largeBytes);
  const sweep = site.sweep({ files: large(site) });
  const result = await sweep.sweepNow();
  await sweep.makeRoom(testRootId);
  assert.equal(sweep.lastResult, result);
});
