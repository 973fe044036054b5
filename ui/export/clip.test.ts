import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clipAddress, clipContent } from './clip.ts';

test('a clip has the address of whole milliseconds', () => {
  const address = clipAddress({ cameraId: 'a/b', streamId: 's', fromMs: 1000.4, toMs: 2000.6, gaps: 'keep' });
  assert.equal(address, '/api/v1/cameras/a%2Fb/clip.mp4?stream=s&from=1000&to=2001&gaps=keep');
});

test('what is covered and what is missing add up to the time between the marks', () => {
  const { coveredMs, damagedMs, gaps } = clipContent(
    {
      recordings: [
        { startMs: 0, endMs: 1000, runId: 'a', growing: false, bytes: 1 },
        { startMs: 3000, endMs: 9000, runId: 'b', growing: false, bytes: 1 },
      ],
      gaps: [{ startMs: 1000, endMs: 3000, cause: 'crash', ongoing: false }],
      damages: [
        { startMs: 400, endMs: 600, media: 'video', packetsLost: 1, unitsDropped: 1 },
        { startMs: 3500, endMs: 3600, media: 'audio', packetsLost: 1, unitsDropped: 1 },
        { startMs: 3800, endMs: 4200, media: 'video', packetsLost: 1, unitsDropped: 1 },
      ],
    },
    500,
    4000,
  );
  assert.equal(coveredMs, 1500);
  assert.equal(damagedMs, 300);
  assert.deepEqual(
    gaps.map(({ startMs, endMs }) => endMs - startMs),
    [2000],
  );
});
