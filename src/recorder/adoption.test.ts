import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { recordedSite, siteSegment, siteStartMs } from '../../test/fixtures/recorded_site.ts';
import { segmentFile, testIds } from '../../test/fixtures/segment_file.ts';
import { syntheticVideo, testVideoTrack } from '../../test/fixtures/synthetic_media.ts';

test('a closed file without a row gets one, once, with its footage on the timeline', async (context) => {
  const { fixture, put, adopt, rows } = recordedSite(context);
  const file = put('1-0.mp4', siteSegment().closed());
  assert.deepEqual(await adopt(), { adopted: [file], foreign: [], copies: [], unreadable: [] });
  assert.deepEqual(
    rows().map((row) => row.path),
    [file],
  );
  assert.equal(rows()[0]!.startMs, siteStartMs);
  assert.equal(fixture.index.footage.coverage(testIds.streamId, 0, 1e15).length, 1);
  assert.deepEqual(await adopt(), { adopted: [], foreign: [], copies: [], unreadable: [] });
  assert.deepEqual(fixture.index.check(), []);
});

test('the damage of a file comes with it, so that an index made anew knows what was lost', async (context) => {
  const { fixture, put, adopt } = recordedSite(context);
  const damage = {
    1: [{ media: 'video' as const, fromMs: 200, toMs: 900, packetsLost: 5, unitsDropped: 2 }],
  };
  put('1-0.mp4', siteSegment({ damage }).closed());
  await adopt();
  assert.deepEqual(
    fixture.index.footage
      .damages(testIds.streamId, 0, 1e15)
      .map(({ startMs, endMs, packetsLost, unitsDropped }) => {
        return [startMs - siteStartMs, endMs - siteStartMs, packetsLost, unitsDropped];
      }),
    [[1_200, 1_900, 5, 2]],
  );
  assert.deepEqual(fixture.index.check(), []);
});

test('a file that was never closed is closed as it is adopted', async (context) => {
  const { put, adopt, rows } = recordedSite(context);
  const { open, closed } = siteSegment();
  const file = put('1-0.mp4', open);
  assert.deepEqual((await adopt()).adopted, [file]);
  assert.equal(rows()[0]!.bytes, closed().length);
});

test('files of unknown streams and files without footage are told and left alone', async (context) => {
  const unknown = recordedSite(context, { known: false });
  const file = unknown.put('1-0.mp4', siteSegment().closed());
  assert.deepEqual(await unknown.adopt(), { adopted: [], foreign: [file], copies: [], unreadable: [] });
  const known = recordedSite(context);
  const rubbish = known.put('2-0.mp4', Buffer.from('not a film'));
  assert.deepEqual(await known.adopt(), { adopted: [], foreign: [], copies: [], unreadable: [rubbish] });
});

test('a finished file with a damaged box header is not changed, and keeps all but that second', async (context) => {
  const { fixture, recordingsDir, put, adopt } = recordedSite(context);
  const film = segmentFile([{ track: testVideoTrack, samples: syntheticVideo(25 * 20) }], {
    arrivalMs: siteStartMs,
    segmentNumber: 0,
  });
  for (const damagedAt of [[5], [19], [0, 1, 2, 18, 19]]) {
    const bytes = film.closed();
    for (const index of damagedAt) bytes.write('XXXX', film.fragments[index]!.offset + 4, 'latin1');
    const file = put(`${damagedAt.join()}-0.mp4`, bytes);
    assert.deepEqual((await adopt()).adopted, [file]);
    assert.deepEqual(readFileSync(path.join(recordingsDir, file)), bytes);
    const rows = fixture.index.footage.segmentsBetween(testIds.streamId, 0, 1e15);
    const [row] = rows.filter((each) => each.path === file);
    assert.equal(row!.bytes, bytes.length);
    assert.equal(fixture.index.footage.fragments(row!.id)!.length, 20 - damagedAt.length);
    assert.equal(
      row!.bodyHash,
      createHash('sha256').update(bytes.subarray(film.header.bytes.length)).digest('hex'),
    );
    fixture.deleteSegment(row!.id);
  }
});

test('a copy of footage that has a row is told as one and left alone, finished or not', async (context) => {
  const { recordingsDir, put, adopt, rows } = recordedSite(context);
  const { open, closed } = siteSegment();
  put('1-0.mp4', closed());
  await adopt();
  const copies = [put('2-0.mp4', closed()), put('3-0.mp4', open)];
  assert.deepEqual(await adopt(), { adopted: [], foreign: [], copies, unreadable: [] });
  assert.deepEqual(readFileSync(path.join(recordingsDir, copies[1]!)), open);
  assert.equal(rows().length, 1);
});

test('where the footage of a stray file reaches into a later run that is known, it is told as if it had been known first', async (context) => {
  const { fixture, put, adopt } = recordedSite(context);
  const [early, late] = ['1', '2'].map((digit) => testIds.runId.replaceAll('4', digit));
  put('2-0.mp4', siteSegment({ runId: late!, arrivalMs: siteStartMs + 2_000 }).closed());
  await adopt();
  put('1-0.mp4', siteSegment({ runId: early! }).closed());
  await adopt();
  assert.deepEqual(
    fixture.index.footage
      .coverage(testIds.streamId, 0, 1e15)
      .map(({ runId, startMs, endMs }) => [runId, startMs - siteStartMs, endMs - siteStartMs]),
    [
      [early, 0, 3_000],
      [late, 3_000, 5_000],
    ],
  );
  assert.deepEqual(fixture.index.check(), []);
});

/** Three files of one run, three seconds each; what becomes of the middle one, and what of its time is footage, in seconds. */
for (const [what, harm, covered, gap] of [
  ['is cut off', (whole: Buffer) => whole.subarray(0, runFile(1).fragments[2]!.offset + 100), 5, [5, 6]],
  ['has a header that cannot be read', (whole: Buffer) => whole.fill(0xff, 5, 6), 3, [3, 6]],
  ['has no fragment that is whole', (whole: Buffer) => whole.subarray(0, -1).fill(0, 3_000), 3, [3, 6]],
] as const) {
  test(`the time that harm to a file without a row has cost is damage: it ${what}`, async (context) => {
    const { fixture, put, adopt } = recordedSite(context);
    for (const number of [0, 1, 2]) {
      const whole = runFile(number).closed();
      put(`${siteStartMs + number * 3_000}-${number}-44444444.mp4`, number === 1 ? harm(whole) : whole);
    }
    await adopt();
    const seconds = (ms: number) => Math.round((ms - siteStartMs) / 100) / 10;
    const { footage } = fixture.index;
    assert.deepEqual(
      footage
        .coverage(testIds.streamId, 0, 1e15)
        .map(({ startMs, endMs }) => [seconds(startMs), seconds(endMs)]),
      [
        [0, covered],
        [6, 9],
      ],
    );
    assert.deepEqual(
      footage
        .gaps(testIds.streamId, 0, 1e15)
        .map(({ startMs, endMs, cause }) => [seconds(startMs), seconds(endMs!), cause]),
      [[...gap, 'damaged']],
    );
    assert.deepEqual(fixture.index.check(), []);
  });
}

function runFile(number: number) {
  return segmentFile([{ track: testVideoTrack, samples: syntheticVideo(75) }], {
    segmentNumber: number,
    arrivalMs: siteStartMs + number * 3_000,
  });
}
