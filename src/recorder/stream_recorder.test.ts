import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { testJob } from '../../test/fixtures/test_job.ts';
import { systemClock } from '../clock/system_clock.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import { FileLedger } from './file_ledger.ts';
import { HostClock } from './host_clock.ts';
import { StorageRoot } from './storage_root.ts';
import { StreamRecorder } from './stream_recorder.ts';

test('a stop during the first connection explains the time from then on, and none of that before', async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-silent-'));
  context.after(() => rmSync(folder, { recursive: true }));
  // A camera that takes the connection and never says a word.
  const silent = createServer().listen(0, '127.0.0.1');
  context.after(() => silent.close());
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const clock = systemClock;
  const reports: { sinceMs: number; cause: string }[] = [];
  const recorder = new StreamRecorder(
    { ...testJob, url: `rtsp://127.0.0.1:${port}/main` },
    {
      clock,
      hostClock: new HostClock(clock),
      ledger: new FileLedger(),
      root: new StorageRoot({ id: testJob.rootId, folder, clock, syncMs: 1_000 }),
      pool: new ChunkPool(),
      receiveBuffer: Buffer.alloc(1024),
    },
    {
      onStatus() {},
      onLive() {},
      onNotRecording: (sinceMs, cause) => reports.push({ sinceMs, cause }),
    },
  );
  const connected = once(silent, 'connection');
  const startedMs = clock.now();
  recorder.start();
  await connected;
  const stoppedMs = clock.now();
  await recorder.stop();
  assert.deepEqual(
    reports.map(({ cause }) => cause),
    ['no_packets', 'recorder_stopped'],
  );
  assert.ok(Math.abs(reports[0]!.sinceMs - startedMs) < 50);
  assert.ok(reports[1]!.sinceMs >= stoppedMs);
});
