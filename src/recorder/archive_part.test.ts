import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRange } from '../rtsp/range.ts';
import { ArchivePart } from './archive_part.ts';

const noon = Date.UTC(2026, 0, 31, 12);

interface Archive {
  readonly asked: string;
  readonly durationS?: number;
  readonly answered?: string;
  readonly scale?: number;
  readonly isTimed?: boolean;
  /** Seconds behind noon that the first footage has. */
  readonly from?: number;
}

function archivePart({ asked, durationS, answered, scale, isTimed = false }: Archive): ArchivePart {
  const part = new ArchivePart({ range: parseRange(asked)! }, durationS);
  const range = answered === undefined ? undefined : parseRange(answered)!;
  const answer = { ...(range && { range }), ...(scale !== undefined && { scale }) };
  part.learn({ answer, isTimed, standing: 'played' });
  return part;
}

/** `seconds` of footage. */
const recorded = ({ from = 0 }: Archive, seconds: number) => ({
  startMs: noon + from * 1000,
  endMs: noon + (from + seconds) * 1000,
  footageMs: seconds * 1000,
});

const second = (number: number) => `20260131T1200${String(number).padStart(2, '0')}Z`;

const ends: readonly [name: string, Archive, wholeAfterSeconds: number | undefined][] = [
  [
    'is not over before its end when it begins with an earlier key frame',
    { asked: `clock=${second(4)}-${second(10)}`, answered: `clock=${second(0)}-${second(10)}` },
    10,
  ],
  [
    'is over at its end when the packets say the time',
    { asked: `clock=${second(4)}-${second(10)}`, isTimed: true, from: 3 },
    7,
  ],
  [
    'may have begun with an earlier key frame when nothing says so, and is left to end by itself for a while',
    { asked: `clock=${second(4)}-${second(10)}`, answered: `clock=${second(4)}-${second(10)}`, from: 4 },
    36,
  ],
  ['counts seconds from where the answer begins', { asked: 'npt=4-10', answered: 'npt=1.5-10' }, 8.5],
  [
    'counts time codes from where the answer begins',
    { asked: 'smpte-25=00:00:04-00:00:10', answered: 'smpte-25=00:00:02-00:00:10' },
    8,
  ],
  ['is over at the end of the answer when it was given none', { asked: 'npt=4-', answered: 'npt=2-9' }, 7],
  ['of the last seconds is over after as many', { asked: 'npt=-20' }, 50],
  ['of the last seconds may have fewer', { asked: 'npt=-20', answered: 'npt=0-12' }, 42],
  ['passes in less time at a scale', { asked: 'npt=4-12', answered: 'npt=2-12', scale: 4 }, 2.5],
  [
    'of some duration ends where that ends, counted from the instant asked for',
    { asked: `clock=${second(4)}-`, durationS: 5, answered: `clock=${second(2)}-`, from: 2 },
    7,
  ],
  ['of the last seconds is over after its duration', { asked: 'npt=-20', durationS: 5 }, 5],
  ['without any end is a day', { asked: 'npt=4-' }, 86_400],
];

for (const [name, archive, seconds] of ends) {
  test(`the part of an archive ${name}`, () => {
    const part = archivePart(archive);
    assert.equal(part.isWhole(recorded(archive, seconds! - 0.001)), false);
    assert.equal(part.isWhole(recorded(archive, seconds!)), true);
  });
}

test('a range without an end is asked for with one when a duration says it', () => {
  const { wish } = new ArchivePart({ range: parseRange('npt=10-')!, scale: 4 }, 5);
  assert.deepEqual(wish, { range: { unit: 'npt', start: 10, end: 30 }, scale: 4 });
});

test('what ended before its end ended early, also when it began with an earlier key frame', () => {
  const archive = { asked: `clock=${second(3)}-${second(10)}`, answered: `clock=${second(0)}-${second(10)}` };
  const part = archivePart(archive);
  assert.deepEqual(part.verdict(recorded(archive, 8), 'It was closed.'), { endedEarly: 'It was closed.' });
  assert.deepEqual(part.verdict(recorded(archive, 9.9), 'It was closed.'), {});
});

test('a range without an end says what it was taken to be over for', () => {
  const archive = { asked: 'npt=-30' };
  const open = { asked: 'npt=3-', answered: 'npt=3-' };
  assert.deepEqual(archivePart(open).verdict(recorded(open, 8), 'Goodbye.'), { endedFor: 'Goodbye.' });
  assert.deepEqual(archivePart(archive).verdict(recorded(archive, 8), 'Goodbye.'), {
    endedEarly: 'Goodbye.',
  });
  const full = archivePart(open).verdict(recorded(open, 86_400), undefined);
  assert.match(full.endedEarly!, /a day of footage/);
});

test('what a camera did not say to be the part asked for is not confirmed', () => {
  const part = new ArchivePart({ range: parseRange('npt=0-10')! }, undefined);
  part.learn({ answer: { range: parseRange('npt=0-')! }, isTimed: false, standing: 'unsaid' });
  const { unconfirmed } = part.verdict(recorded({ asked: '' }, 10), undefined);
  assert.match(unconfirmed!, /asked for "npt=0\.000-10\.000" and answered with "npt=0\.000-"/);
});
