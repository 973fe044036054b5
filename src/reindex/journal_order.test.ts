import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOrderOfTime } from './journal_order.ts';

/** Lines as words: `+5` a gap from 5 on, `-5` the end of one at 5, a name the beginning of a run. */
async function merged(...journals: readonly string[][]): Promise<string> {
  const lines = journals.map(async function* (words) {
    for (const word of words) {
      const at = Number(word.slice(1));
      if (word.startsWith('+')) yield JSON.stringify({ word, fromMs: at, cause: 'crash' });
      else yield JSON.stringify(word.startsWith('-') ? { word, toMs: at } : { word, runId: word });
    }
    yield '{"cut o';
  });
  const words: string[] = [];
  for await (const line of inOrderOfTime(lines)) {
    if (line.endsWith('}')) words.push(JSON.parse(line).word);
  }
  return words.join(' ');
}

const cases: readonly [string, readonly string[][], string][] = [
  [
    'the earlier instant comes first',
    [
      ['+3', '-4'],
      ['+1', '-2', '+5'],
    ],
    '+1 -2 +3 -4 +5',
  ],
  ['of one instant the end comes before the beginning', [['+5'], ['+1', '-5']], '+1 -5 +5'],
  ['a journal keeps its order where the clock was set back', [['+9', '-2'], ['+5']], '+5 +9 -2'],
  [
    'the beginning of a run goes with the line before it',
    [
      ['+1', '-4', 'run'],
      ['+2', '-3'],
    ],
    '+1 +2 -3 -4 run',
  ],
  ['there may be no journal', [], ''],
];

for (const [name, journals, expected] of cases) {
  test(name, async () => assert.equal(await merged(...journals), expected));
}
