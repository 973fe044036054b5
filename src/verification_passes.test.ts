import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IndexFixture } from '../test/fixtures/index_fixture.ts';
import { SimulatedClock } from './clock/simulated_clock.ts';
import { VerificationPasses } from './verification_passes.ts';

const slice = { checked: 10, lost: 1, returned: 0, awayRoots: [] };

test('a pass over an archive that takes days is made in slices, and goes on where it was after each start', (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const clock = new SimulatedClock(1_000_000);
  const dayMs = 24 * 3_600_000;
  for (let day = 0; day < 3; day += 1) {
    const passes = new VerificationPasses(fixture.index.passes, clock);
    assert.equal(passes.next(true), undefined, 'nobody asked for it');
    assert.equal(passes.isInterrupted(true), day > 0);
    void passes.want(true);
    assert.equal(passes.next(true)?.afterKey, day * 500);
    clock.advance(dayMs);
    const reachedKey = day < 2 ? (day + 1) * 500 : undefined;
    assert.equal(passes.take(true, { ...slice, reachedKey }) === undefined, day < 2);
  }
  const passes = new VerificationPasses(fixture.index.passes, clock);
  assert.equal(passes.isInterrupted(true), false);
  const pass = { startedMs: 1_000_000, endedMs: 1_000_000 + 3 * dayMs, deep: true, checked: 30, lost: 3 };
  assert.deepEqual(passes.last(), { ...pass, returned: 0, awayRoots: [] });
  void passes.want(true);
  assert.equal(passes.next(true)?.afterKey, 0);
});

test('a pass that was begun and is killed before its first slice is over is gone on with after the next start', (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const clock = new SimulatedClock(1_000_000);
  for (const deep of [false, true]) {
    const killed = new VerificationPasses(fixture.index.passes, clock);
    void killed.want(deep);
    killed.next(deep);
    const passes = new VerificationPasses(fixture.index.passes, clock);
    assert.equal(passes.isInterrupted(deep), true);
    assert.equal(passes.last(), undefined, 'nothing has been looked at');
    void passes.want(deep);
    assert.equal(passes.next(deep)?.afterKey, 0);
    clock.advance(1_000);
    passes.take(deep, { ...slice, reachedKey: undefined });
    assert.equal(passes.isInterrupted(deep), false);
    const { startedMs, endedMs } = fixture.index.passes.last(deep)!;
    assert.equal(endedMs - startedMs, 1_000);
    fixture.index.passes.forgetAll();
  }
});

test('a pass that looks and is asked for again while it is under way is followed by another, one that reads is not', async (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const passes = new VerificationPasses(fixture.index.passes, new SimulatedClock(0));
  for (const deep of [false, true]) {
    const ended = passes.want(deep);
    assert.equal(passes.next(deep)?.deep, deep);
    assert.equal(passes.want(deep), ended);
    assert.equal(passes.take(deep, { ...slice, reachedKey: 7 }), undefined);
    assert.equal(passes.next(deep)?.afterKey, 7);
    assert.ok(passes.take(deep, { ...slice, reachedKey: undefined }));
    if (!deep) {
      assert.equal(passes.next(deep)?.afterKey, 0);
      assert.ok(passes.take(deep, { ...slice, reachedKey: undefined }));
    }
    assert.equal(passes.next(deep), undefined);
    await ended;
  }
});

test('a pass that is given up keeps what it has come to, and is left alone until somebody asks', async (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const passes = new VerificationPasses(fixture.index.passes, new SimulatedClock(0));
  const ended = passes.want(false);
  passes.next(false);
  passes.take(false, { ...slice, reachedKey: 7 });
  passes.giveUp(false);
  await ended;
  assert.deepEqual([passes.next(false), passes.underWay(false)], [undefined, undefined]);
  void passes.want(false);
  assert.equal(passes.next(false)?.afterKey, 7);
});
