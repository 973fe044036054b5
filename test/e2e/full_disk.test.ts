import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import type { RetentionAnswer } from '../../src/api/contract/retention.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { frameNumbers } from '../fixtures/frame_numbers.ts';
import { mountSmallDisk } from '../fixtures/small_disk.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

const cameraCount = 8;
const diskBytes = 6 * 2 ** 20;
/** Evictions of a disk that is full again after some seconds. */
const evictions = 2;
/** While room is made, so much may be missing at most. */
const longestGapMs = 3_000;

test('a disk that gets full while it is recorded to loses its oldest footage, goes on, and keeps what is protected', {
  timeout: 120_000,
}, async (context) => {
  const cwd = temporaryFolder(context);
  const disk = mountSmallDisk(context, diskBytes);
  if (disk === undefined) return context.skip('only root may mount a file system');
  const names = Array.from({ length: cameraCount }, (_, number) => `camera-${number}`);
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: names.map((name) => ({ path: name, framesPerSecond: 100 })),
  });
  context.after(() => simulator.close());
  const rules = [
    '--recordings-dir',
    disk,
    '--min-free-bytes',
    '0',
    '--min-age-hours',
    '0',
    '--segment-seconds',
    '1',
  ];
  const server = new NightjarProcess(context, ['serve', '--port', '0', ...rules], { cwd });
  const api = `${await server.url()}/api/v1`;
  const post = async <Answer>(resource: string, body: object): Promise<Answer> => {
    const answer = await fetch(`${api}${resource}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 201);
    return (await answer.json()) as Answer;
  };
  const ids: string[] = [];
  for (const name of names) {
    const streams = [{ role: 'main', url: simulator.url(name) }];
    ids.push((await post<CameraAnswer>('/cameras', { name, streams })).id);
  }
  const [heldId, ...otherIds] = ids as [string, ...string[]];
  await post('/protections', { cameraId: heldId, startMs: 0, reason: 'theft', by: 'Ann' });

  const timelineUntil = (id: string, isGood: (timeline: TimelineAnswer) => boolean) => {
    const window = `from=0&to=${Date.now() + 600_000}`;
    return askUntil<TimelineAnswer>(`${api}/cameras/${id}/timeline?${window}`, isGood, 60_000);
  };
  const deletedMs = ({ gaps }: TimelineAnswer) =>
    gaps.reduce((sum, { cause, startMs, endMs }) => sum + (cause === 'deleted' ? endMs - startMs : 0), 0);
  // Twice: the second time the disk was filled by what was recorded after the first.
  let before = 0;
  for (let round = 0; round < evictions; round++) {
    const timeline = await timelineUntil(otherIds[0]!, (now) => deletedMs(now) > before + 500);
    before = deletedMs(timeline);
  }

  const rows = server.stderr.split('\n').filter((line) => line.includes('Footage is deleted.'));
  assert.ok(rows.length >= cameraCount, server.stderr.slice(-2_000));
  assert.ok(rows.every((line) => line.includes('min_free')));
  for (const id of otherIds) {
    const { recordings, gaps } = await timelineUntil(id, (now) => now.recordings.at(-1)?.growing === true);
    const first = recordings[0]!;
    // The oldest is gone, and since then nothing but what it took to make room is missing.
    assert.ok(
      gaps.some(({ cause, endMs }) => cause === 'deleted' && endMs <= first.startMs),
      JSON.stringify(gaps),
    );
    for (const gap of gaps.filter(({ startMs }) => startMs >= first.startMs)) {
      assert.ok(['disk_full', 'stream_error', 'deleted'].includes(gap.cause), JSON.stringify(gap));
      assert.ok(gap.endMs - gap.startMs <= longestGapMs, JSON.stringify(gap));
    }
  }
  const held = await timelineUntil(heldId, (now) => now.recordings.at(-1)?.growing === true);
  assert.equal(deletedMs(held), 0);
  const clip = `${api}/cameras/${heldId}/clip.mp4?from=${held.recordings[0]!.startMs}&to=${held.knownToMs}&gaps=close`;
  assert.deepEqual((await frameNumbers(clip)).slice(0, 100), [...Array(100).keys()]);
  const retention = (await (await fetch(`${api}/retention`)).json()) as RetentionAnswer;
  const own = retention.cameras.find(({ cameraId }) => cameraId === heldId)!;
  assert.ok(own.protectedBytes > 0.9 * own.storedBytes);
  const health = await fetch(`${api.replace('/api/v1', '')}/health`);
  assert.ok([200, 503].includes(health.status));
  server.child.kill('SIGTERM');
  assert.equal((await server.ended).code, 0);
  const verify = new NightjarProcess(context, ['verify', '--json', '--recordings-dir', disk], { cwd });
  assert.equal((await verify.ended).code, 0, verify.stdout);
});
