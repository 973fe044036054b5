import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { migrationsDir } from '../../test/fixtures/index_fixture.ts';
import { recordedSite, siteSegment, siteStartMs } from '../../test/fixtures/recorded_site.ts';
import { segmentFile, testIds } from '../../test/fixtures/segment_file.ts';
import { syntheticSamples, testVideoTrack } from '../../test/fixtures/synthetic_media.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { systemClock } from '../clock/system_clock.ts';
import { openIndex } from '../index/open_index.ts';
import { rebuildIndex } from '../index/rebuild.ts';
import type { SearchedRoot } from './found_footage.ts';
import { reindex } from './reindex.ts';

const nowMs = siteStartMs + 3_600_000;

/** Makes the index of a site anew, and opens it. */
async function reindexed(
  context: TestContext,
  { fixture, recordingsDir }: ReturnType<typeof recordedSite>,
  others: readonly SearchedRoot[] = [],
) {
  const file = path.join(fixture.folder, 'made.db');
  const { installationId } = fixture.index;
  const result = await reindex({
    roots: [{ id: testRootId, name: 'default', folder: recordingsDir }, ...others],
    missing: [],
    index: rebuildIndex({ file, migrationsDir, installationId, clock: fixture.clock }),
    nowMs,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  const index = openIndex({ file, migrationsDir, clock: fixture.clock });
  context.after(() => index.close());
  assert.deepEqual(result.faults, []);
  assert.deepEqual(index.check(), []);
  const coverage = index.footage
    .coverage(testIds.streamId, 0, 1e15)
    .map(({ runId, startMs, endMs }) => [runId, startMs - siteStartMs, endMs - siteStartMs]);
  return { result, index, coverage };
}

test('where two runs overlap, the one that the journal names first has the instants', async (context) => {
  for (const isJournalled of [false, true]) {
    const site = recordedSite(context);
    const [early, late] = [randomUUID(), randomUUID()];
    site.put('1-0.mp4', siteSegment({ runId: early }).closed());
    site.put('2-0.mp4', siteSegment({ runId: late, arrivalMs: siteStartMs + 1_000 }).closed());
    if (isJournalled) {
      const lines = [late, early].map(
        (runId) => `${JSON.stringify({ streamId: testIds.streamId, runId })}\n`,
      );
      writeFileSync(path.join(site.recordingsDir, 'gaps.jsonl'), lines.join(''));
    }
    const { coverage } = await reindexed(context, site);
    assert.deepEqual(
      coverage,
      isJournalled
        ? [
            [early, 0, 1_000],
            [late, 1_000, 4_000],
          ]
        : [
            [early, 0, 3_000],
            [late, 3_000, 4_000],
          ],
    );
  }
});

test('a folder without a label becomes a camera all the same, and its gaps and deletions are there', async (context) => {
  const site = recordedSite(context);
  site.put('1-0.mp4', siteSegment().closed());
  const { streamId } = testIds;
  const lines = [
    { streamId, fromMs: siteStartMs - 9_000, cause: 'unreachable' },
    { streamId, toMs: siteStartMs - 3_000 },
    { streamId, fromMs: siteStartMs - 6_000, toMs: siteStartMs, cause: 'deleted' },
    { streamId, fromMs: siteStartMs + 3_000, cause: 'crash' },
  ].map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(path.join(site.recordingsDir, 'gaps.jsonl'), `${lines.join('')}{"streamId":`);
  const { index, result } = await reindexed(context, site);
  const [camera] = index.cameras.list();
  assert.deepEqual([camera!.id, camera!.name], [testIds.cameraId, 'Camera 22222222']);
  assert.deepEqual(
    camera!.streams.map(({ id, role, url }) => [id, role, url]),
    [[streamId, 'main', '']],
  );
  assert.equal(camera!.createdMs, siteStartMs - 9_000);
  assert.deepEqual(
    index.footage
      .gaps(streamId, 0, 1e15)
      .map(({ startMs, endMs, cause }) => [
        startMs - siteStartMs,
        (endMs ?? siteStartMs) - siteStartMs,
        cause,
      ]),
    [
      [-9_000, -6_000, 'unreachable'],
      [-6_000, 0, 'deleted'],
      [3_000, 0, 'crash'],
    ],
  );
  assert.equal(result.segments, 1);
});

/** A file whose pictures need those of the file before it for a second, and are by rounding a millisecond before its end. */
const dependent = segmentFile(
  [
    {
      track: testVideoTrack,
      samples: syntheticSamples(
        Array.from({ length: 75 }, (_, at) => ({ size: 40, duration: 3_600, keyFrame: at === 25 })),
      ),
    },
  ],
  { arrivalMs: siteStartMs - 1, segmentNumber: 1, fragmentSamples: 25 },
).closed();

for (const [cause, deletedBy] of [
  ['deleted', 'max_age'],
  ['deleted', undefined],
  ['lost', 'max_age'],
  ['lost', undefined],
  ['damaged', 'min_free'],
] as const) {
  const mark = deletedBy === undefined ? 'without a mark' : 'marked as a deletion';
  test(`footage begins where what was before it ended, by a line ${cause} ${mark}`, async (context) => {
    const site = recordedSite(context);
    site.put('1-1.mp4', dependent);
    const line = { fromMs: siteStartMs - 3_000, toMs: siteStartMs, cause, deletedBy };
    writeFileSync(
      path.join(site.recordingsDir, 'gaps.jsonl'),
      `${JSON.stringify({ streamId: testIds.streamId, ...line })}\n`,
    );
    const { index, coverage } = await reindexed(context, site);
    assert.deepEqual(coverage, [[testIds.runId, 0, 2_999]]);
    assert.deepEqual(
      index.footage.gaps(testIds.streamId, 0, 1e15).map((gap) => [gap.startMs, gap.endMs, gap.cause]),
      [[line.fromMs, line.toMs, cause]],
    );
  });
}

test('the label tells names and limits; a stream that it does not name was removed', async (context) => {
  const site = recordedSite(context);
  const file = site.put('1-0.mp4', siteSegment().closed());
  const main = { id: randomUUID(), role: 'main', createdMs: 1_000, record: false };
  const label = {
    installationId: testIds.installationId,
    id: testIds.cameraId,
    name: 'Yard',
    createdMs: 500,
    maxAgeDays: 3,
    minAgeHours: 2,
    maxBytes: 1e9,
    storageRoot: 'default',
    streams: [main],
  };
  writeFileSync(path.join(site.recordingsDir, testIds.cameraId, 'camera.json'), JSON.stringify(label));
  const { index } = await reindexed(context, site);
  const [{ streams, ...camera }] = index.cameras.list() as [ReturnType<typeof index.cameras.list>[0]];
  assert.deepEqual(
    streams.map(({ id, role, record, createdMs }) => ({ id, role, record, createdMs })),
    [main],
  );
  const { id, name, createdMs, maxAgeDays, minAgeHours, maxBytes, storageRoot } = label;
  assert.deepEqual(camera, { id, name, createdMs, maxAgeDays, minAgeHours, maxBytes, storageRoot });
  const kept = index.footage.segmentsBetween(testIds.streamId, 0, 1e15);
  assert.deepEqual(
    kept.map((segment) => segment.path),
    [file],
  );
});

test('files that are not whole, doubled or in the wrong place are named, and an unfinished one waits for recovery', async (context) => {
  const site = recordedSite(context);
  const open = site.put('1-0.mp4', siteSegment({ runId: randomUUID() }).open);
  site.put('2-0.mp4', siteSegment().closed());
  const copy = site.put('3-0.mp4', siteSegment().closed());
  const rubbish = site.put('4-0.mp4', Buffer.from('not a film'));
  const other = testIds.streamId.replaceAll('3', '9');
  const wrong = [testIds.cameraId, other, '2026/03/04/05/5-0.mp4'].join('/');
  mkdirSync(path.dirname(path.join(site.recordingsDir, wrong)), { recursive: true });
  writeFileSync(path.join(site.recordingsDir, wrong), siteSegment().closed());
  const { index, result } = await reindexed(context, site);
  assert.deepEqual(result.left.map(({ path: name }) => name).sort(), [copy, rubbish, wrong].sort());
  assert.deepEqual([result.segments, result.unfinished], [1, 1]);
  assert.deepEqual(
    index.ledger.openSegments().map((segment) => segment.path),
    [open],
  );
});

test('events and protections are as the journals left them', async (context) => {
  const site = recordedSite(context);
  site.put('1-0.mp4', siteSegment().closed());
  const { cameraId } = testIds;
  const [ended, lasting, held, released, foreign] = Array.from({ length: 5 }, () => randomUUID());
  const event = { cameraId, type: 'motion', startMs: siteStartMs, source: 'test', createdMs: 7 };
  const hold = { startMs: siteStartMs, reason: 'police', createdBy: 'owner', createdMs: 8 };
  const write = (name: string, lines: readonly object[]) => {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    appendFileSync(path.join(site.recordingsDir, name), text);
  };
  write('events.jsonl', [
    { ...event, id: ended, data: { box: [1, 2] } },
    { ...event, id: lasting },
    { id: ended, endMs: siteStartMs + 500 },
    { ...event, id: foreign, cameraId: randomUUID() },
    { id: 'nonsense' },
  ]);
  write('holds.jsonl', [
    { ...hold, id: held, cameraId },
    { ...hold, id: released },
    { id: released, releasedMs: 9, releasedBy: 'owner', reason: 'done' },
  ]);
  const { index, result } = await reindexed(context, site);
  const events = index.events.between({ cameraId, fromMs: 0, toMs: 1e15, limit: 10 });
  assert.deepEqual(
    events.map(({ id, endMs, data }) => [id, endMs, data]),
    [
      [ended, siteStartMs + 500, '{"box":[1,2]}'],
      [lasting, undefined, undefined],
    ],
  );
  assert.deepEqual(
    index.protections.list().map(({ id, cameraName, reason }) => [id, cameraName, reason]),
    [[held, 'Camera 22222222', 'police']],
  );
  assert.deepEqual([result.events, result.protections], [2, 1]);
});

test('one thing that cannot be read is named, and everything else is taken', async (context) => {
  const site = recordedSite(context);
  site.put('1-0.mp4', siteSegment().closed());
  const label = path.join(randomUUID(), 'camera.json');
  for (const name of [label, 'gaps.jsonl', 'events.jsonl', 'holds.jsonl']) {
    mkdirSync(path.join(site.recordingsDir, name), { recursive: true });
  }
  const { result } = await reindexed(context, site);
  assert.deepEqual(
    result.left.map(({ path: name }) => name),
    ['gaps.jsonl', label, 'events.jsonl', 'holds.jsonl'],
  );
  assert.deepEqual([result.cameras, result.segments], [2, 1]);
});

test('a camera that was moved has its gaps and events from the journals of both roots', async (context) => {
  const site = recordedSite(context);
  site.put('1-0.mp4', siteSegment().closed());
  const { streamId, cameraId } = testIds;
  const before = { id: randomUUID(), name: 'disk2', folder: path.join(site.fixture.folder, 'disk2') };
  mkdirSync(before.folder);
  const write = (folder: string, name: string, lines: readonly object[]) =>
    writeFileSync(path.join(folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const id = randomUUID();
  write(before.folder, 'gaps.jsonl', [
    { streamId, fromMs: siteStartMs - 900_000, cause: 'refused' },
    { streamId, toMs: siteStartMs - 800_000 },
  ]);
  write(before.folder, 'events.jsonl', [
    { id, cameraId, type: 'motion', startMs: siteStartMs, source: 'test', createdMs: siteStartMs },
  ]);
  write(site.recordingsDir, 'gaps.jsonl', [{ streamId, fromMs: siteStartMs + 3_000, cause: 'unreachable' }]);
  write(site.recordingsDir, 'events.jsonl', [{ id, endMs: siteStartMs + 500 }]);
  const { index } = await reindexed(context, site, [before]);
  assert.deepEqual(
    index.footage
      .gaps(streamId, 0, 1e15)
      .map(({ startMs, endMs, cause }) => [startMs - siteStartMs, endMs, cause]),
    [
      [-900_000, siteStartMs - 800_000, 'refused'],
      [3_000, undefined, 'unreachable'],
    ],
  );
  assert.equal(index.events.get(cameraId, id)!.endMs, siteStartMs + 500);
});

for (const { name, lines, aliveMs } of [
  { name: 'footage', lines: [{ fromMs: 1_000, cause: 'refused' }], aliveMs: 3_000 },
  { name: 'the beginning of a gap', lines: [{ fromMs: 60_000, cause: 'refused' }], aliveMs: 60_000 },
  { name: 'the end of a gap', lines: [{ fromMs: 5_000, cause: 'refused' }, { toMs: 9_000 }], aliveMs: 9_000 },
  { name: 'none in the future', lines: [{ fromMs: 7_200_000, cause: 'refused' }], aliveMs: 3_000 },
]) {
  test(`the recorder lived until the newest sign of it: ${name}`, async (context) => {
    const site = recordedSite(context);
    site.put('1-0.mp4', siteSegment().closed());
    const journal = lines.map(({ cause, ...times }: { cause?: string; fromMs?: number; toMs?: number }) => {
      const placed = Object.entries(times).map(([key, ms]) => [key, siteStartMs + (ms ?? 0)]);
      return `${JSON.stringify({ streamId: testIds.streamId, ...Object.fromEntries(placed), cause })}\n`;
    });
    writeFileSync(path.join(site.recordingsDir, 'gaps.jsonl'), journal.join(''));
    const { index } = await reindexed(context, site);
    assert.equal(index.ledger.lastHeartbeat(), siteStartMs + aliveMs);
  });
}

for (const { name, fromMs, toldFromMs } of [
  { name: 'before its end', fromMs: 2_950, toldFromMs: 3_000 },
  { name: 'a rounding before its end', fromMs: 2_999, toldFromMs: 2_999 },
  { name: 'at its end', fromMs: 3_000, toldFromMs: 3_000 },
  { name: 'after it', fromMs: 3_400, toldFromMs: 3_400 },
]) {
  test(`a gap that goes on is told behind the newest footage when it began ${name}`, async (context) => {
    const site = recordedSite(context);
    site.put('1-0.mp4', siteSegment().closed());
    const line = {
      streamId: testIds.streamId,
      fromMs: siteStartMs + fromMs,
      cause: 'recorder_stopped',
    };
    writeFileSync(path.join(site.recordingsDir, 'gaps.jsonl'), `${JSON.stringify(line)}\n`);
    const { index } = await reindexed(context, site);
    assert.deepEqual(
      index.footage
        .gaps(testIds.streamId, 0, 1e15)
        .map(({ startMs, endMs }) => [startMs - siteStartMs, endMs]),
      [[toldFromMs, undefined]],
    );
  });
}

test('what is there already is not written over', (context) => {
  const { fixture } = recordedSite(context);
  const rebuild = () =>
    rebuildIndex({
      file: fixture.file,
      migrationsDir,
      installationId: fixture.index.installationId,
      clock: systemClock,
    });
  assert.throws(rebuild, { code: 'database_exists' });
});
