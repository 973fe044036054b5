import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { StatusAnswer } from '../../src/api/contract/status.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { probe } from '../../src/probe/probe.ts';
import { recordUrl } from '../../src/recorder/record_url.ts';
import type { TransportSetting } from '../../src/recorder/transport_choice.ts';
import type { SimulatedCamera } from '../../src/simulator/camera.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { ffprobe } from '../fixtures/ffprobe.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

const timeout = 120_000;
const framesPerSecond = 25;

async function simulate(context: TestContext, camera: Omit<SimulatedCamera, 'path'>) {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'cam', ...camera }] });
  context.after(() => simulator.close());
  return simulator;
}

async function folder(context: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'nightjar-transports-'));
  context.after(() => rm(made, { recursive: true }));
  return made;
}

test('over a rough network a recording has holes only where packets were lost', {
  timeout,
}, async (context) => {
  const lostFrames = new Set<number>();
  const account = { username: 'viewer', password: 'opens sesame' };
  const simulator = await simulate(context, {
    ...account,
    audio: false,
    transports: ['udp'],
    framesPerSecond,
    maxPayloadBytes: 600,
    faults: {
      firstRtpTimestamp: 0,
      network: {
        seed: 12,
        lost: 0.01,
        late: 0.1,
        twice: 0.05,
        onLost: (rtpTimestamp) => lostFrames.add((rtpTimestamp * framesPerSecond) / 90_000),
      },
    },
  });
  const { files } = await recordUrl({
    url: simulator.url('cam'),
    ...account,
    transport: 'udp',
    outDir: await folder(context),
    durationS: 8,
    clock: systemClock,
  });
  assert.equal(files.length, 1);
  const { packets } = await ffprobe(files[0]!, { packets: true });
  const frames = packets.map(({ pts_time }) => Math.round(Number(pts_time) * framesPerSecond));
  // The first of the recording is the first key frame that came whole.
  const first = firstOf(frames, lostFrames);
  const recorded = new Set(frames.map((frame) => frame + first));
  const last = Math.max(...recorded);
  assert.ok(last > 150, `${last} frames`);
  const missing = Array.from({ length: last - first }, (_, index) => first + index).filter(
    (frame) => !recorded.has(frame),
  );
  const lost = [...lostFrames].filter((frame) => frame > first && frame < last).sort((a, b) => a - b);
  assert.ok(lost.length > 5, `${lost.length} frames lost packets`);
  assert.deepEqual(missing, lost);
});

/** The number of the first frame: files begin at 0, and the clip has a key frame each second or two. */
function firstOf(frames: readonly number[], lost: ReadonlySet<number>): number {
  assert.equal(frames[0], 0);
  let first = 0;
  while (lost.has(first)) first += framesPerSecond;
  return first;
}

// They wait for what does not come, more than for a core.
describe('ways to a camera', { concurrency: 3 }, () => {
  const reached: readonly [
    name: string,
    setting: TransportSetting,
    camera: Omit<SimulatedCamera, 'path'>,
    used: string,
  ][] = [
    ['TCP is used when the camera has both', 'auto', {}, 'tcp'],
    ['C34: a camera with UDP alone is found out by its 461', 'auto', { transports: ['udp'] }, 'udp'],
    ['a camera that is silent over TCP is asked over UDP', 'auto', { faults: { silentOver: 'tcp' } }, 'udp'],
    ['UDP is used when it is set', 'udp', {}, 'udp'],
    ['HTTP is used when it is set', 'http', {}, 'http'],
    ['a WebSocket is used when it is set', 'websocket', {}, 'websocket'],
  ];

  for (const [name, transport, camera, used] of reached) {
    test(name, { timeout }, async (context) => {
      const simulator = await simulate(context, camera);
      const report = await probe({ url: simulator.url('cam'), transport, clock: systemClock, seconds: 1 });
      assert.equal(report.transport, used);
      assert.equal(report.packetsLost, 0);
    });
  }

  test('a recorder tells which transport it uses, and uses what worked again after the camera was away', {
    timeout,
  }, async (context) => {
    const simulator = await simulate(context, { transports: ['udp'] });
    const cwd = temporaryFolder(context);
    const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--log-level', 'error'];
    const server = new NightjarProcess(context, words, { cwd });
    const api = `${await server.url()}/api/v1`;
    const streams = [{ role: 'main', url: simulator.url('cam') }];
    const answer = await fetch(`${api}/cameras`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Yard', streams }),
    });
    assert.equal(answer.status, 201);
    const recording = (reconnects: number) =>
      askUntil<StatusAnswer>(`${api}/status`, ({ cameras }) => {
        const stream = cameras[0]!.streams[0]!;
        return stream.state === 'recording' && stream.counters.reconnects >= reconnects;
      });
    const first = (await recording(1)).cameras[0]!.streams[0]!;
    assert.deepEqual([first.transport, first.transportInUse, first.counters.reconnects], ['auto', 'udp', 1]);
    simulator.disconnect('cam');
    const second = (await recording(2)).cameras[0]!.streams[0]!;
    assert.deepEqual([second.transportInUse, second.counters.reconnects], ['udp', 2]);
  });

  const unreached: readonly [
    name: string,
    setting: TransportSetting,
    camera: Omit<SimulatedCamera, 'path'>,
    code: string,
    message: RegExp,
  ][] = [
    ['TCP is not left when it is set', 'tcp', { transports: ['udp'] }, 'camera_transport_unsupported', /461/],
    ['UDP is not left when it is set', 'udp', { transports: ['tcp'] }, 'camera_transport_unsupported', /461/],
    [
      'a camera that refuses UDP and is silent over TCP is said to be silent',
      'auto',
      { transports: ['tcp'], faults: { silentOver: 'tcp' } },
      'no_packets',
      // 5 s, or later on a busy machine, but within a minute.
      /nothing over TCP for (?:[5-9]|[1-5]\d) s/,
    ],
    ['a camera without multicast says so', 'multicast', {}, 'camera_transport_unsupported', /461/],
  ];

  for (const [name, transport, camera, code, message] of unreached) {
    test(name, { timeout }, async (context) => {
      const simulator = await simulate(context, camera);
      await assert.rejects(probe({ url: simulator.url('cam'), transport, clock: systemClock, seconds: 1 }), {
        code,
        message,
      });
    });
  }
});
