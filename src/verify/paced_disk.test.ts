import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { recordedSite, siteSegment } from '../../test/fixtures/recorded_site.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { type MonotonicMillis, monotonicMillis } from '../units/time.ts';
import { realDisk } from './file_look.ts';
import { pacedDisk } from './paced_disk.ts';

/** How long the whole of a file takes by the clock, where each read takes so long, and how much of that were reads. */
async function paced(file: string, readMs: number, times: number) {
  const clock = new SimulatedClock();
  let readsMs = 0;
  let isBegin = true;
  // It is asked for the time before each read and after it.
  const disk = pacedDisk(
    new Proxy(clock, {
      get(target, name) {
        if (name === 'monotonic')
          return (): MonotonicMillis => {
            if (!isBegin) readsMs += readMs;
            isBegin = !isBegin;
            return monotonicMillis(target.monotonic() + readsMs);
          };
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  );
  let isOver = false;
  const read = (async () => {
    for (let turn = 0; turn < times; turn += 1) await disk.scan(file, randomUUID());
  })().finally(() => {
    isOver = true;
  });
  const beganMs = clock.monotonic();
  while (!isOver) await clock.advanceAsync(1, 1);
  await read;
  return { pausedMs: clock.monotonic() - beganMs, readsMs };
}

test('a file is read at a bounded rate, and more slowly from a disk that takes its time', async (context) => {
  const { recordingsDir, put } = recordedSite(context);
  const file = path.join(recordingsDir, put('1-0.mp4', siteSegment({ runId: randomUUID() }).closed()));
  assert.deepEqual(await pacedDisk(new SimulatedClock()).bytes(file), realDisk.bytes(file));
  const { size } = statSync(file);
  const times = Math.ceil((4 * 1024 * 1024) / size);
  const fast = await paced(file, 0, times);
  const rate = (times * size) / (fast.pausedMs / 1_000);
  assert.ok(rate < 33 * 1024 * 1024, `${rate} bytes a second`);
  const slow = await paced(file, 20, 10);
  assert.ok(slow.readsMs > 0 && slow.pausedMs >= 3 * slow.readsMs, `${slow.pausedMs} of ${slow.readsMs}`);
});
