import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { appendFile, cp, readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import {
  FailingRoot,
  type NotingLedger,
  smallDisk,
  startMs,
  temporaryFolder,
  writing,
} from '../../test/fixtures/run_writing.ts';
import { until } from '../../test/fixtures/until.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import type { SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import { recoverOpenSegments, recoverSegment } from './recovery.ts';

/** Recovers a segment, and notes what becomes of its row and what is logged. */
async function recovering(folder: string, segment: SegmentReservation, rewrite = false) {
  const closed: SegmentSummary[] = [];
  const released: string[] = [];
  const warnings: object[] = [];
  const recovered = await recoverSegment(segment, {
    recordingsDir: folder,
    rewrite,
    log: { info() {}, warn: (fields) => warnings.push(fields) },
    ledger: {
      openSegments: () => [],
      release: (id) => released.push(id),
      close: (summary) => closed.push(summary),
    },
  });
  return { recovered, closed, released, warnings };
}

const segmentOf = (ledger: NotingLedger, number = 0): SegmentReservation =>
  [...ledger.reservations.values()].find((segment) => segment.number === number)!;

test('a file whose header was damaged is set aside with all its bytes, and never removed', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, pictures, writer } = writing(folder, { pictureBytes: 4_000 });
  pictures(0, 130);
  await writer.finish();
  const segment = segmentOf(ledger);
  const file = path.join(folder, segment.path);
  const bytes = await readFile(file);
  bytes.write('mooX', bytes.indexOf('moov'), 'latin1');
  await writeFile(file, bytes);
  const { recovered, closed, released, warnings } = await recovering(folder, segment);
  assert.equal(recovered, 'unreadable');
  assert.deepEqual(closed, []);
  assert.deepEqual(released, [segment.id]);
  assert.deepEqual(await readdir(path.dirname(file)), [`${path.basename(file)}.damaged`]);
  assert.deepEqual(await readFile(`${file}.damaged`), bytes);
  assert.deepEqual(warnings, [{ file: `${segment.path}.damaged` }]);
});

test('a segment whose row the index refuses is given up, and recovery says the same of it again', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, recorder, pictures, settled, failures } = writing(folder, { segmentMs: 2_000 });
  ledger.row = () => {
    throw new Error('the index is busy');
  };
  pictures(0, 30);
  recorder.end();
  await settled();
  assert.deepEqual(
    ledger.told.filter((line) => !line.startsWith('durable')),
    ['reserve 0', 'reserve 1', 'opened 0', 'abandoned 0', 'release 1'],
  );
  assert.equal(failures.length, 1);
  const segment = segmentOf(ledger);
  const { recovered, closed } = await recovering(folder, segment);
  assert.equal(recovered, 'closed');
  assert.equal(closed[0]!.bytes, (await stat(path.join(folder, segment.path))).size);
  assert.equal(closed[0]!.tracks[0]!.samples, 30);
});

test('a disk that fills up in the middle of a repair refuses it, and later the file is closed whole', async (context) => {
  const folder = await smallDisk(context, 12);
  if (!folder) return context.skip('this machine does not allow mounting a small disk');
  const recorded = await temporaryFolder(context);
  // Sizes that no compression makes small: the sample table is longer than a page.
  const pictureBytes = (index: number) => 300 + ((Math.imul(index, 2_654_435_761) >>> 7) % 997);
  const { ledger, pictures, writer } = writing(recorded, { pictureBytes, segmentMs: 600_000 });
  pictures(0, 9_000);
  await writer.finish();
  const segment = segmentOf(ledger);
  await cp(path.join(recorded, segment.path), path.join(folder, segment.path));
  const filler = path.join(folder, 'filler');
  const page = Buffer.alloc(4_096);
  await writeFile(filler, '');
  let pages = 0;
  for (; ; pages++) {
    try {
      await appendFile(filler, page);
    } catch {
      break;
    }
  }
  await truncate(filler, (pages - 1) * page.length);
  await assert.rejects(recovering(folder, segment), { code: 'disk_full' });
  await truncate(filler, 0);
  const { closed } = await recovering(folder, segment);
  assert.equal(closed[0]!.bytes, (await stat(path.join(folder, segment.path))).size);
  assert.ok(closed[0]!.tracks[0]!.samples > 8_900);
});

test('after a failed sync the file is given up with what may be lost, whatever later syncs say', {
  timeout: 20_000,
}, async (context) => {
  const folder = await temporaryFolder(context);
  const clock = new SimulatedClock(startMs);
  const root = new FailingRoot({ folder, clock, syncMs: 2_000 });
  const { ledger, recorder, pictures, settled, failures, writer, held } = writing(folder, { root, clock });
  pictures(0, 76);
  await writer.finish();
  clock.advance(2_000);
  await until(() => ledger.told.includes('durable 0: 3'));
  pictures(76, 126);
  await writer.finish();
  root.script = ['fail'];
  clock.advance(2_000);
  await until(() => failures.length === 1);
  pictures(126, 200);
  recorder.end();
  await settled();
  assert.equal(held.size, 0);
  assert.equal(failures[0]!.code, 'disk_failed');
  assert.deepEqual(ledger.summaries, []);
  assert.ok(ledger.told.includes('abandoned 0'));
  const segment = segmentOf(ledger);
  const told = ledger.fragments.get(segment.id)!;
  // The third fragment was the last that a sync had vouched for: from its end on there may be nothing.
  assert.ok(Math.abs(writer.writtenEndMs! - told[3]!.startMs) < 1);

  // The kernel forgot a page of the fourth fragment and all of the fifth.
  const file = path.join(folder, segment.path);
  const bytes = await readFile(file);
  assert.equal(bytes.length, told.at(-1)!.offset + told.at(-1)!.bytes, 'not closed as if it were good');
  bytes.fill(0, told[3]!.offset + 1_000, told[3]!.offset + 2_000);
  bytes.fill(0, told[4]!.offset);
  await writeFile(file, bytes);
  const { closed } = await recovering(folder, segment, true);
  assert.equal(closed[0]!.fragments.length, 3);
  // By what was known of the run's clock up to there.
  assert.ok(Math.abs(closed[0]!.endMs - told[3]!.startMs) < 40);
});

test('a sync that fails while a file is closed, or just before, leaves it to recovery', async (context) => {
  const cases = [
    ['the round of syncs', 'fail'],
    ['the round of syncs, while the file is closed', 'fail late'],
    ['the close', 'fail'],
  ] as const;
  for (const [failing, step] of cases) {
    const folder = mkdtempSync(path.join(await temporaryFolder(context), 'disk-'));
    const clock = new SimulatedClock(startMs);
    const root = new FailingRoot({ folder, clock, syncMs: 2_000 });
    const { ledger, recorder, pictures, settled, failures, writer } = writing(folder, { root, clock });
    pictures(0, 76);
    await writer.finish();
    root.script = [step];
    if (failing !== 'the close') clock.advance(2_000);
    recorder.end();
    await settled();
    assert.deepEqual(ledger.summaries, [], failing);
    assert.ok(ledger.told.includes('abandoned 0'), failing);
    assert.equal(failures.length, 1);
    // Nothing was vouched for: the gap is from the first picture on, until recovery says otherwise.
    assert.equal(writer.writtenEndMs, ledger.fragments.get(segmentOf(ledger).id)![0]!.startMs);
    const { closed } = await recovering(folder, segmentOf(ledger), true);
    assert.ok(closed[0]!.tracks[0]!.samples >= 75);
  }
});

test('after the disk failed, what can be read is written once more, and only then', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, recorder, pictures, settled } = writing(folder);
  pictures(0, 60);
  recorder.end();
  await settled();
  const segment = segmentOf(ledger);
  const file = path.join(folder, segment.path);
  const before = await readFile(file);
  for (const rewrite of [false, true]) {
    await utimes(file, 1, 1);
    const { closed } = await recovering(folder, segment, rewrite);
    assert.equal((await stat(file)).mtimeMs > 1_000, rewrite);
    assert.deepEqual(await readFile(file), before);
    assert.deepEqual(closed[0]!.fragments, ledger.summaries[0]!.fragments);
  }
});

test('what damage took out of an open file is a gap, and everything else is footage', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, pictures, settled } = writing(folder, { pictureBytes: 4_000 });
  pictures(0, 25 * 12 + 1);
  await settled();
  const segment = segmentOf(ledger);
  const entries = ledger.fragments.get(segment.id)!;
  assert.equal(entries.length, 12);
  const file = path.join(folder, segment.path);
  const bytes = await readFile(file);
  for (const index of [3, 4, 8]) bytes[entries[index]!.offset + 200]! ^= 0xff;
  await writeFile(file, bytes);
  const fixture = new IndexFixture(startMs);
  context.after(() => fixture.remove());
  const { streamId } = fixture.addCamera();
  const id = fixture.reserve({ ...segment, streamId, startMs, path: segment.path });
  const { index } = fixture;
  await recoverOpenSegments({ ledger: index.ledger, recordingsDir: folder, log: { info() {}, warn() {} } });
  const msOf = (entry: number) => Math.round(entries[entry]!.startMs);
  const coverage = () =>
    index.footage.coverage(streamId, 0, startMs * 2).map((stretch) => [stretch.startMs, stretch.endMs]);
  const gaps = () =>
    index.footage.gaps(streamId, 0, startMs * 2).map((gap) => [gap.startMs, gap.endMs, gap.cause]);
  assert.deepEqual(coverage(), [
    [msOf(0), msOf(3)],
    [msOf(5), msOf(8)],
    [msOf(9), msOf(11) + 1_000],
  ]);
  assert.deepEqual(gaps(), [
    [msOf(3), msOf(5), 'damaged'],
    [msOf(8), msOf(9), 'damaged'],
  ]);
  assert.deepEqual(index.check(), []);
  fixture.deleteSegment(id);
  assert.deepEqual(coverage(), []);
  assert.deepEqual(
    gaps().map(([, , cause]) => cause),
    ['deleted', 'damaged', 'deleted', 'damaged', 'deleted'],
  );
  assert.deepEqual(index.check(), []);
});

test('what was lost on the way is known of a file that was left open as of one that was closed', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, recorder, pictures, settled } = writing(folder);
  pictures(0, 30);
  recorder.lost('video', 4);
  pictures(31, 111);
  await settled();
  const segment = segmentOf(ledger);
  const [first, second] = ledger.fragments.get(segment.id)!;
  assert.deepEqual([first!.damage, second!.damage?.length], [undefined, 1]);
  const fixture = new IndexFixture(startMs);
  context.after(() => fixture.remove());
  const { streamId } = fixture.addCamera();
  fixture.reserve({ ...segment, streamId, startMs, path: segment.path });
  const { index } = fixture;
  await recoverOpenSegments({ ledger: index.ledger, recordingsDir: folder, log: { info() {}, warn() {} } });
  assert.deepEqual(
    index.footage
      .damages(streamId, 0, startMs * 2)
      .map(({ startMs: fromMs, endMs, packetsLost, unitsDropped }) => {
        return [fromMs - startMs, endMs - startMs, packetsLost, unitsDropped];
      }),
    // The least delayed of the first pictures of its fragments lies 15 ms behind.
    [[1_215, 2_015, 4, 1]],
  );
  assert.deepEqual(index.check(), []);
});
