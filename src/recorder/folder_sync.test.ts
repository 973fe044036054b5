import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { DiskLatency } from './disk_latency.ts';
import { DiskSlots } from './disk_slots.ts';
import { FolderSync } from './folder_sync.ts';

test('those who ask together share a round, and a folder that is gone fails only those who asked for it', async (context) => {
  const root = mkdtempSync(path.join(tmpdir(), 'nightjar-folders-'));
  context.after(() => rmSync(root, { recursive: true }));
  const names = Array.from({ length: 20 }, (_, index) => path.join(root, String(index)));
  for (const name of names) mkdirSync(name);
  const slots = new DiskSlots(1, new DiskLatency(new SimulatedClock()));
  let rounds = 0;
  const run = slots.run.bind(slots);
  slots.run = (job) => {
    rounds++;
    return run(job);
  };
  const folders = new FolderSync(slots);
  const outcomes = await Promise.allSettled([
    ...names.map((name) => folders.sync([name, root])),
    folders.sync([path.join(root, 'gone')]),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    [...names.map(() => 'fulfilled'), 'rejected'],
  );
  assert.ok(rounds <= 2, `${rounds} rounds`);
});

test('so many jobs run at once as there are slots, in the order in which they came', async () => {
  const slots = new DiskSlots(2, new DiskLatency(new SimulatedClock()));
  const events: string[] = [];
  const job = (name: string) => async () => {
    events.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    events.push(`${name} ends`);
    if (name === 'b') throw new Error('b fails');
  };
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => slots.run(job(name))));
  assert.deepEqual(events.slice(0, 2), ['a begins', 'b begins']);
  assert.equal(events.indexOf('c begins') > events.indexOf('a ends'), true);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});
