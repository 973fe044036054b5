import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Position, steer } from './live_edge.ts';

const at = (lag: number, rate = 1): Position => ({
  seconds: 100 - lag,
  rate,
  ranges: [{ start: 80, end: 100 }],
});

for (const [name, position, expected] of [
  ['nothing is held yet', { seconds: 0, rate: 1, ranges: [] }, { rate: 1 }],
  ['it is where it should be', at(0.35), { rate: 1 }],
  ['it is a little behind, which is left alone', at(0.7), { rate: 1 }],
  ['it is behind, and plays faster', at(1.2), { rate: 1.08 }],
  ['it plays faster until it is there', at(0.5, 1.08), { rate: 1.08 }],
  ['it caught up', at(0.3, 1.08), { rate: 1 }],
  ['it is about to run dry, and plays slower', at(0.05), { rate: 0.94 }],
  ['it plays slower until there is enough again', at(0.2, 0.94), { rate: 0.94 }],
  ['it is far behind, and jumps', at(6), { rate: 1, seekTo: 99.65 }],
  ['it is before the first picture, as at the begin', { ...at(0), seconds: 0 }, { rate: 1, seekTo: 99.65 }],
  [
    'it stands at a hole that will never be filled',
    {
      seconds: 89.99,
      rate: 1,
      ranges: [
        { start: 80, end: 90 },
        { start: 91, end: 91.2 },
      ],
    },
    { rate: 1, seekTo: 91 },
  ],
] as [string, Position, object][]) {
  test(`steering when ${name}`, () => assert.deepEqual(steer(position), expected));
}

test('from anywhere it gets near the live edge within ten seconds, and stays', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 30, noNaN: true }), (lag) => {
      let seconds = 100 - lag;
      let end = 100;
      let rate = 1;
      for (let tick = 0; tick < 80; tick++) {
        const steering = steer({ seconds, rate, ranges: [{ start: 60, end }] });
        rate = steering.rate;
        seconds = Math.min(end, (steering.seekTo ?? seconds) + 0.25 * rate);
        end += 0.25;
        if (tick > 40)
          assert.ok(end - seconds < 1 && end - seconds > 0.05, `lag ${end - seconds} at tick ${tick}`);
      }
    }),
    { seed: 1 },
  );
});
