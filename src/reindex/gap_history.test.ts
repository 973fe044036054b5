import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GapHistory } from './gap_history.ts';

const cases: readonly { name: string; lines: readonly (object | string)[]; gaps: readonly string[] }[] = [
  { name: 'nothing', lines: [], gaps: [] },
  { name: 'a gap with an end', lines: [{ fromMs: 10, cause: 'crash' }, { toMs: 20 }], gaps: ['10-20 crash'] },
  { name: 'a gap that is open', lines: [{ fromMs: 10, cause: 'refused' }], gaps: ['10- refused'] },
  {
    name: 'another cause ends the gap before, the same one does not',
    lines: [
      { fromMs: 10, cause: 'crash' },
      { fromMs: 15, cause: 'crash' },
      { fromMs: 20, cause: 'refused' },
    ],
    gaps: ['10-20 crash', '20- refused'],
  },
  {
    name: 'a gap that would end before it began is forgotten',
    lines: [{ fromMs: 10, cause: 'crash' }, { toMs: 10 }, { toMs: 12 }],
    gaps: [],
  },
  {
    name: 'what was deleted has the last word, the later deletion first',
    lines: [
      { fromMs: 10, cause: 'crash' },
      { toMs: 20 },
      { fromMs: 15, toMs: 40, cause: 'deleted' },
      { fromMs: 30, toMs: 35, cause: 'damaged' },
    ],
    gaps: ['30-35 damaged', '15-40 deleted', '10-20 crash'],
  },
  {
    name: 'deletions that follow each other are one',
    lines: [
      { fromMs: 10, toMs: 20, cause: 'deleted' },
      { fromMs: 20, toMs: 30, cause: 'deleted' },
      { fromMs: 30, toMs: 35, cause: 'crash' },
      { fromMs: 36, toMs: 40, cause: 'deleted' },
    ],
    gaps: ['36-40 deleted', '30-35 crash', '10-30 deleted'],
  },
  {
    name: 'a deletion and a loss that touch are two, and that of which rule it was makes no difference',
    lines: [
      { fromMs: 10, toMs: 20, cause: 'lost' },
      { fromMs: 20, toMs: 30, cause: 'lost', deletedBy: 'max_age' },
      { fromMs: 30, toMs: 40, cause: 'lost', deletedBy: 'min_free' },
    ],
    gaps: ['20-40 lost', '10-20 lost'],
  },
  {
    name: 'lines that are no lines of a journal are passed over',
    lines: [
      '',
      '{"streamId":"s","fromMs":1',
      '[]',
      'null',
      { fromMs: 1, cause: 'boredom' },
      { fromMs: 'x', cause: 'crash' },
      { toMs: 1.5 },
    ],
    gaps: [],
  },
];

for (const { name, lines, gaps } of cases) {
  test(`the history of gaps: ${name}`, () => {
    const history = new GapHistory();
    for (const line of lines) {
      history.add(typeof line === 'string' ? line : JSON.stringify({ streamId: 's', ...line }));
    }
    history.add(JSON.stringify({ streamId: 'another', fromMs: 1, cause: 'paused' }));
    const words = history
      .gapsOf('s')
      .map(({ startMs, endMs, cause }) => `${startMs}-${endMs ?? ''} ${cause}`);
    assert.deepEqual(words, gaps);
  });
}

test('a deletion is what is marked as one, and deleted without a mark', () => {
  const marks: readonly [cause: string, deletedBy: unknown, isDeletion: boolean][] = [
    ['deleted', 'max_age', true],
    ['deleted', undefined, true],
    ['lost', 'max_age', true],
    ['lost', undefined, false],
    ['damaged', 'restored', true],
    ['damaged', undefined, false],
    ['lost', '', false],
    ['lost', true, false],
    ['lost', null, false],
  ];
  const history = new GapHistory();
  for (const [at, [cause, deletedBy]] of marks.entries()) {
    history.add(JSON.stringify({ streamId: 's', fromMs: 10 * at, toMs: 10 * at + 5, cause, deletedBy }));
  }
  assert.deepEqual(
    history.settledOf('s').map(({ isDeletion }) => isDeletion),
    marks.map(([, , isDeletion]) => isDeletion),
  );
});

test('runs have the order in which they began first', () => {
  const history = new GapHistory();
  for (const runId of ['b', 'a', 'b']) history.add(JSON.stringify({ streamId: 's', runId }));
  assert.ok(history.orderOf('b')! < history.orderOf('a')!);
  assert.equal(history.orderOf('c'), undefined);
});
