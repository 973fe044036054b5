import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import { RtpTimeline } from './timeline.ts';

/** Frames as [seconds on the camera's time line, seconds of arrival]; placements as seconds, `~` before a stray. */
function place(frames: readonly (readonly [number, number])[], firstTimestamp = 0): string[] {
  const timeline = new RtpTimeline(90_000);
  return frames.map(([mediaS, arrivalS]) => {
    const timestamp = rtpTimestamp(firstTimestamp + Math.round(mediaS * 90_000));
    const placed = timeline.place(timestamp, unixMillis(1_000_000 + arrivalS * 1000));
    if (placed.kind === 'break') return 'break';
    return `${placed.kind === 'stray' ? '~' : ''}${Number((placed.ticks / 90_000).toFixed(3))}`;
  });
}

const rows: { name: string; frames: [number, number][]; placed: string[] }[] = [
  {
    name: 'the first frame is at 0, and the others keep their distance',
    frames: [
      [7, 0],
      [7.04, 0.05],
      [7.08, 0.07],
    ],
    placed: ['0', '0.04', '0.08'],
  },
  {
    name: 'pictures that are shown before the first one have negative ticks',
    frames: [
      [7, 0],
      [6.92, 0.04],
      [6.96, 0.08],
      [7.12, 0.12],
    ],
    placed: ['0', '-0.08', '-0.04', '0.12'],
  },
  {
    name: 'P10: single strays are restamped, whether they are ahead or behind',
    frames: [
      [0, 0],
      [0.04, 0.04],
      [7200, 0.08],
      [0.12, 0.12],
      [-3600, 0.16],
      [0.2, 0.2],
    ],
    placed: ['0', '0.04', '~0.08', '0.12', '~0.16', '0.2'],
  },
  {
    name: 'P10: a time line that begins anew after a pause goes on behind the pause',
    frames: [
      [0, 0],
      [0.04, 0.04],
      [7200, 1.1],
      [7200.04, 1.14],
      [7200.08, 1.18],
    ],
    placed: ['0', '0.04', '~1.1', '~1.14', 'break'],
  },
  {
    name: 'P10: strays that do not agree with each other never make a time line',
    frames: [
      [0, 0],
      [0.04, 0.04],
      [100, 0.08],
      [900, 0.12],
      [300, 0.16],
      [-60, 0.2],
      [0.24, 0.24],
    ],
    placed: ['0', '0.04', '~0.08', '~0.12', '~0.16', '~0.2', '0.24'],
  },
  {
    name: 'P10: strays between good frames never add up',
    frames: [
      [0, 0],
      [0.04, 0.04],
      [50, 0.08],
      [0.12, 0.12],
      [50.08, 0.16],
      [0.2, 0.2],
      [50.16, 0.24],
      [0.28, 0.28],
    ],
    placed: ['0', '0.04', '~0.08', '0.12', '~0.16', '0.2', '~0.24', '0.28'],
  },
  {
    name: 'P10: a jump that three frames agree on breaks the time line',
    frames: [
      [0, 0],
      [0.04, 0.04],
      [7200, 0.08],
      [7200.04, 0.12],
      [7200.08, 0.16],
      [7200.12, 0.2],
    ],
    placed: ['0', '0.04', '~0.08', '~0.12', 'break', 'break'],
  },
  {
    name: 'P10: time stamps that go back for good break the time line',
    frames: [
      [60, 0],
      [60.04, 0.04],
      [0, 0.08],
      [0.04, 0.12],
      [0.08, 0.16],
    ],
    placed: ['0', '0.04', '~0.08', '~0.12', 'break'],
  },
  {
    name: 'P10: a time stamp that stands still far off is no time line',
    frames: [
      [0, 0],
      [0.04, 0.04],
      [500, 0.08],
      [500, 0.12],
      [500, 0.16],
      [500, 0.2],
    ],
    placed: ['0', '0.04', '~0.08', '~0.12', '~0.16', '~0.2'],
  },
  {
    name: 'P10: a new time line with ten seconds between its frames is believed too',
    frames: [
      [0, 0],
      [0.04, 0.04],
      [7200, 0.08],
      [7210, 10.08],
      [7220, 20.08],
    ],
    placed: ['0', '0.04', '~0.08', '~10.08', 'break'],
  },
  {
    name: 'steps of up to 5 s forward, and as far back, are taken as they are',
    frames: [
      [0, 0],
      [4.9, 0.04],
      [0, 0.08],
    ],
    placed: ['0', '4.9', '0'],
  },
  {
    name: 'a step back by more than a second that lasts breaks the time line',
    frames: [
      [60, 0],
      [60.04, 0.04],
      [58.5, 0.08],
      [58.54, 0.12],
      [58.58, 0.16],
    ],
    placed: ['0', '0.04', '~0.08', '~0.12', 'break'],
  },
  {
    name: 'a single time stamp some seconds back is a stray',
    frames: [
      [60, 0],
      [60.04, 0.04],
      [57, 0.08],
      [60.12, 0.12],
    ],
    placed: ['0', '0.04', '~0.08', '0.12'],
  },
  {
    name: 'a camera that paused and says so keeps its time line',
    frames: [
      [0, 0],
      [0.04, 0.04],
      [30.04, 30.04],
      [30.08, 30.08],
    ],
    placed: ['0', '0.04', '30.04', '30.08'],
  },
  {
    name: 'P14: a burst of old frames at the start keeps its time line',
    frames: [
      [0, 0],
      [2, 0.01],
      [4, 0.02],
      [6, 0.03],
      [8, 0.04],
      [10, 0.05],
      [10.04, 0.09],
    ],
    placed: ['0', '2', '4', '6', '8', '10', '10.04'],
  },
  {
    name: 'a stall and the burst after it keep the time line',
    frames: [
      [0, 0],
      [0.04, 20],
      [0.08, 20.01],
      [10, 20.02],
      [20, 20.03],
      [20.04, 20.07],
    ],
    placed: ['0', '0.04', '0.08', '10', '20', '20.04'],
  },
  {
    name: 'a frame every ten seconds, some of them in a burst, keeps its time line',
    frames: [
      [0, 0],
      [10, 10],
      [20, 40],
      [30, 40.1],
      [40, 40.2],
      [50, 50],
    ],
    placed: ['0', '10', '20', '30', '40', '50'],
  },
];

for (const { name, frames, placed } of rows) test(name, () => assert.deepEqual(place(frames), placed));

test('time stamps that stand still for 2 s while frames come break the time line', () => {
  const frames: [number, number][] = Array.from({ length: 60 }, (_, index) => [5, index / 25]);
  const placed = place(frames);
  assert.equal(placed.indexOf('break'), 52);
});

test('a loop of half a second breaks the time line', () => {
  const frames: [number, number][] = Array.from({ length: 100 }, (_, index) => [
    (index % 12) / 25,
    index / 25,
  ]);
  assert.equal(place(frames).indexOf('break'), 62);
});

test('a lead over arrival is forgotten, so that a slow clock of the camera does not hide a jump', () => {
  // The camera loses 1 s a minute: after ten minutes it is 10 s behind its first frames.
  const frames: [number, number][] = Array.from({ length: 601 }, (_, index) => [index * (59 / 60), index]);
  const placed = place([...frames, [602, 601], [602.04, 601.04], [602.08, 601.08]]);
  assert.deepEqual(placed.slice(-3), ['~590.983', '~591.967', 'break']);
});

test('P9: time stamps unwrap over any number of wraps', () => {
  const steps = fc.array(fc.integer({ min: -90_000, max: 440_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), steps, (first, differences) => {
      const timeline = new RtpTimeline(90_000);
      assert.deepEqual(timeline.place(rtpTimestamp(first), unixMillis(0)), { kind: 'time', ticks: 0 });
      let ticks = 0;
      for (const difference of differences) {
        ticks += difference;
        assert.deepEqual(timeline.place(rtpTimestamp(first + ticks), unixMillis(0)), { kind: 'time', ticks });
      }
    }),
  );
  const wraps = Array.from({ length: 200 }, (_, index) => [index * 3000, index * 3000] as const);
  assert.equal(place(wraps, 0xfffffff0).at(-1), `${199 * 3000}`);
});

test('strays are counted', () => {
  const timeline = new RtpTimeline(90_000);
  timeline.place(rtpTimestamp(0), unixMillis(0));
  timeline.place(rtpTimestamp(90_000_000), unixMillis(40));
  assert.equal(timeline.strays, 1);
});

test('a new time line that is believed tells where the old one would go on, also for pictures out of order', () => {
  const timeline = new RtpTimeline(90_000);
  const at = (mediaS: number, arrivalS: number) => {
    const placed = timeline.place(rtpTimestamp(Math.round(mediaS * 90_000)), unixMillis(arrivalS * 1_000));
    assert.notEqual(placed.ticks, undefined);
    return [placed.kind, Number((placed.ticks! / 90_000).toFixed(3))];
  };
  const hours = 7_200;
  assert.deepEqual(
    [
      at(0, 0),
      at(0.04, 0.04),
      at(hours + 0.08, 0.08),
      at(hours + 0.12, 0.12),
      at(hours + 0.24, 0.16),
      at(hours + 0.16, 0.2),
      at(hours + 0.2, 0.24),
      at(hours + 0.36, 0.28),
    ],
    [
      ['time', 0],
      ['time', 0.04],
      ['stray', 0.08],
      ['stray', 0.12],
      ['break', 0.24],
      ['break', 0.16],
      ['break', 0.2],
      ['break', 0.36],
    ],
  );
});

/** A frame each 40 ms of a camera that begins anywhere, by its own clock and by the arrival. */
const frameAt = (timeline: RtpTimeline, index: number, timestamp: number) =>
  timeline.place(
    rtpTimestamp(((timestamp % 2 ** 32) + 2 ** 32) % 2 ** 32),
    unixMillis(1_000_000 + index * 40),
  );

/** Further from where a frame belongs than any that is taken as it is. */
const farTicks = fc
  .integer({ min: 10 * 90_000, max: 2 ** 31 - 60 * 90_000 })
  .chain((ticks) => fc.constantFrom(ticks, -ticks));

test('P10: single strays, wherever they point, cost no other frame its exact place', () => {
  fc.assert(
    fc.property(
      fc.nat(2 ** 32 - 1),
      // From two frames on it is known how long one lasts.
      fc.array(fc.tuple(fc.integer({ min: 2, max: 12 }), farTicks), { maxLength: 20 }),
      (first, strays) => {
        const timeline = new RtpTimeline(90_000);
        let index = 0;
        for (const [steady, off] of [...strays, [3, undefined] as const]) {
          for (let left = steady; left > 0; left--, index++) {
            const placed = frameAt(timeline, index, first + index * 3_600);
            assert.deepEqual(placed, { kind: 'time', ticks: index * 3_600 });
          }
          if (off === undefined) continue;
          const placed = frameAt(timeline, index, first + index * 3_600 + off);
          assert.deepEqual(placed, { kind: 'stray', ticks: index * 3_600 });
          index++;
        }
        assert.equal(timeline.strays, strays.length);
      },
    ),
  );
});

test('P10: a new time line, wherever it lies, is believed with its third frame, and goes on where the old one was', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), farTicks, fc.integer({ min: 2, max: 50 }), (first, jump, before) => {
      const timeline = new RtpTimeline(90_000);
      for (let index = 0; index < before + 20; index++) {
        const placed = frameAt(timeline, index, first + index * 3_600 + (index < before ? 0 : jump));
        const kind = index < before ? 'time' : index < before + 2 ? 'stray' : 'break';
        assert.deepEqual(placed, { kind, ticks: index * 3_600 });
      }
    }),
  );
});
