import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gapCauses } from '../footage/gap_cause.ts';
import { LastWords } from './last_words.ts';

test('of each instant the word that was said last holds', () => {
  const words = fc.array(
    fc
      .record({
        startMs: fc.integer({ min: 0, max: 40 }),
        length: fc.integer({ min: 1, max: 20 }),
        cause: fc.constantFrom(...gapCauses),
        isDeletion: fc.boolean(),
      })
      .map(({ length, ...word }) => ({ ...word, endMs: word.startMs + length })),
    { maxLength: 30 },
  );
  const range = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 60 }));
  fc.assert(
    fc.property(words, range, (said, [startMs, length]) => {
      const endMs = startMs + length;
      const expected: string[] = [];
      for (let at = startMs; at < endMs; at++) {
        const last = said.findLast((word) => word.startMs <= at && at < word.endMs);
        if (last) expected.push(`${at} ${last.cause} ${last.isDeletion}`);
      }
      const found = new LastWords(said).within({ startMs, endMs }).flatMap((word) => {
        const instants = Array.from({ length: word.endMs - word.startMs }, (_, each) => word.startMs + each);
        return instants.map((at) => `${at} ${word.cause} ${word.isDeletion}`);
      });
      assert.deepEqual(found, expected);
    }),
  );
});
