import assert from 'node:assert/strict';
import { test } from 'node:test';
import { german } from '../messages/de.ts';
import { english, speak } from '../messages/message.ts';
import type { DayCoverage } from './calendar.ts';
import { calendarDayWords } from './calendar_words.ts';

const date = { year: 2026, month: 10, day: 25 };
const hourMs = 3_600_000;
const known = { kind: 'known', share: 1, coveredMs: 25 * hourMs, gaps: 0 } as const;

const rows: [what: string, coverage: DayCoverage, inEnglish: string, inGerman: string][] = [
  ['a whole day of 25 hours', known, '25 h recorded, no gaps', '25 h aufgenommen, keine Lücke'],
  [
    'a day with gaps',
    { ...known, share: 0.56, coveredMs: 14 * hourMs + 200_000, gaps: 2, cause: 'unreachable' },
    '14 h 3 min recorded, 2 gaps',
    '14 h 3 min aufgenommen, 2 Lücken',
  ],
  [
    'less than an hour',
    { ...known, share: 0.01, coveredMs: 192_000, gaps: 1, cause: 'crash' },
    '3 min 12 s recorded, 1 gap',
    '3 min 12 s aufgenommen, 1 Lücke',
  ],
  [
    'nothing, and why',
    { ...known, share: 0, coveredMs: 0, gaps: 1, cause: 'deleted' },
    'nothing recorded: deleted by retention',
    'nichts aufgenommen: nach Ablauf gelöscht',
  ],
  ['nothing yet', { ...known, share: 0, coveredMs: 0 }, 'nothing recorded', 'nichts aufgenommen'],
  [
    'a day before the camera',
    { kind: 'before' },
    'before the camera was added',
    'bevor die Kamera hinzugefügt wurde',
  ],
  ['a day to come', { kind: 'future' }, 'not yet', 'noch nicht'],
  ['a day that is asked about', { kind: 'unknown' }, 'loading', 'wird geladen'],
  [
    'a day that there was not',
    { kind: 'left_out' },
    'left out of the calendar here',
    'hier im Kalender ausgelassen',
  ],
];

for (const [what, coverage, inEnglish, inGerman] of rows) {
  test(`a day of the calendar says ${what}`, (context) => {
    context.after(() => speak(english));
    const said = () => calendarDayWords(date, coverage).replaceAll('\u202f', ' ');
    // Some tables of names have a comma behind the weekday, and some have none.
    assert.match(said(), new RegExp(`^Sunday,? 25 October 2026: ${inEnglish}$`));
    speak(german);
    assert.equal(said(), `Sonntag, 25. Oktober 2026: ${inGerman}`);
  });
}
