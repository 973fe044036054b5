import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CameraLabel } from './stream_job.ts';

/**
 * Writes `<root>/<camera id>/camera.json`, whole or not at all. The streams of a camera may do so at the same time,
 * on several threads.
 */
export async function writeCameraLabel(root: string, label: CameraLabel): Promise<void> {
  const folder = path.join(root, label.id);
  const file = path.join(folder, 'camera.json');
  const draft = `${file}.${randomUUID()}.tmp`;
  await mkdir(folder, { recursive: true });
  await writeFile(draft, `${JSON.stringify(label, undefined, 2)}\n`);
  await rename(draft, file);
}
