import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { writeCameraLabel } from './camera_label_file.ts';

test('all streams of a camera may write its label at once', async (t) => {
  const root = await mkdtemp(path.join(tmpdir(), 'nightjar-label-'));
  t.after(() => rm(root, { recursive: true }));
  const label = {
    installationId: '0a3c5b0e-6c1d-4a53-8e0f-8d6d0f6f3b52',
    id: '7d1f6a3c-8a6b-4c0e-9a41-2f3f5f0f7c11',
    name: 'Front door',
    streams: [],
  };
  await Promise.all(Array.from({ length: 8 }, () => writeCameraLabel(root, label)));
  assert.deepEqual(await readdir(path.join(root, label.id)), ['camera.json']);
  assert.deepEqual(JSON.parse(await readFile(path.join(root, label.id, 'camera.json'), 'utf8')), label);
});
