import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unixMillis } from '../units/time.ts';
import { type AlarmKind, alarmKinds, hysteresis } from './alarm_kind.ts';
import { AlarmList, type AlarmSubject, type Finding } from './alarm_list.ts';

const finding = (kind: AlarmKind, level: Finding['level'], subject: AlarmSubject = {}): Finding => ({
  kind,
  subject,
  level,
  text: `${kind} is ${level}.`,
  advice: 'Look.',
});

const at = (seconds: number) => ({
  monotonicMs: seconds * 1_000,
  nowMs: unixMillis(1e12 + seconds * 1_000),
});

/** The seconds at which an alarm of this kind is raised, when its condition is as told at each second. */
function raisedAt(kind: AlarmKind, levelAt: (second: number) => Finding['level'], seconds = 600): number[] {
  const list = new AlarmList();
  return Array.from({ length: seconds }, (_, second) => second).filter((second) => {
    list.update([finding(kind, levelAt(second))], at(second));
    return list.alarms.length > 0;
  });
}

const spans = (seconds: readonly number[]) => {
  const starts = seconds.filter((second) => !seconds.includes(second - 1));
  const ends = seconds.filter((second) => !seconds.includes(second + 1));
  return starts.map((start, i) => [start, ends[i]]);
};

const rows: [
  what: string,
  levelAt: (second: number) => Finding['level'],
  raised: (number | undefined)[][],
][] = [
  ['a condition that is good raises nothing', () => 'good', []],
  ['a condition that is bad for too short raises nothing', (s) => (s < 30 ? 'bad' : 'good'), []],
  [
    'a condition that is bad for long enough is raised, and cleared when it was good for long enough',
    (s) => (s >= 100 && s < 200 ? 'bad' : 'good'),
    [[130, 229]],
  ],
  ['a condition that comes and goes raises nothing', (s) => (s % 20 < 10 ? 'bad' : 'good'), []],
  [
    'a condition that comes and goes stays raised',
    (s) => (s < 31 || s % 20 < 10 ? 'bad' : 'good'),
    [[30, 599]],
  ],
  ['what is neither good nor bad raises nothing', () => 'between', []],
  [
    'what is neither good nor bad keeps what is raised',
    (s) => (s < 40 ? 'bad' : s < 400 ? 'between' : 'good'),
    [[30, 429]],
  ],
  [
    'time that is neither good nor bad does not count as good',
    (s) => (s < 40 ? 'bad' : s % 40 < 20 ? 'good' : 'between'),
    [[30, 599]],
  ],
];

for (const [what, levelAt, raised] of rows) {
  test(what, () => assert.deepEqual(spans(raisedAt('camera_offline', levelAt)), raised));
}

test('what is an alarm at once is raised at the first look', () => {
  assert.equal(raisedAt('storage_missing', (s) => (s >= 5 ? 'bad' : 'good'))[0], 5);
});

test('an alarm tells since when it is so, and keeps that while its words change', () => {
  const list = new AlarmList();
  for (let second = 10; second < 50; second++) list.update([finding('camera_offline', 'bad')], at(second));
  list.update([{ ...finding('camera_offline', 'bad'), text: 'Another reason.' }], at(50));
  const [alarm] = list.alarms;
  assert.equal(alarm?.sinceMs, 1e12 + 10_000);
  assert.equal(alarm?.text, 'Another reason.');
  const since = { ...finding('storage_missing', 'bad', { root: 'b' }), sinceMs: unixMillis(5) };
  list.update([finding('camera_offline', 'bad'), since], at(51));
  assert.equal(list.alarms[0]?.sinceMs, 5);
});

test('each subject has its own alarm, and takes it along when it goes', () => {
  const list = new AlarmList();
  const roots = ['a', 'b'].map((root) => finding('storage_missing', 'bad', { root }));
  list.update(roots, at(0));
  assert.deepEqual(
    list.alarms.map(({ id }) => id),
    ['storage_missing:a', 'storage_missing:b'],
  );
  list.update(roots.slice(1), at(1));
  assert.deepEqual(
    list.alarms.map(({ root }) => root),
    ['b'],
  );
  list.update([], at(2));
  assert.deepEqual(list.alarms, []);
});

test('what costs footage comes first', () => {
  const list = new AlarmList();
  const findings = alarmKinds.map((kind) => finding(kind, 'bad'));
  for (let second = 0; second <= 600; second++) list.update(findings, at(second));
  const severities = list.alarms.map(({ severity }) => severity);
  assert.equal(severities.length, alarmKinds.length);
  assert.deepEqual(severities, severities.toSorted());
});

test('whatever comes, no alarm is raised or cleared before its time', () => {
  const level = fc.constantFrom<Finding['level']>('bad', 'between', 'good');
  const step = fc.record({ level, ms: fc.integer({ min: 1, max: 90_000 }) });
  fc.assert(
    fc.property(fc.constantFrom(...alarmKinds), fc.array(step, { maxLength: 120 }), (kind, steps) => {
      const { raiseMs, clearMs } = hysteresis[kind];
      const list = new AlarmList();
      let nowMs = 0;
      let goodSince: number | undefined;
      let badSince: number | undefined;
      let isRaised = false;
      for (const { level: now, ms } of steps) {
        nowMs += ms;
        if (now === 'good') badSince = undefined;
        else if (now === 'bad') badSince ??= nowMs;
        goodSince = now === 'good' ? (goodSince ?? nowMs) : undefined;
        list.update([finding(kind, now)], { monotonicMs: nowMs, nowMs: unixMillis(nowMs) });
        const raised = list.alarms.length > 0;
        if (raised && !isRaised) {
          assert.equal(now, 'bad');
          assert.ok(nowMs - badSince! >= raiseMs);
        }
        if (!raised && isRaised) assert.ok(nowMs - goodSince! >= clearMs);
        if (now === 'bad' && nowMs - badSince! >= raiseMs) assert.ok(raised, 'it must be raised by now');
        if (goodSince !== undefined && nowMs - goodSince >= clearMs)
          assert.ok(!raised, 'it must be over by now');
        isRaised = raised;
      }
    }),
    { seed: 8, numRuns: 1_000 },
  );
});
