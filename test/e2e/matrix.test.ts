import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { runTool } from '../fixtures/ffprobe.ts';
import { gstreamerMissing } from '../gstreamer/gstreamer_camera.ts';
import { rows, type Way } from '../matrix/rows.ts';
import { runCell } from '../matrix/run_cell.ts';
import { SourceClips } from '../matrix/source_clip.ts';

/** A slice of what `npm run matrix` runs: each camera, and the transports that need no namespaces. */
const slice: readonly [name: string, row: string, way: Way][] = [
  ['C34: H.264 and AAC of VLC, which has UDP alone', 'aac', 'vlc'],
  ['H.265 of GStreamer over TLS', 'h265', 'tls'],
  ['LATM of GStreamer through HTTP', 'latm', 'http'],
  ['Opus of GStreamer over UDP', 'opus', 'udp'],
  ['Motion JPEG of ffmpeg over UDP', 'jpeg', 'ffmpeg-udp'],
];

const skip = (await gstreamerMissing()) || (await vlcMissing());
const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-matrix-clips-'));
after(() => rm(folder, { recursive: true }));
const clips = new SourceClips(folder, 2);

describe('what an outside camera sends is recorded, each picture and each byte of sound', {
  concurrency: 3,
}, () => {
  for (const [name, wanted, way] of slice) {
    test(name, { skip, timeout: 120_000 }, async () => {
      const row = rows.find((row) => row.name === wanted)!;
      const { faults } = await runCell({ row, way }, clips);
      assert.deepEqual(faults, []);
    });
  }
});

async function vlcMissing(): Promise<string | false> {
  if (process.env.CI) return false;
  const { code } = await runTool('sh', ['-c', 'command -v cvlc']);
  return code === 0 ? false : 'no VLC';
}
