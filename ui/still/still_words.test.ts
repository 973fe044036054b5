import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Zone } from '../timeline/zone.ts';
import { stillWords } from './still_words.ts';

const rows: readonly {
  readonly name: string;
  readonly camera: string;
  readonly at: string;
  readonly zone: string;
  readonly instant: string;
  readonly fileName: string;
}[] = [
  {
    name: 'a picture is named by its camera, its local time and the offset',
    camera: 'Front door',
    at: '2026-11-22T13:03:27.040Z',
    zone: 'Europe/Berlin',
    instant: 'Sun 22 Nov 2026, 14:03:27.040 UTC+1',
    fileName: 'Front door 2026-11-22 14.03.27.040 UTC+1.png',
  },
  {
    name: 'the two pictures of an hour that came twice have two names',
    camera: 'Front door',
    at: '2026-11-01T06:30:00Z',
    zone: 'America/New_York',
    instant: 'Sun 1 Nov 2026, 01:30:00.000 UTC−5',
    fileName: 'Front door 2026-11-01 01.30.00.000 UTC-5.png',
  },
  {
    name: 'what file systems refuse is left out of the name, and not of the picture',
    camera: 'Gate: "north" / *new*?',
    at: '2026-03-04T20:00:01.5Z',
    zone: 'Asia/Kolkata',
    instant: 'Thu 5 Mar 2026, 01:30:01.500 UTC+5:30',
    fileName: 'Gate north new 2026-03-05 01.30.01.500 UTC+5.30.png',
  },
];

for (const { name, camera, at, zone, instant, fileName } of rows) {
  test(name, () => {
    const words = stillWords(camera, Date.parse(at), new Zone(zone));
    assert.deepEqual(words, { camera, instant, fileName });
  });
}

test('a very long name leaves room for the time', () => {
  const { fileName } = stillWords('門'.repeat(200), Date.UTC(2026, 0, 1), new Zone('UTC'));
  assert.ok(Buffer.byteLength(fileName) <= 255);
  assert.ok(fileName.endsWith(' 2026-01-01 00.00.00.000 UTC.png'), fileName);
});
