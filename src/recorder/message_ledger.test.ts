import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { SegmentSummary } from '../footage/segment.ts';
import { MessageLedger } from './message_ledger.ts';
import type { FromWorker } from './messages.ts';
import { gapCauseOf } from './status.ts';

test('why the index refused a segment comes over with its code, so that the gap has the cause of the disk', async () => {
  const posted: FromWorker[] = [];
  const ledger = new MessageLedger((message) => posted.push(message));
  const closed = ledger.closed({} as SegmentSummary);
  const [message] = posted;
  assert.deepEqual(message, { kind: 'rows', changes: [{ kind: 'closed', summary: {} }] });
  const failure = { code: 'disk_full', message: 'nightjar.db: database or disk is full.' } as const;
  ledger.rowsAnswer([{ failure }]);
  await assert.rejects(
    closed,
    (error) => error instanceof NightjarError && gapCauseOf(error) === 'disk_full',
  );
});

test('rows that come while others are being written go together, and each hears of its own', async () => {
  const posted: FromWorker[] = [];
  const ledger = new MessageLedger((message) => posted.push(message));
  const close = (id: string) => ledger.closed({ id } as SegmentSummary);
  const first = close('1');
  const [second, third] = [close('2'), close('3')];
  const sent = () => posted.map((message) => message.kind === 'rows' && message.changes.length);
  assert.deepEqual(sent(), [1]);
  ledger.rowsAnswer([{ value: true }]);
  await first;
  assert.deepEqual(sent(), [1, 2]);
  const failure = { code: 'disk_full', message: 'nightjar.db: database or disk is full.' } as const;
  ledger.rowsAnswer([{ failure }, { value: true }]);
  await assert.rejects(second);
  await third;
  void close('4');
  assert.deepEqual(sent(), [1, 2, 1]);
});
