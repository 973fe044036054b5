import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { smallDisk, startMs, temporaryFolder, writing } from '../../test/fixtures/run_writing.ts';
import { until } from '../../test/fixtures/until.ts';
import type { SegmentSummary } from '../footage/segment.ts';
import { recoverSegment } from './recovery.ts';

test('the ledger hears of a segment before its file exists, and of its close when the file is whole', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, recorder, pictures, settled, held } = writing(folder, { segmentMs: 2_000 });
  pictures(0, 120);
  recorder.end();
  await settled();
  assert.deepEqual(
    ledger.told.filter((line) => !line.startsWith('durable')),
    [
      ...['reserve 0', 'reserve 1', 'opened 0', 'closed 0'],
      ...['reserve 2', 'opened 1', 'closed 1'],
      ...['reserve 3', 'opened 2', 'closed 2'],
      'release 3',
    ],
  );
  assert.equal(held.size, 0);
  const [first, second] = ledger.summaries;
  assert.equal(first!.endMs, second!.startMs);
  for (const { id, bytes } of ledger.summaries) {
    const file = await readFile(path.join(folder, ledger.reservations.get(id)!.path));
    assert.equal(file.length, bytes);
  }
});

test('recovery of a file cut at any byte gives what the recorder had told up to there', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, pictures, writer } = writing(folder);
  pictures(0, 230);
  await writer.finish();
  const segment = [...ledger.reservations.values()][0]!;
  const told = ledger.fragments.get(segment.id)!;
  assert.equal(told.length, 9);
  const file = path.join(folder, segment.path);
  const whole = await readFile(file);
  const cuts = [...told.flatMap(({ offset, bytes }) => [offset + 3, offset + bytes - 1, offset + bytes]), 40];
  for (const cut of cuts) {
    await writeFile(file, whole.subarray(0, cut));
    const closed: SegmentSummary[] = [];
    const released: string[] = [];
    const recovered = await recoverSegment(segment, {
      recordingsDir: folder,
      log: { info() {}, warn() {} },
      ledger: {
        openSegments: () => [],
        release: (id) => released.push(id),
        close: (summary) => closed.push(summary),
      },
    });
    const kept = told.filter(({ offset, bytes }) => offset + bytes <= cut);
    if (kept.length === 0) {
      assert.equal(recovered, 'no footage', `cut at ${cut}`);
      assert.deepEqual(released, [segment.id]);
      continue;
    }
    assert.equal(recovered, 'closed', `cut at ${cut}`);
    const { fragments } = closed[0]!;
    assert.deepEqual(
      fragments.map(({ offset, bytes, startTicks }) => ({ offset, bytes, startTicks })),
      kept.map(({ offset, bytes, startTicks }) => ({ offset, bytes, startTicks })),
    );
    if (kept.length === told.length) {
      for (const [index, { startMs }] of fragments.entries()) assert.equal(startMs, told[index]!.startMs);
    }
    assert.equal((await readFile(file)).length, closed[0]!.bytes);
  }
});

test('a hole is told between its two segments, and recovery of either comes to the same wall times', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, recorder, pictures, settled } = writing(folder);
  pictures(0, 60);
  pictures(190, 260, 'no_packets');
  recorder.end();
  await settled();
  assert.deepEqual(
    ledger.told.filter((line) => !line.startsWith('durable')),
    [
      ...[
        'reserve 0',
        'reserve 1',
        'opened 0',
        'closed 0',
        `no_packets since ${ledger.summaries[0]!.endMs - startMs}`,
      ],
      ...['reserve 2', 'opened 1', 'closed 1', 'release 2'],
    ],
  );
  const [first, second] = ledger.summaries;
  assert.ok(
    Math.abs(second!.startMs - first!.endMs - 130 * 40) < 5,
    'no more than the clock is bent meanwhile',
  );
  for (const told of ledger.summaries) {
    const segment = ledger.reservations.get(told.id)!;
    const last = told.fragments.at(-1)!;
    const file = path.join(folder, segment.path);
    // As a kill would leave it: without the end that the close writes.
    await writeFile(file, (await readFile(file)).subarray(0, last.offset + last.bytes));
    const closed: SegmentSummary[] = [];
    const release = assert.fail;
    await recoverSegment(segment, {
      recordingsDir: folder,
      log: { info() {}, warn() {} },
      ledger: { openSegments: () => [], release, close: (summary) => closed.push(summary) },
    });
    const times = ({ startMs, endMs, fragments }: SegmentSummary) => [startMs, endMs, fragments];
    assert.deepEqual(times(closed[0]!), times(told));
  }
});

test('files are made durable in rounds, and the ledger is told how far', {
  timeout: 20_000,
}, async (context) => {
  const folder = await temporaryFolder(context);
  const { clock, ledger, pictures, writer } = writing(folder);
  pictures(0, 100);
  await writer.finish();
  assert.equal(
    ledger.told.some((line) => line.startsWith('durable')),
    false,
  );
  clock.advance(2_000);
  await until(() => ledger.told.includes('durable 0: 3'));
});

test('a recordings folder that cannot be written fails the run once and gives all bytes back', async (context) => {
  const folder = path.join(await temporaryFolder(context), 'a file');
  await writeFile(folder, '');
  const { failures, recorder, pictures, settled, ledger, held } = writing(folder);
  pictures(0, 100);
  await settled();
  pictures(100, 200);
  recorder.end();
  await settled();
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['recordings_unwritable'],
  );
  assert.match(failures[0]!.message, /a file/);
  assert.equal(held.size, 0);
  assert.ok(ledger.told.includes('abandoned 0'));
});

test('a disk that does not keep up costs the newest footage, never what is in the file', async (context) => {
  const folder = await temporaryFolder(context);
  const { failures, recorder, pictures, settled, ledger, held } = writing(folder, { pictureBytes: 40_000 });
  // A megabyte a second, faster than any event loop turn: nothing is written in between.
  pictures(0, 25 * 40);
  recorder.end();
  await settled();
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['disk_slow'],
  );
  assert.equal(held.size, 0);
  assert.equal(ledger.summaries.length, 1);
  assert.ok(
    ledger.summaries[0]!.fragments.length >= 30,
    `${ledger.summaries[0]!.fragments.length} fragments`,
  );
});

test('on a full disk the oldest footage makes room and nothing is lost', async (context) => {
  const folder = await smallDisk(context, 4);
  if (!folder) return context.skip('this machine does not allow mounting a small disk');
  const old = path.join(folder, 'old footage');
  await writeFile(old, Buffer.alloc(3 * 1024 * 1024));
  const { failures, recorder, pictures, settled, ledger } = writing(folder, { pictureBytes: 20_000 });
  ledger.room = () => {
    execFileSync('rm', [old]);
    return true;
  };
  pictures(0, 125);
  recorder.end();
  await settled();
  assert.deepEqual(failures, []);
  assert.equal(ledger.told.filter((line) => line === 'make room').length, 1);
  assert.equal(ledger.summaries[0]!.tracks[0]!.samples, 125);
});

test('on a full disk that nothing can be deleted from, what is written stays whole', async (context) => {
  const folder = await smallDisk(context, 2);
  if (!folder) return context.skip('this machine does not allow mounting a small disk');
  const { failures, recorder, pictures, settled, ledger } = writing(folder, { pictureBytes: 20_000 });
  pictures(0, 250);
  recorder.end();
  await settled();
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['disk_full'],
  );
  assert.ok(ledger.told.includes('abandoned 0'));
  const segment = [...ledger.reservations.values()][0]!;
  const closed: SegmentSummary[] = [];
  const repair = () =>
    recoverSegment(segment, {
      recordingsDir: folder,
      log: { info() {}, warn() {} },
      ledger: { openSegments: () => [], release: assert.fail, close: (summary) => closed.push(summary) },
    });
  await repair();
  assert.equal(closed[0]!.fragments.length, ledger.fragments.get(segment.id)!.length);
});
