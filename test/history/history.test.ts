import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { History } from './history.ts';
import { historyFaults } from './history_faults.ts';

test('after days of restarts, crashes, clock steps and a full disk, ledger and disk are exact', async (context) => {
  const memory = '/dev/shm';
  const folder = mkdtempSync(path.join(existsSync(memory) ? memory : tmpdir(), 'nightjar-history-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const startMs = Date.UTC(2026, 9, 23, 22);
  const history = new History({ folder, days: 3, cameras: 3, seed: 7, startMs });
  await history.play();
  await history.installation.stop();
  assert.deepEqual(await historyFaults(history), []);
  const { crashes, steps, deletedFiles } = history.figures;
  assert.ok(crashes > 0 && steps > 0 && deletedFiles > 0, 'all of it happened');
});
