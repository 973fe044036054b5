import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { frontDoor, startApi } from '../../../test/fixtures/api_server.ts';
import { summaryOf } from '../../../test/fixtures/index_fixture.ts';
import { testRootId } from '../../../test/fixtures/test_root.ts';
import { unixMillis } from '../../units/time.ts';

const hour = 3_600_000;
const day = 24 * hour;

test('days of footage are told as achieved, as expected, and what of it is protected', async (context) => {
  const { ask, index, clock } = await startApi(context);
  const camera = (await ask('POST', '/api/v1/cameras', { ...frontDoor, maxAgeDays: 10 })).json;
  const streamId = camera.streams[0].id;
  const startMs = clock.now();
  const runId = randomUUID();
  for (let number = 0; number < 48; number++) {
    const id = randomUUID();
    const [fromMs, toMs] = [startMs + number * hour, startMs + (number + 1) * hour];
    const place = { streamId, runId, number, rootId: testRootId, path: `${number}.mp4` };
    const reservation = { ...place, id, provisionalStartMs: unixMillis(fromMs) };
    index.ledger.reserve(reservation, { id: runId, streamId, clockEpoch: 0 });
    // By day half as much as before.
    const bytes = number < 24 ? 2_000 : 1_000;
    index.ledger.close(summaryOf({ id, startMs: fromMs, endMs: toMs, bytes }), { overlap: false });
  }
  clock.advance(2 * day);
  const hold = { startMs: startMs + 12 * hour, endMs: startMs + 24 * hour, reason: 'x', by: 'Ann' };
  await ask('POST', '/api/v1/protections', hold);
  await ask('POST', '/api/v1/protections', { ...hold, cameraId: camera.id });
  const { status, json } = await ask('GET', '/api/v1/retention');
  assert.equal(status, 200);
  const { expectedDays } = json.cameras[0];
  assert.deepEqual(json, {
    storedBytes: 72_000,
    protectedBytes: 18_000,
    overdue: false,
    shortfalls: [],
    cameras: [
      {
        cameraId: camera.id,
        name: 'Front door',
        removed: false,
        storedBytes: 72_000,
        protectedBytes: 18_000,
        oldestMs: startMs,
        achievedDays: 2,
        bytesPerDay: 24_000,
        // 72,000 there and 2 free, 24,000 a day.
        expectedDays,
        limitedBy: 'min_free',
      },
    ],
  });
  assert.ok(Math.abs(expectedDays - 3) < 0.001);
  await ask('DELETE', `/api/v1/cameras/${camera.id}`);
  const [removed] = (await ask('GET', '/api/v1/retention')).json.cameras;
  assert.deepEqual([removed.removed, removed.bytesPerDay, removed.expectedDays], [true, 0, undefined]);
});
