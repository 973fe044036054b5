import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import {
  FailingRoot,
  HangingRoot,
  smallDisk,
  startMs,
  temporaryFolder,
  WaitingRoot,
  writing,
} from '../../test/fixtures/run_writing.ts';
import { testRootId, testRoots } from '../../test/fixtures/test_root.ts';
import { until } from '../../test/fixtures/until.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import type { SegmentSummary } from '../footage/segment.ts';
import { recoverSegment } from './recovery.ts';
import { StorageRoot } from './storage_root.ts';

test('the ledger hears of a segment before its file exists, and of its close when the file is whole', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, recorder, pictures, settled, held } = writing(folder, { segmentMs: 2_000 });
  pictures(0, 120);
  recorder.end();
  await settled();
  const told = (word: string) => ledger.told.filter((line) => line.startsWith(word));
  assert.deepEqual(told('reserve'), ['reserve 0', 'reserve 1', 'reserve 2', 'reserve 3']);
  assert.deepEqual(told('closed'), ['closed 0', 'closed 1', 'closed 2']);
  assert.equal(ledger.told.at(-1), 'release 3');
  for (const number of [0, 1, 2]) {
    const places = ['reserve', 'opened', 'closed'].map((word) => ledger.told.indexOf(`${word} ${number}`));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      ledger.told.join(', '),
    );
  }
  assert.equal(held.size, 0);
  const [first, second] = ledger.summaries;
  assert.equal(first!.endMs, second!.startMs);
  for (const { id, bytes } of ledger.summaries) {
    const file = await readFile(path.join(folder, ledger.reservations.get(id)!.path));
    assert.equal(file.length, bytes);
  }
});

test('the next file is written while the disk takes its time to finish the one before, and is finished after it', async (context) => {
  const folder = await temporaryFolder(context);
  const clock = new SimulatedClock(startMs);
  const root = new WaitingRoot({ id: testRootId, folder, clock, syncMs: 2_000 });
  const { ledger, recorder, pictures, settled } = writing(folder, { segmentMs: 2_000, root, clock });
  pictures(0, 80);
  const files = () => [...ledger.reservations.values()].map(({ id }) => ledger.fragments.get(id)!.length);
  await until(() => files()[1]! >= 1);
  assert.equal(ledger.told.includes('closed 0'), false);
  pictures(80, 500);
  recorder.end();
  // A disk that finishes none has not ever more of them open.
  await until(() => (files()[4] ?? 0) >= 2);
  assert.equal(root.waiting, 1);
  assert.equal(files()[5] ?? 0, 0);
  root.go();
  await settled();
  const closed = ledger.told.filter((line) => line.startsWith('closed'));
  assert.deepEqual(
    closed,
    [...ledger.reservations.values()].slice(0, -1).map(({ number }) => `closed ${number}`),
  );
  assert.ok(closed.length > 8);
});

test('a file that cannot be finished is given up, and nobody vouches for what follows its last sync', async (context) => {
  const folder = await temporaryFolder(context);
  const clock = new SimulatedClock(startMs);
  const root = new FailingRoot({ id: testRootId, folder, clock, syncMs: 2_000 });
  const site = writing(folder, { segmentMs: 2_000, root, clock });
  const { ledger, recorder, pictures, settled, writer, failures } = site;
  root.script = ['fail'];
  pictures(0, 80);
  recorder.end();
  await settled();
  assert.equal(failures.length, 1);
  assert.ok(ledger.told.includes('abandoned 0'));
  const [first, second] = [...ledger.reservations.values()].map(({ id }) => ledger.fragments.get(id)!);
  assert.equal(writer.writtenEndMs, first![0]!.startMs);
  assert.ok(second!.length > 0 && ledger.told.includes('closed 1'), 'what is in the next file stays');
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
      roots: testRoots(folder),
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
      roots: testRoots(folder),
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
      roots: testRoots(folder),
      log: { info() {}, warn() {} },
      ledger: { openSegments: () => [], release: assert.fail, close: (summary) => closed.push(summary) },
    });
  await repair();
  assert.equal(closed[0]!.fragments.length, ledger.fragments.get(segment.id)!.length);
});

test('a run that is moved to another storage root goes on there with its next file, and loses nothing', async (context) => {
  const [before, after] = [await temporaryFolder(context), await temporaryFolder(context)];
  const clock = new SimulatedClock(startMs);
  const { ledger, recorder, pictures, settled, held, writer, failures } = writing(before, {
    segmentMs: 2_000,
    clock,
  });
  const rootId = '6a0c4a2e-55a1-4a0a-8f7e-0123456789ab';
  await writeFile(path.join(after, '.nightjar'), JSON.stringify({ installationId: 'tests', rootId }));
  const root = new StorageRoot({ id: rootId, folder: after, clock, syncMs: 2_000 });
  pictures(0, 40);
  await until(() => ledger.told.includes('opened 0'));
  writer.moveTo(root);
  pictures(40, 120);
  recorder.end();
  await settled();
  assert.deepEqual(failures, []);
  assert.equal(held.size, 0);
  assert.equal(root.queuedBytes, 0);
  const kept = [...ledger.reservations.values()].filter(({ id }) =>
    ledger.summaries.some((each) => each.id === id),
  );
  assert.deepEqual(
    kept.map(({ number, rootId: place }) => [number, place]),
    [
      [0, testRootId],
      [1, rootId],
      [2, rootId],
    ],
  );
  assert.deepEqual(
    ledger.summaries.slice(1).map(({ startMs: begin }) => begin),
    ledger.summaries.slice(0, -1).map(({ endMs }) => endMs),
  );
  for (const { id, rootId: place, path: name } of kept) {
    const file = await readFile(path.join(place === rootId ? after : before, name));
    assert.equal(file.length, ledger.summaries.find((each) => each.id === id)!.bytes);
  }
});

test('a run that leaves a disk that hangs is waited for by nobody, and holds no more than the disk has in its hands', async (context) => {
  const folder = await temporaryFolder(context);
  const clock = new SimulatedClock(startMs);
  const root = new HangingRoot({ id: testRootId, folder, clock, syncMs: 2_000 });
  const site = writing(folder, { segmentMs: 2_000, root, clock });
  const { ledger, disk, recorder, pictures, held, writer, failures } = site;
  pictures(0, 40);
  const told = () => [...ledger.fragments.values()].flat().length;
  await until(() => told() === 1);
  const writtenEndMs = writer.writtenEndMs!;
  root.hang();
  pictures(40, 240);
  await until(() => root.queuedBytes > 50_000);
  assert.equal(writer.hangsOutside(root), false);
  const other = new StorageRoot({ id: 'another', folder, clock, syncMs: 2_000 });
  assert.equal(writer.hangsOutside(other), true);

  writer.leave();
  recorder.end();
  await writer.finish();
  assert.ok(writer.writtenEndMs! <= writtenEndMs, 'nobody vouches for what was not synced');
  assert.equal(disk.queuedBytes, 0, 'the stream goes on with nothing counted against it');
  assert.equal(root.queuedBytes, 25 * 500, 'one group of pictures is with the disk');
  assert.equal(held.size, 25);
  assert.equal(told(), 1);

  root.goOn();
  await until(() => ledger.told.includes('abandoned 0'));
  await until(() => ledger.told.some((line) => line.startsWith('release')));
  assert.deepEqual([held.size, root.queuedBytes, disk.queuedBytes], [0, 0, 0]);
  assert.equal(told(), 1, 'what came into the file after it was told as missing is not told as footage');
  assert.deepEqual(failures, []);
  const [segment] = [...ledger.reservations.values()];
  const [fragment] = ledger.fragments.get(segment!.id)!;
  assert.equal((await readFile(path.join(folder, segment!.path))).length, fragment!.offset + fragment!.bytes);
});

test('a run that leaves a disk that hangs with the first file to be made has nothing, and gives all back', async (context) => {
  const folder = await temporaryFolder(context);
  const clock = new SimulatedClock(startMs);
  const root = new HangingRoot({ id: testRootId, folder, clock, syncMs: 2_000 });
  const { ledger, recorder, pictures, held, writer } = writing(folder, { root, clock });
  root.hang();
  pictures(0, 100);
  await until(() => ledger.told.length > 0);
  writer.leave();
  recorder.end();
  await writer.finish();
  assert.equal(writer.writtenEndMs, undefined);
  assert.deepEqual([held.size, root.queuedBytes], [0, 0]);
  root.goOn();
  await until(() => ledger.told.includes('abandoned 0') && ledger.told.includes('release 1'));
});
