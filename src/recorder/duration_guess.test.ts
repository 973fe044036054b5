import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DurationGuess } from './duration_guess.ts';

const steady = Array.from({ length: 20 }, () => 3_600);

const guesses: [name: string, durations: readonly number[], guess: number][] = [
  ['with nothing known, a fifth of a second', [], 18_000],
  ['the only one that is known', [3_600], 3_600],
  ['that of a steady rate', steady, 3_600],
  ['long for an uneven rate', [3_600, 1_800, 5_400, 1_800, 5_400, 3_600], 5_400],
  ['a single hole says nothing', [...steady, 450_000, 3_600], 3_600],
  ['a slower rate is learned from two pictures', [...steady, 18_000, 18_000], 18_000],
  ['a faster rate after sixteen', [...steady, ...steady.map(() => 1_500)], 1_500],
  ['the made-up times of the first B-frames say nothing', [1, 1, 3_600], 3_600],
];

for (const [name, durations, expected] of guesses) {
  test(`a picture's duration is guessed: ${name}`, () => {
    const guess = new DurationGuess(90_000);
    for (const ticks of durations) guess.note(ticks);
    assert.equal(guess.ticks, expected);
  });
}
