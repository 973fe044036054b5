import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { segmentFile, testIds } from '../../test/fixtures/segment_file.ts';
import { syntheticVideo, testVideoTrack } from '../../test/fixtures/synthetic_media.ts';
import { systemClock } from '../clock/system_clock.ts';
import { adoptStrayFiles } from './adoption.ts';

const arrivalMs = Date.UTC(2026, 2, 4, 5, 6, 7);
const hour = '2026/03/04/05';

function site(context: TestContext, known = true) {
  const fixture = new IndexFixture(arrivalMs - 3_600_000);
  context.after(() => fixture.remove());
  const streams = [
    { id: testIds.streamId, role: 'main', url: 'rtsp://camera/1', transport: 'auto', record: true } as const,
  ];
  if (known) fixture.addCamera({ id: testIds.cameraId, streams });
  const recordingsDir = path.join(fixture.folder, 'recordings');
  const put = (name: string, bytes: Uint8Array) => {
    const file = path.join(testIds.cameraId, testIds.streamId, hour, name);
    mkdirSync(path.dirname(path.join(recordingsDir, file)), { recursive: true });
    writeFileSync(path.join(recordingsDir, file), bytes);
    return file;
  };
  const adopt = () =>
    adoptStrayFiles({
      recordingsDir,
      index: fixture.index,
      clock: systemClock,
      signal: new AbortController().signal,
    });
  const rows = () => fixture.index.footage.segmentsBetween(testIds.streamId, 0, 1e15);
  return { fixture, put, adopt, rows };
}

const media = () => segmentFile([{ track: testVideoTrack, samples: syntheticVideo(75) }], { arrivalMs });

test('a closed file without a row gets one, once, with its footage on the timeline', async (context) => {
  const { fixture, put, adopt, rows } = site(context);
  const file = put('1-0.mp4', media().closed());
  assert.deepEqual(await adopt(), { adopted: [file], foreign: [], unreadable: [] });
  assert.deepEqual(
    rows().map((row) => row.path),
    [file],
  );
  assert.equal(rows()[0]!.startMs, arrivalMs);
  assert.equal(fixture.index.footage.coverage(testIds.streamId, 0, 1e15).length, 1);
  assert.deepEqual(await adopt(), { adopted: [], foreign: [], unreadable: [] });
  assert.deepEqual(fixture.index.check(), []);
});

test('the damage of a file comes with it, so that an index made anew knows what was lost', async (context) => {
  const { fixture, put, adopt } = site(context);
  const damage = {
    1: [{ media: 'video' as const, fromMs: 200, toMs: 900, packetsLost: 5, unitsDropped: 2 }],
  };
  const samples = syntheticVideo(75);
  put('1-0.mp4', segmentFile([{ track: testVideoTrack, samples }], { arrivalMs, damage }).closed());
  await adopt();
  assert.deepEqual(
    fixture.index.footage
      .damages(testIds.streamId, 0, 1e15)
      .map(({ startMs, endMs, packetsLost, unitsDropped }) => {
        return [startMs - arrivalMs, endMs - arrivalMs, packetsLost, unitsDropped];
      }),
    [[1_200, 1_900, 5, 2]],
  );
  assert.deepEqual(fixture.index.check(), []);
});

test('a file that was never closed is closed as it is adopted', async (context) => {
  const { put, adopt, rows } = site(context);
  const { open, closed } = media();
  const file = put('1-0.mp4', open);
  assert.deepEqual((await adopt()).adopted, [file]);
  assert.equal(rows()[0]!.bytes, closed().length);
});

test('files of unknown streams and files without footage are told and left alone', async (context) => {
  const unknown = site(context, false);
  const file = unknown.put('1-0.mp4', media().closed());
  assert.deepEqual(await unknown.adopt(), { adopted: [], foreign: [file], unreadable: [] });
  const known = site(context);
  const rubbish = known.put('2-0.mp4', Buffer.from('not a film'));
  assert.deepEqual(await known.adopt(), { adopted: [], foreign: [], unreadable: [rubbish] });
});
