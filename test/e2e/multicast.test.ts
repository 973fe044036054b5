import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { assertWholeRun, framesOfFirstRun } from '../fixtures/first_run.ts';
import { NetworkNamespace, namespacesMissing } from '../fixtures/network_namespace.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { until } from '../fixtures/until.ts';
import { gstreamerMissing, startGstreamerCamera } from '../gstreamer/gstreamer_camera.ts';

const skip = (await gstreamerMissing()) || (await namespacesMissing());

test('every frame that a camera sends to a multicast group is in a file', {
  skip,
  timeout: 120_000,
}, async (context) => {
  const [far, near] = await Promise.all([NetworkNamespace.create(), NetworkNamespace.create()]);
  context.after(() => Promise.all([far.close(), near.close()]));
  await far.connect(near, ['10.77.0.1'], ['10.77.0.2']);
  const clip = await numberedClip({ frames: 250, audio: true });
  const account = { username: 'viewer', password: 'opens sesame' };
  const multicast = { network: far, address: '10.77.0.1' };
  const camera = await startGstreamerCamera({ clip: clip.mp4File, ...account, multicast });
  context.after(() => camera.stop());
  const outDir = await mkdtemp(path.join(tmpdir(), 'nightjar-multicast-'));
  context.after(() => rm(outDir, { recursive: true }));
  const options = { ...account, out: outDir, duration: '60', 'segment-seconds': '2', transport: 'multicast' };
  const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const [file, args] = near.command(process.execPath, 'src/main.ts', 'record', camera.url('clip'), ...words);
  const recorder = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  context.after(() => recorder.kill('SIGKILL'));
  const sent = await camera.framesSent();
  await until(async () => (await framesOfFirstRun(outDir)) >= sent);
  recorder.kill('SIGTERM');
  await once(recorder, 'exit');
  const names = (await readdir(outDir, { recursive: true })).filter((name) => name.endsWith('.mp4')).sort();
  await assertWholeRun(
    names.map((name) => path.join(outDir, name)),
    sent,
  );
});
