import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastUntoldDay, planRuler, type Tick } from './ruler.ts';
import { Zone } from './zone.ts';

const hourMs = 3_600_000;
const at = (text: string) => Date.parse(text);

function ruler(zoneName: string, from: string, hours: number, widthPx: number) {
  const fromMs = at(from);
  const spanMs = hours * hourMs;
  return planRuler({ fromMs, toMs: fromMs + spanMs, msPerPx: spanMs / widthPx, zone: new Zone(zoneName) });
}

const show = ({ kind, local, offsetMs }: Tick) =>
  kind === 'day'
    ? `${local.day}.${local.month}.`
    : `${local.hour}:${String(local.minute).padStart(2, '0')}${offsetMs === undefined ? '' : ` +${offsetMs / hourMs}`}`;

const labels = (ticks: readonly Tick[]) => ticks.filter(({ labelled }) => labelled).map(show);

test('marks stand at round times of the local clock', () => {
  const { ticks, stepMs } = ruler('Asia/Kolkata', '2026-06-01T18:00:00Z', 3, 200);
  assert.equal(stepMs, hourMs);
  assert.deepEqual(labels(ticks), ['2.6.', '1:00', '2:00']);
  assert.equal(ticks.find(({ kind }) => kind === 'day')?.ms, at('2026-06-01T18:30:00Z'));
});

test('the day of 23 hours has no hour of two', () => {
  const { ticks } = ruler('Europe/Berlin', '2026-03-28T23:00:00Z', 23, 2400);
  const shown = labels(ticks);
  assert.equal(shown.length, 23);
  assert.deepEqual(shown.slice(0, 4), ['29.3.', '1:00', '3:00 +2', '4:00']);
  assert.equal(shown.at(-1), '23:00');
});

test('the day of 25 hours has the hour of two twice, the second with what the clocks show now', () => {
  const { ticks } = ruler('Europe/Berlin', '2026-10-24T22:00:00Z', 25, 2600);
  const shown = labels(ticks);
  assert.equal(shown.length, 25);
  assert.deepEqual(shown.slice(0, 5), ['25.10.', '1:00', '2:00', '2:00 +1', '3:00']);
});

test('both changes in New York, where the clocks change at another hour', () => {
  assert.deepEqual(labels(ruler('America/New_York', '2026-03-08T05:00:00Z', 4, 400).ticks), [
    '8.3.',
    '1:00',
    '3:00 +-4',
    '4:00',
  ]);
  assert.deepEqual(labels(ruler('America/New_York', '2026-11-01T04:00:00Z', 4, 400).ticks), [
    '1.11.',
    '1:00',
    '1:00 +-5',
    '2:00',
  ]);
});

test('after a change by half an hour the marks are at round times again', () => {
  const { ticks } = ruler('Australia/Lord_Howe', '2026-10-03T14:30:00Z', 3, 330);
  assert.deepEqual(labels(ticks), ['1:00', '2:30 +11', '3:00', '4:00']);
});

test('days are marked at their first instant, also where midnight does not exist and in weeks of changes', () => {
  const beirut = ruler('Asia/Beirut', '2026-03-27T22:00:00Z', 71, 600);
  const days = beirut.ticks.filter(({ kind }) => kind === 'day');
  assert.deepEqual(days.map(show), ['28.3.', '29.3.', '30.3.']);
  assert.equal(days[1]!.local.hour, 1);
  const berlin = ruler('Europe/Berlin', '2026-10-19T22:00:00Z', 24 * 14, 1400);
  assert.ok(berlin.ticks.filter(({ kind }) => kind === 'day').every(({ local }) => local.hour === 0));
});

test('60 days on a phone are labelled on Mondays', () => {
  const { ticks, stepMs } = ruler('Europe/Berlin', '2026-09-01T00:00:00Z', 24 * 60, 360);
  assert.equal(stepMs, 14 * 24 * hourMs);
  const marked = ticks.filter(({ labelled }) => labelled);
  assert.ok(marked.length >= 4 && marked.length <= 5);
  assert.ok(marked.every(({ local }) => local.weekday === 1));
});

test('labels are never closer than asked, nor marks more than a screen shows, at any zoom', () => {
  for (const widthPx of [300, 1200, 3000]) {
    for (let spanMs = 10_000; spanMs <= 60 * 24 * hourMs; spanMs *= 1.37) {
      const fromMs = at('2026-06-01T12:34:56Z');
      const { ticks } = planRuler({
        fromMs,
        toMs: fromMs + spanMs,
        msPerPx: spanMs / widthPx,
        zone: new Zone('Europe/Berlin'),
      });
      const marked = ticks.filter(({ labelled }) => labelled);
      for (const [index, tick] of marked.slice(1).entries()) {
        assert.ok(
          ((tick.ms - marked[index]!.ms) / spanMs) * widthPx >= 63.9 || tick.kind === 'day',
          `${spanMs}`,
        );
      }
      assert.ok(ticks.length < 600, `${ticks.length} at ${spanMs}`);
      if (spanMs > 20_000 && widthPx >= 1200) assert.ok(marked.length >= 3, `${marked.length} at ${spanMs}`);
    }
  }
});

const upright: readonly (readonly [
  what: string,
  from: string,
  minutes: number,
  labels: readonly string[],
])[] = [
  ['an hour', '2026-06-01T12:07:00Z', 60, ['14:10', '14:20', '14:30', '14:40', '14:50', '15:00']],
  ['ten minutes', '2026-06-01T12:00:30Z', 10, ['14:02', '14:04', '14:06', '14:08', '14:10']],
  ['half a minute', '2026-06-01T12:00:00Z', 0.5, ['14:00', '14:00', '14:00', '14:00', '14:00', '14:00']],
  ['over midnight', '2026-06-01T20:30:00Z', 180, ['22:30', '23:00', '23:30', '2.6.', '0:30', '1:00']],
  [
    'over a change of the clocks',
    '2026-03-29T00:15:00Z',
    90,
    ['1:15', '1:30', '1:45', '3:00 +2', '3:15', '3:30'],
  ],
];

for (const [what, from, minutes, expected] of upright) {
  test(`labels one below the other may be closer: ${what} on 300 pixels`, () => {
    const fromMs = at(from);
    const spanMs = minutes * 60_000;
    const { ticks } = planRuler({
      fromMs,
      toMs: fromMs + spanMs,
      msPerPx: spanMs / 300,
      zone: new Zone('Europe/Berlin'),
      orientation: 'vertical',
    });
    assert.deepEqual(labels(ticks), expected);
  });
}

test('the last day is told apart where no label tells it, and not where marks are whole days', () => {
  const dayOf = (from: string, hours: number) =>
    lastUntoldDay(ruler('Europe/Berlin', from, hours, 300))?.local.day;
  assert.equal(dayOf('2026-06-01T08:00:00Z', 2), 1);
  assert.equal(dayOf('2026-06-01T21:00:00Z', 2), undefined);
  assert.equal(dayOf('2026-06-01T08:00:00Z', 24 * 30), undefined);
});
