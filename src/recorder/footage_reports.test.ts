import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { SegmentSummary } from '../footage/segment.ts';
import { unixMillis } from '../units/time.ts';
import { FootageReports } from './footage_reports.ts';
import type { RowChange, ToWorker } from './messages.ts';
import { OpenFootageTable } from './open_footage.ts';
import type { WorkerHandle } from './worker_handle.ts';

const run = { id: 'run', streamId: 'stream', clockEpoch: 0 };
const reserve = (id: string): RowChange => ({
  kind: 'reserve',
  run,
  reservation: {
    id,
    streamId: 'stream',
    runId: 'run',
    number: 1,
    rootId: 'root',
    path: `${id}.mp4`,
    provisionalStartMs: unixMillis(0),
  },
});

/** An index that refuses segments by their ids; `commits` are the transactions that it kept. */
function reporting(refused: readonly string[]) {
  const commits: string[][] = [];
  let current: string[] = [];
  const write = (word: string, id: string) => {
    if (refused.includes(id)) throw new NightjarError('disk_full', 'nightjar.db: disk is full.');
    current.push(`${word} ${id}`);
  };
  const posted: ToWorker[] = [];
  const worker = { segments: new Set<string>(), post: (message: ToWorker) => posted.push(message) };
  const nothing = {} as never;
  const reports = new FootageReports({
    ledger: {
      together(work) {
        current = [];
        work();
        commits.push(current);
      },
      reserve: ({ id }) => write('reserve', id),
      close: ({ id }) => write('close', id),
      release: () => {},
    },
    journal: { runBegins: () => {} },
    clock: new SimulatedClock(0),
    log: { error: () => {} },
    open: new OpenFootageTable(),
    repair: nothing,
    gaps: nothing,
    commits: nothing,
    statuses: nothing,
  });
  const take = (changes: readonly RowChange[]) =>
    reports.take({ kind: 'rows', changes }, worker as unknown as WorkerHandle);
  return { take, commits, posted, worker };
}

test('rows that come together are one transaction', () => {
  const { take, commits, posted, worker } = reporting([]);
  take([reserve('1'), reserve('2')]);
  take([reserve('3'), { kind: 'closed', summary: { id: '1' } as SegmentSummary }]);
  assert.deepEqual(commits, [
    ['reserve 1', 'reserve 2'],
    ['reserve 3', 'close 1'],
  ]);
  assert.deepEqual(posted[1], { kind: 'rowsAnswer', results: [{ value: true }, { value: true }] });
  assert.deepEqual([...worker.segments], ['2', '3']);
});

test('a row that the index refuses is refused alone', () => {
  const { take, commits, posted, worker } = reporting(['2']);
  take([reserve('1'), reserve('2'), reserve('3')]);
  assert.deepEqual(commits, [['reserve 1'], ['reserve 3']]);
  const failure = { code: 'disk_full', message: 'nightjar.db: disk is full.' };
  assert.deepEqual(posted, [
    { kind: 'rowsAnswer', results: [{ value: true }, { failure }, { value: true }] },
  ]);
  assert.deepEqual([...worker.segments], ['1', '3']);
});
