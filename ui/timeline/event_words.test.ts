import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventLetter, eventName, eventWords } from './event_words.ts';
import { Zone } from './zone.ts';

const types: [type: string, name: string, letter: string][] = [
  ['motion', 'Motion', 'M'],
  ['tns1:RuleEngine/CellMotionDetector/Motion', 'Motion', 'M'],
  ['tns1:RuleEngine/LineDetector/Crossed', 'Line crossed', 'L'],
  ['tns1:RuleEngine/FieldDetector/ObjectsInside', 'Intrusion', 'I'],
  ['tns1:RuleEngine/TamperDetector/Tamper', 'Tampering', 'T'],
  ['tns1:Device/Trigger/DigitalInput', 'Contact', 'C'],
  ['HUMAN', 'Person', 'P'],
  ['vehicle.plate', 'Vehicle', 'V'],
  // A word within another is not that word.
  ['application', 'application', 'A'],
  ['tns1:Device/Sensor/Smoke', 'tns1:Device/Sensor/Smoke', 'S'],
  ['7', '7', '7'],
];

for (const [type, name, letter] of types) {
  test(`${type} is called ${name}, in short ${letter}`, () => {
    assert.equal(eventName(type), name);
    assert.equal(eventLetter(type), letter);
  });
}

const at = Date.UTC(2026, 10, 21, 14, 3, 10);
const one = { type: 'motion', startMs: at, endMs: at + 30_000, ongoing: false, count: 1 };
const words: [what: string, event: Parameters<typeof eventWords>[0], words: string][] = [
  ['one with a length', one, 'Motion, 14:03:10, for 30\u202fs'],
  ['one without', { ...one, endMs: at }, 'Motion, 14:03:10'],
  ['one that goes on', { ...one, ongoing: true }, 'Motion since 14:03:10, still going on'],
  ['several as one', { ...one, count: 12, endMs: at + 90_000 }, '12\u202f× Motion, 14:03:10 to 14:04:40'],
  [
    'one of another day',
    { ...one, startMs: at - 86_400_000 },
    'Motion, Fri 20 Nov, 14:03:10, for 1\u202fday',
  ],
];

for (const [what, event, expected] of words) {
  test(`in words: ${what}`, () => {
    const said = eventWords(event, new Zone('UTC'), at);
    assert.equal(said, expected);
  });
}
