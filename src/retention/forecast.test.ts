import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ForecastFacts, forecast, type RecordingCamera } from './forecast.ts';

const dayMs = 86_400_000;

function camera(id: string, more: Partial<RecordingCamera> = {}): RecordingCamera {
  const limits = { minAgeMs: 0, maxAgeMs: undefined, eventMaxAgeMs: undefined, maxBytes: undefined };
  return { id, bytesPerDay: 100, rootId: 'disk', ...limits, ...more };
}

const cases: readonly (readonly [
  name: string,
  facts: Partial<ForecastFacts> & { readonly room?: number },
  expected: Record<string, string>,
])[] = [
  ['without any limit there is no end', {}, { a: 'undefined undefined' }],
  [
    'an age is what the footage gets',
    { cameras: [camera('a', { maxAgeMs: 30 * dayMs })] },
    { a: '30 max_age' },
  ],
  [
    'bytes end it where they come first',
    { cameras: [camera('a', { maxAgeMs: 30 * dayMs, maxBytes: 700 })] },
    { a: '7 camera_max_bytes' },
  ],
  [
    'a disk is shared by age and not by bytes',
    { cameras: [camera('a'), camera('b', { bytesPerDay: 300 })], room: 4_000 },
    { a: '10 min_free', b: '10 min_free' },
  ],
  [
    'who stays below the common age leaves room to the others',
    { cameras: [camera('a', { maxAgeMs: 5 * dayMs }), camera('b', { bytesPerDay: 300 })], room: 4_000 },
    { a: '5 max_age', b: '11.667 min_free' },
  ],
  [
    'the limit of all together ends it too',
    { cameras: [camera('a'), camera('b')], maxBytes: 600, room: 4_000 },
    { a: '3 max_bytes', b: '3 max_bytes' },
  ],
  [
    'cameras on another disk take nothing',
    { cameras: [camera('a'), camera('b', { rootId: 'other' })], room: 400 },
    { a: '4 min_free', b: 'undefined undefined' },
  ],
  [
    'what is guaranteed is there, at the cost of others',
    { cameras: [camera('a', { minAgeMs: 6 * dayMs }), camera('b')], room: 800 },
    { a: '6 min_free', b: '2 min_free' },
  ],
  [
    'who records nothing has no end',
    { cameras: [camera('a', { bytesPerDay: 0 })], room: 1 },
    { a: 'undefined undefined' },
  ],
];

for (const [name, { room, ...facts }, expected] of cases) {
  test(name, () => {
    const roots = new Map([['disk', { roomBytes: room }]]);
    const found = forecast({ cameras: [camera('a')], maxBytes: undefined, roots, ...facts });
    const words = [...found].map(([id, { expectedDays, limitedBy }]) => {
      const days = expectedDays === undefined ? expectedDays : Math.round(expectedDays * 1000) / 1000;
      return [id, `${days} ${limitedBy}`];
    });
    assert.deepEqual(Object.fromEntries(words), expected);
  });
}

test('what is expected fits on the disk, unless guarantees alone do not', () => {
  const anyCamera = fc.record({
    bytesPerDay: fc.integer({ min: 1, max: 1_000 }),
    minAgeMs: fc.nat(5).map((days) => days * dayMs),
    maxAgeMs: fc.option(
      fc.integer({ min: 6, max: 60 }).map((days) => days * dayMs),
      { nil: undefined },
    ),
    maxBytes: fc.option(fc.integer({ min: 1_000, max: 50_000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(anyCamera, { minLength: 1, maxLength: 8 }), fc.nat(100_000), (some, roomBytes) => {
      const cameras = some.map((each, index) => camera(`${index}`, each));
      const roots = new Map([['disk', { roomBytes }]]);
      const found = forecast({ cameras, maxBytes: undefined, roots });
      const bytes = cameras.reduce((sum, each) => {
        return sum + each.bytesPerDay * (found.get(each.id)!.expectedDays ?? Infinity);
      }, 0);
      const guaranteed = cameras.reduce((sum, each) => sum + (each.bytesPerDay * each.minAgeMs) / dayMs, 0);
      const isEndless = cameras.some((each) => found.get(each.id)!.expectedDays === undefined);
      if (!isEndless)
        assert.ok(bytes <= Math.max(roomBytes, guaranteed) + 1 || cameras.some(isHeldUp), `${bytes}`);
      function isHeldUp(each: RecordingCamera): boolean {
        return found.get(each.id)!.expectedDays! * dayMs <= each.minAgeMs + 1;
      }
    }),
  );
});
