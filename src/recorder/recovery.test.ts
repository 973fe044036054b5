import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import {
  appendFile,
  cp,
  open,
  readdir,
  readFile,
  readlink,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { recordedSite, siteStartMs } from '../../test/fixtures/recorded_site.ts';
import {
  FailingRoot,
  type NotingLedger,
  smallDisk,
  startMs,
  temporaryFolder,
  writing,
} from '../../test/fixtures/run_writing.ts';
import { type SegmentFile, segmentFile, testIds } from '../../test/fixtures/segment_file.ts';
import { syntheticVideo, testVideoTrack } from '../../test/fixtures/synthetic_media.ts';
import { testRootId, testRoots } from '../../test/fixtures/test_root.ts';
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
    roots: testRoots(folder),
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

test('the name of a file is durable before its row is closed, and so are those of the folders above it', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, pictures, writer } = writing(folder);
  pictures(0, 130);
  await writer.finish();
  const handle = await open(folder, 'r');
  const synced = new Set<string>();
  context.mock.method(Object.getPrototypeOf(handle), 'sync', async function (this: typeof handle) {
    synced.add(path.relative(folder, await readlink(`/proc/self/fd/${this.fd}`)));
  });
  await handle.close();
  const segment = segmentOf(ledger);
  const { closed } = await recovering(folder, segment);
  assert.equal(closed.length, 1);
  for (let above = path.dirname(segment.path); above !== '.'; above = path.dirname(above)) {
    assert.ok(synced.has(above), above);
  }
  assert.ok(synced.has(''), 'the root');
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
  const root = new FailingRoot({ id: testRootId, folder, clock, syncMs: 2_000 });
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
    const root = new FailingRoot({ id: testRootId, folder, clock, syncMs: 2_000 });
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
  await recoverOpenSegments({
    ledger: index.ledger,
    roots: testRoots(folder),
    rootId: testRootId,
    log: { info() {}, warn() {} },
  });
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
  await recoverOpenSegments({
    ledger: index.ledger,
    roots: testRoots(folder),
    rootId: testRootId,
    log: { info() {}, warn() {} },
  });
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

/** Twenty fragments of a second, as a file that was left open, with a row. */
function leftOpen(context: TestContext, change: (bytes: Buffer, file: SegmentFile) => Buffer | undefined) {
  const site = recordedSite(context);
  const file = segmentFile([{ track: testVideoTrack, samples: syntheticVideo(25 * 20) }], {
    arrivalMs: siteStartMs,
    segmentNumber: 0,
  });
  const bytes = Buffer.from(file.open);
  const changed = change(bytes, file) ?? bytes;
  const name = site.put('1-0.mp4', changed);
  const { streamId, runId } = testIds;
  site.fixture.reserve({ streamId, runId, number: 0, startMs: siteStartMs, path: name });
  const { index } = site.fixture;
  const [segment] = index.ledger.openSegments();
  const folder = path.join(site.recordingsDir, path.dirname(name));
  const recover = () =>
    recoverSegment(segment!, {
      ledger: index.ledger,
      roots: testRoots(site.recordingsDir),
      log: { info() {}, warn() {} },
    });
  const ranges = () => ({
    coverage: index.footage
      .coverage(streamId, 0, siteStartMs * 2)
      .map(({ startMs: fromMs, endMs }) => [fromMs - siteStartMs, endMs - siteStartMs]),
    gaps: index.footage
      .gaps(streamId, 0, siteStartMs * 2)
      .map((gap) => [gap.startMs - siteStartMs, gap.endMs! - siteStartMs, gap.cause]),
  });
  return { folder, changed, file, recover, ranges, index };
}

test('a damaged box header costs its second, and nothing behind it', async (context) => {
  for (const [lost, coverage] of [
    [0, [[1_000, 20_000]]],
    [
      10,
      [
        [0, 10_000],
        [11_000, 20_000],
      ],
    ],
  ] as const) {
    const { folder, changed, file, recover, ranges, index } = leftOpen(context, (bytes, { fragments }) => {
      bytes.write('XXXX', fragments[lost]!.offset + 4, 'latin1');
      return undefined;
    });
    assert.equal(await recover(), 'closed');
    assert.deepEqual(ranges(), { coverage, gaps: [[lost * 1_000, (lost + 1) * 1_000, 'damaged']] });
    assert.deepEqual(await readdir(folder), ['1-0.mp4']);
    const after = await readFile(path.join(folder, '1-0.mp4'));
    const headerBytes = file.header.bytes.length;
    assert.deepEqual(after.subarray(headerBytes, changed.length), changed.subarray(headerBytes));
    assert.deepEqual(index.check(), []);
  }
});

test('what is cut off and may be footage is kept beside the file', async (context) => {
  const { folder, changed, file, recover, ranges } = leftOpen(context, (bytes, { fragments }) => {
    for (const { offset } of fragments.slice(18)) bytes.write('XXXX', offset + 4, 'latin1');
    return undefined;
  });
  await writeFile(path.join(folder, '1-0.mp4.damaged'), 'set aside before');
  assert.equal(await recover(), 'closed');
  assert.deepEqual(ranges().coverage, [[0, 18_000]]);
  assert.deepEqual(await readdir(folder), ['1-0.mp4', '1-0.mp4.2.damaged', '1-0.mp4.damaged']);
  assert.deepEqual(
    await readFile(path.join(folder, '1-0.mp4.2.damaged')),
    changed.subarray(file.fragments[18]!.offset),
  );
  assert.equal(await readFile(path.join(folder, '1-0.mp4.damaged'), 'utf8'), 'set aside before');
});

test('a file is removed only when there is nothing in it but the beginning of a first write', async (context) => {
  const table: [
    string,
    Awaited<ReturnType<typeof recoverSegment>>,
    (bytes: Buffer, file: SegmentFile) => Buffer,
  ][] = [
    ['empty', 'no footage', () => Buffer.alloc(0)],
    ['zeros', 'no footage', (bytes) => bytes.fill(0)],
    ['a piece of the header', 'no footage', (bytes) => bytes.subarray(0, 700)],
    ['a piece of the header, then zeros', 'no footage', (bytes) => bytes.fill(0, 700)],
    ['the header', 'no footage', (bytes, { header }) => bytes.subarray(0, header.bytes.length)],
    [
      'a piece of the first fragment',
      'no footage',
      (bytes, { fragments }) => bytes.subarray(0, fragments[0]!.offset + 700),
    ],
    ['all but the first page', 'unreadable', (bytes) => bytes.fill(0, 0, 4_096)],
    [
      'all but the first page and another one, far behind it',
      'unreadable',
      (bytes) => Buffer.concat([bytes, bytes]).fill(0, 0, 4_096).fill(0, 16_384, 20_480),
    ],
    [
      'a damaged header and one fragment',
      'unreadable',
      (bytes, { fragments }) => {
        bytes.write('mooX', bytes.indexOf('moov'), 'latin1');
        return bytes.subarray(0, fragments[1]!.offset);
      },
    ],
    [
      'fragments that are all damaged',
      'unreadable',
      (bytes, { fragments }) => {
        for (const { offset } of fragments) bytes.write('XXXX', offset + 4, 'latin1');
        return bytes;
      },
    ],
  ];
  for (const [sentence, outcome, change] of table) {
    const { folder, changed, recover, index } = leftOpen(context, change);
    assert.equal(await recover(), outcome, sentence);
    assert.deepEqual(await readdir(folder), outcome === 'no footage' ? [] : ['1-0.mp4.damaged'], sentence);
    if (outcome === 'unreadable') {
      assert.deepEqual(await readFile(path.join(folder, '1-0.mp4.damaged')), changed, sentence);
    }
    assert.deepEqual(index.ledger.openSegments(), [], sentence);
  }
});
