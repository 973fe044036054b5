import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findEvent } from './event_search.ts';

/** As the server makes those one that begin in the same stretch. */
function coarseOf(begins: readonly number[], stretchMs: number) {
  const firsts = new Map<string, number>();
  for (const begin of begins) {
    const type = begin % 2 === 0 ? 'motion' : 'person';
    const key = `${type} ${Math.floor(begin / stretchMs)}`;
    firsts.set(key, Math.min(begin, firsts.get(key) ?? begin));
  }
  return [...firsts.values()].map((startMs) => ({
    type: 'any',
    startMs,
    endMs: startMs,
    ongoing: false,
    count: 1,
  }));
}

test('the next event and the one before are found exactly, however many the timeline has made one', async () => {
  const begin = fc.integer({ min: 0, max: 2_000 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(begin, { maxLength: 60 }),
      begin,
      fc.constantFrom(1, 7, 64, 500),
      async (begins, ms, stretchMs) => {
        const sorted = begins.toSorted((a, b) => a - b);
        let questions = 0;
        const search = {
          coarse: coarseOf(begins, stretchMs),
          stretchMs,
          read: async (fromMs: number, toMs: number) => {
            questions++;
            // One that lasts is listed in every window that it reaches into.
            return [0, ...sorted.filter((each) => each >= fromMs && each < toMs)].filter((each) =>
              sorted.includes(each),
            );
          },
        };
        assert.equal(
          await findEvent(search, ms, 1),
          sorted.find((each) => each > ms),
        );
        assert.equal(
          await findEvent(search, ms, -1),
          sorted.findLast((each) => each < ms),
        );
        assert.ok(questions <= 2);
      },
    ),
  );
});
