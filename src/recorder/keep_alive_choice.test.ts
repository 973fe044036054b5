import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../errors/catalogue.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { KeepAliveChoice } from './keep_alive_choice.ts';

const cases: readonly [
  name: string,
  ends: readonly (readonly [code: ErrorCode, playedMs: number])[],
  longestMs: number,
][] = [
  ['nothing ended yet', [], 30_000],
  ['the camera closed after 20 s', [['camera_closed', 20_000]], 10_000],
  ['the camera fell silent after 40 s', [['no_packets', 40_000]], 15_000],
  [
    'it closed again',
    [
      ['camera_closed', 20_000],
      ['camera_closed', 12_000],
    ],
    5_000,
  ],
  ['it closes whatever is done', Array.from({ length: 9 }, () => ['camera_closed', 20_000] as const), 2_500],
  ['it lived for long', [['camera_closed', 300_000]], 30_000],
  ['it closed at once, as one that boots', [['camera_closed', 1_000]], 30_000],
  ['another error ended it', [['stream_damaged', 20_000]], 30_000],
];

for (const [name, ends, longestMs] of cases) {
  test(`C30: when ${name}, it is told every ${longestMs / 1000} s that somebody watches`, () => {
    const choice = new KeepAliveChoice();
    for (const [code, playedMs] of ends) choice.ended(new NightjarError(code, 'It ended.'), playedMs);
    assert.equal(choice.longestMs, longestMs);
  });
}
