import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testJob } from '../../test/fixtures/test_job.ts';
import { unixMillis } from '../units/time.ts';
import { FirstSegmentOffer, firstSegment } from './first_segment.ts';

const startMs = unixMillis(Date.UTC(2026, 5, 1, 12));

const cases: readonly [string, (offer: FirstSegmentOffer) => unknown, boolean][] = [
  [
    'the first run that begins soon has it',
    (offer) => offer.take(unixMillis(startMs + 9_000), 0, testJob.rootId),
    true,
  ],
  [
    'a run that begins late has not',
    (offer) => offer.take(unixMillis(startMs + 11_000), 0, testJob.rootId),
    false,
  ],
  [
    'nor one from before it, by the clock',
    (offer) => offer.take(unixMillis(startMs - 1), 0, testJob.rootId),
    false,
  ],
  ['nor one after a step of the clock', (offer) => offer.take(startMs, 1, testJob.rootId), false],
  ['nor one in another storage root', (offer) => offer.take(startMs, 0, 'another'), false],
  ['nor is there any when nothing begins', (offer) => offer.release(), false],
];

for (const [name, use, isTaken] of cases) {
  test(`a segment that was reserved as its stream began: ${name}`, () => {
    const released: string[] = [];
    const first = firstSegment(testJob, startMs);
    const offer = new FirstSegmentOffer(first, { release: (id) => released.push(id) });
    assert.equal(use(offer), isTaken ? first : undefined);
    assert.deepEqual(released, isTaken ? [] : [first.reservation.id]);
    assert.equal(offer.take(startMs, 0, testJob.rootId), undefined, 'and no second time');
    offer.release();
    assert.equal(released.length, isTaken ? 0 : 1);
  });
}
