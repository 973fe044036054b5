import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { ffprobe, runTool } from '../../test/fixtures/ffprobe.ts';
import { frameNumbers, holesIn } from '../../test/fixtures/frame_numbers.ts';
import { numberedClip } from '../../test/fixtures/numbered_clip.ts';
import { RtspTestClient } from '../../test/fixtures/rtsp_test_client.ts';
import { type SelfSigned, selfSigned } from '../../test/fixtures/self_signed.ts';
import { gstreamerMissing } from '../../test/gstreamer/gstreamer_camera.ts';
import { systemClock } from '../clock/system_clock.ts';
import { parseRtcp } from '../rtp/rtcp.ts';
import { unixMillis } from '../units/time.ts';
import type { SimulatedCamera } from './camera.ts';
import { demoClip, readClip } from './clip.ts';
import { startDemoCameras } from './demo_cameras.ts';
import { prepareVideo } from './prepared_clip.ts';
import { type SimulatorServer, startSimulator } from './simulator.ts';

async function withSimulator(
  cameras: readonly SimulatedCamera[],
  use: (simulator: SimulatorServer) => Promise<void>,
  tls?: SelfSigned,
): Promise<void> {
  const simulator = await startSimulator({ clock: systemClock, cameras, ...(tls && { tls }) });
  try {
    await use(simulator);
  } finally {
    await simulator.close();
  }
}

const withCredentials = (url: string, credentials: string) => url.replace('://', `://${credentials}@`);

const rtpTimestamps = (packets: readonly Buffer[]) => [
  ...new Set(packets.map((packet) => packet.readUInt32BE(4))),
];

for (const transport of ['tcp', 'udp', 'http'] as const) {
  test(`ffmpeg gets every picture of a numbered clip over ${transport}, by Digest`, async () => {
    const files = await numberedClip({ frames: 300, framesPerSecond: 150 });
    const clip = await readClip(files);
    const camera = {
      path: 'cam',
      username: 'admin',
      password: 'p@ss',
      clip,
      finiteFrames: 300,
      transports: [transport === 'http' ? ('tcp' as const) : transport],
    };
    await withSimulator([camera], async (simulator) => {
      const url = withCredentials(simulator.url('cam'), 'admin:p%40ss');
      const numbers = await frameNumbers(url, { transport });
      assert.deepEqual(
        numbers,
        Array.from({ length: 300 }, (_, index) => index),
      );
      const counters = simulator.counters('cam');
      assert.equal(counters.framesSent, 300);
      assert.equal(counters.unitsRefused, 0);
      await assert.rejects(ffprobe(withCredentials(simulator.url('cam'), 'admin:wrong')), /401/);
    });
  });
}

test('ffmpeg records sound and picture over the end of the clip in step', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nightjar-simulator-'));
  // All 260 pictures come at once, so that the test need not wait for the clip to end.
  const camera = { path: 'cam', finiteFrames: 260, burstFrames: 260 };
  try {
    await withSimulator([camera], async (simulator) => {
      const file = join(folder, 'copy.mp4');
      const args = ['-v', 'error', '-rtsp_transport', 'tcp', '-i', simulator.url('cam'), '-c', 'copy', file];
      assert.equal((await runTool('ffmpeg', args)).errors, '');
      const numbers = await frameNumbers(file);
      assert.equal(numbers.length, 260);
      assert.deepEqual(holesIn(numbers, 200), []);
      const { streams, packets } = await ffprobe(file, { packets: true });
      const times = (index: number) =>
        packets.filter((packet) => packet.stream_index === index).map((packet) => Number(packet.pts_time));
      assert.deepEqual(
        streams.map((stream) => stream.codec_name),
        ['h264', 'aac'],
      );
      for (const [index, step] of [1 / 25, 1024 / 48_000].entries()) {
        const list = times(index);
        for (let at = 1; at < list.length; at++) {
          assert.ok(Math.abs(list[at]! - list[at - 1]! - step) < 0.002, `stream ${index}, packet ${at}`);
        }
      }
      assert.ok(Math.abs(times(0).at(-1)! - times(1).at(-1)!) < 0.05);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('ffmpeg gets every picture over TLS, by Digest', async (context) => {
  const camera = {
    path: 'cam',
    username: 'admin',
    password: 'secret',
    finiteFrames: 40,
    framesPerSecond: 40,
  };
  const tls = await selfSigned(context);
  await withSimulator(
    [camera],
    async (simulator) => {
      assert.match(simulator.url('cam'), /^rtsps:/);
      assert.deepEqual(
        await frameNumbers(withCredentials(simulator.url('cam'), 'admin:secret')),
        Array.from({ length: 40 }, (_, index) => index),
      );
    },
    tls,
  );
});

const skip = await gstreamerMissing();
for (const transport of ['tcp', 'udp', 'http'] as const) {
  test(`GStreamer plays to the end as a client over ${transport}`, { skip }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nightjar-simulator-'));
    const camera = {
      path: 'cam',
      username: 'admin',
      password: 'secret',
      finiteFrames: 60,
      framesPerSecond: 60,
      // The client ends the session: an end of the connection would race with its own last requests.
      atEnd: 'bye' as const,
    };
    try {
      await withSimulator([camera], async (simulator) => {
        const file = join(folder, 'copy.h264');
        const url = simulator.url('cam');
        // HTTP is asked for by the scheme.
        const way = transport === 'http' ? url.replace('rtsp', 'rtsph') : `${url} protocols=${transport}`;
        const source = `rtspsrc location=${way} user-id=admin user-pw=secret latency=0`;
        const sink = `rtph264depay ! h264parse ! video/x-h264,stream-format=byte-stream ! filesink location=${file}`;
        const result = await runTool('gst-launch-1.0', [...source.split(' '), '!', ...sink.split(' ')]);
        assert.equal(result.code, 0, result.errors);
        const numbers = await frameNumbers(file);
        // The goodbye has a socket of its own by UDP: a client that is behind may read it before the last pictures.
        const fewest = transport === 'udp' ? 30 : 60;
        assert.ok(numbers.length >= fewest, `${numbers.length} pictures`);
        assert.deepEqual(
          numbers,
          Array.from({ length: numbers.length }, (_, index) => index),
        );
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test('the demo cameras can be told apart and have a small stream too', async () => {
  const { cameras, close } = await startDemoCameras({
    clock: systemClock,
    logger: pino({ level: 'silent' }),
  });
  try {
    assert.deepEqual(
      cameras.map((camera) => camera.name),
      ['Front door', 'Garage'],
    );
    const first = async (camera: number, stream: number) => {
      const { username, password, streams } = cameras[camera]!;
      const url = withCredentials(streams[stream]!.url, `${username}:${password}`);
      return frameNumbers(url, { count: 1 });
    };
    assert.deepEqual(await Promise.all([first(0, 0), first(0, 1), first(1, 0)]), [[0], [0], [100]]);
  } finally {
    await close();
  }
});

test('RTP-Info names the first packet and a sender report its time', async () => {
  await withSimulator([{ path: 'cam' }], async (simulator) => {
    const client = await RtspTestClient.connect(simulator.port);
    const url = simulator.url('cam');
    const played = await client.play(url, 2);
    await client.until(() => client.packets.filter((packet) => packet.channel % 2 === 1).length >= 2);
    for (const [index, channel] of [0, 2].entries()) {
      const first = client.rtp(channel)[0]!;
      const part = played.headers.get('RTP-Info')!.split(',')[index]!;
      const expected = `url=${url}/trackID=${index};seq=${first.readUInt16BE(2)};rtptime=${first.readUInt32BE(4)}`;
      assert.equal(part, expected);
      const [report] = client.rtp(channel + 1);
      const [parsed] = parseRtcp(report!, 0, report!.length);
      assert.equal(parsed?.kind, 'senderReport');
      assert.equal(parsed?.kind === 'senderReport' && parsed.ssrc, first.readUInt32BE(8));
      const clockRate = index === 0 ? 90_000 : 48_000;
      const late = parsed?.kind === 'senderReport' ? (parsed.rtpTimestamp - first.readUInt32BE(4)) >>> 0 : -1;
      assert.ok(late >= 0 && late < clockRate, 'within the first second');
    }
    client.close();
  });
});

const ranges: readonly [
  asked: Record<string, string>,
  status: number,
  answered?: Record<string, string>,
  /** The picture that comes first, counted from the begin. */
  first?: number,
][] = [
  [{}, 200, { Range: 'npt=0.000-8.000' }, 0],
  [{ Range: 'npt=2.5-4' }, 200, { Range: 'npt=2.000-4.000' }, 50],
  [
    { Range: 'clock=20260131T120003Z-', Speed: '2' },
    200,
    { Range: 'clock=20260131T120003Z-20260131T120008Z', Speed: '2.000' },
    75,
  ],
  [{ Range: 'npt=1-', Scale: '-1' }, 200, { Range: 'npt=1.000-8.000', Scale: '1.000' }, 25],
  [{ Range: 'npt=10-20' }, 457],
  [{ Range: 'clock=20250131T120003Z-20250131T120004Z' }, 457],
  [{ Range: 'smpte=00:00:01-' }, 457],
  [{ Range: 'whatever' }, 457],
  [{ Range: 'npt=1-', Require: 'onvif-replay, magic' }, 551, { Unsupported: 'magic' }],
  [
    { Range: 'clock=20260131T120001Z-', Require: 'onvif-replay', 'Rate-Control': 'no' },
    200,
    { Range: 'clock=20260131T120001Z-20260131T120008Z' },
    25,
  ],
];

for (const [asked, status, answered = {}, first] of ranges) {
  test(`an archive answers PLAY with ${JSON.stringify(asked)} by ${status}${first === undefined ? '' : `, from picture ${first} on`}`, async () => {
    const recordedFromMs = unixMillis(Date.UTC(2026, 0, 31, 12));
    await withSimulator(
      [{ path: 'sd', recordedFromMs, faults: { firstRtpTimestamp: 0 } }],
      async (simulator) => {
        const client = await RtspTestClient.connect(simulator.port);
        const url = simulator.url('sd');
        await client.request('SETUP', `${url}/trackID=0`, [['Transport', 'RTP/AVP/TCP;interleaved=0-1']]);
        const reply = await client.request('PLAY', url, Object.entries(asked));
        assert.equal(reply.status, status);
        for (const [name, value] of Object.entries(answered)) assert.equal(reply.headers.get(name), value);
        if (first !== undefined) {
          const { units } = prepareVideo(await demoClip('main'), 1400);
          await client.until(() => client.rtp(0).length > 0);
          // The packets of a picture are those of the clip but for what is the session's own.
          const payload = (packet: Uint8Array) => Buffer.from(packet.subarray(packet.length - 20));
          const [expected] = [units[first]!].map(({ bytes, starts }) =>
            payload(bytes.subarray(0, starts[1])),
          );
          assert.deepEqual(payload(client.rtp(0)[0]!), expected);
        }
        client.close();
      },
    );
  });
}

test('a pause stops the packets and PLAY goes on with the next picture', async () => {
  await withSimulator([{ path: 'cam', framesPerSecond: 100 }], async (simulator) => {
    const client = await RtspTestClient.connect(simulator.port);
    await client.play(simulator.url('cam'));
    await client.until(() => client.rtp().length > 10);
    await client.request('PAUSE', simulator.url('cam'));
    const paused = client.rtp().length;
    assert.equal(simulator.counters('cam').playing, 0);
    await client.request('PLAY', simulator.url('cam'));
    await client.until(() => client.rtp().length > paused + 10);
    const stamps = rtpTimestamps(client.rtp());
    for (let index = 1; index < stamps.length; index++) {
      assert.equal((stamps[index]! - stamps[index - 1]!) >>> 0, 900);
    }
    client.close();
  });
});

test('cameras at fault misbehave on the wire as they were told', async (t) => {
  const camera = (path: string, faults: SimulatedCamera['faults']): SimulatedCamera => ({
    path,
    audio: false,
    burstFrames: 50,
    ...(faults ? { faults } : {}),
  });
  const cameras = [
    camera('refuse', { refuse: { method: 'SETUP', status: 503 } }),
    camera('silent', { silentAfterPlay: true }),
    camera('mute', { neverAnswer: 'DESCRIBE' }),
    camera('endless', { endlessHeader: 'DESCRIBE' }),
    camera('huge', { hugeContentLength: 'DESCRIBE' }),
    camera('close', { closeAfterPackets: 20 }),
    camera('cut', { cutAfterPackets: 20 }),
    camera('drop', { dropEveryNthPacket: 10 }),
    camera('rubbish', { rubbish: { everyFrames: 10, bytes: 77 } }),
    camera('wrap', { firstSequenceNumber: 65_530, firstRtpTimestamp: 2 ** 32 - 3600 }),
    camera('ssrc', { wrongSsrc: true }),
    camera('early', { packetsBeforePlayReply: true }),
  ];
  await withSimulator(cameras, async (simulator) => {
    const playing = async (path: string) => {
      const client = await RtspTestClient.connect(simulator.port);
      const reply = await client.play(simulator.url(path));
      return { client, reply };
    };
    await t.test('503 to SETUP', async () => {
      const client = await RtspTestClient.connect(simulator.port);
      const transport = ['Transport', 'RTP/AVP/TCP;interleaved=0-1'] as const;
      assert.equal(
        (await client.request('SETUP', `${simulator.url('refuse')}/trackID=0`, [transport])).status,
        503,
      );
      client.close();
    });
    await t.test('no packets after PLAY, no answer to DESCRIBE', async () => {
      const { client } = await playing('silent');
      // The answer to a later request comes behind any packet that was sent before it.
      assert.equal((await client.request('GET_PARAMETER', simulator.url('silent'))).status, 200);
      assert.equal(client.packets.length, 0);
      void client.request('DESCRIBE', simulator.url('mute')).catch(() => {});
      assert.equal((await client.request('OPTIONS', simulator.url('mute'))).status, 200);
      client.close();
    });
    await t.test('more header fields or body than anybody should read', async () => {
      for (const path of ['endless', 'huge']) {
        const client = await RtspTestClient.connect(simulator.port);
        const failure = new Promise<Error>((resolve) => {
          client.socket.removeAllListeners('data');
          let bytes = 0;
          client.socket.on('data', (chunk) => {
            bytes += chunk.length;
            if (path === 'huge' && chunk.includes('Content-Length: 4294967296')) resolve(new Error('huge'));
            if (path === 'endless' && bytes > 1_000_000) resolve(new Error('endless'));
          });
        });
        client.request('DESCRIBE', simulator.url(path)).catch(() => {});
        assert.equal((await failure).message, path);
        client.close();
      }
    });
    await t.test('the connection ends after 20 packets, or inside the next', async () => {
      for (const [path, rest] of [
        ['close', false],
        ['cut', true],
      ] as const) {
        const { client } = await playing(path);
        await client.untilEnd();
        assert.equal(client.rtp().length, 20, path);
        assert.equal(client.socket.bytesRead > 0 && client.pendingBytes > 0, rest, path);
      }
    });
    await t.test('each tenth packet is missing, and its number with it', async () => {
      const { client } = await playing('drop');
      await client.until(() => client.rtp().length >= 45);
      const first = client.rtp()[0]!.readUInt16BE(2);
      const numbers = client.rtp().map((packet) => (packet.readUInt16BE(2) - first) & 0xffff);
      assert.deepEqual(numbers.slice(0, 11), [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]);
      client.close();
    });
    await t.test('rubbish stands between whole packets', async () => {
      const { client } = await playing('rubbish');
      await client.until(() => client.lostBytes >= 2 * 77);
      client.close();
    });
    await t.test('sequence number and time stamp wrap', async () => {
      const { client } = await playing('wrap');
      await client.until(() => client.rtp().length >= 20);
      assert.deepEqual(rtpTimestamps(client.rtp()).slice(0, 3), [2 ** 32 - 3600, 0, 3600]);
      assert.ok(client.rtp().some((packet) => packet.readUInt16BE(2) === 0));
      client.close();
    });
    await t.test('another SSRC than announced', async () => {
      const { client } = await playing('ssrc');
      await client.until(() => client.rtp().length > 0);
      const announced = /ssrc=([0-9A-F]{8})/.exec(client.responses[0]!.headers.get('Transport')!)![1]!;
      assert.notEqual(client.rtp()[0]!.readUInt32BE(8), Number.parseInt(announced, 16));
      client.close();
    });
    await t.test('packets come before the reply to PLAY', async () => {
      const client = await RtspTestClient.connect(simulator.port);
      let packetsAtReply = 0;
      client.onResponse = () => {
        packetsAtReply = client.packets.length;
      };
      await client.play(simulator.url('early'));
      assert.ok(packetsAtReply > 0);
      client.close();
    });
  });
});

test('a camera that loses its power cuts its own sessions only, and comes back', async () => {
  await withSimulator([{ path: 'a' }, { path: 'b' }], async (simulator) => {
    const [a, b] = [
      await RtspTestClient.connect(simulator.port),
      await RtspTestClient.connect(simulator.port),
    ];
    await a.play(simulator.url('a'));
    await b.play(simulator.url('b'));
    simulator.disconnect('a');
    await a.untilEnd();
    assert.equal(simulator.counters('a').playing, 0);
    const before = b.rtp().length;
    await b.until(() => b.rtp().length > before);
    const again = await RtspTestClient.connect(simulator.port);
    assert.equal((await again.play(simulator.url('a'))).status, 200);
    assert.equal(simulator.counters('a').sessions, 2);
    again.close();
    b.close();
  });
});

test('cameras may be looked up as they are asked for', async () => {
  const clip = await demoClip('sub');
  const known = new Map<string, SimulatedCamera>();
  const simulator = await startSimulator({ clock: systemClock, cameras: (path) => known.get(path) });
  const client = await RtspTestClient.connect(simulator.port);
  assert.equal((await client.request('DESCRIBE', simulator.url('late?x=1/2'))).status, 404);
  known.set('late?x=1/2', { path: 'late?x=1/2', clip });
  assert.equal((await client.request('DESCRIBE', simulator.url('late?x=1/2'))).status, 200);
  assert.equal((await client.play(simulator.url('late?x=1/2'))).status, 200);
  client.close();
  await simulator.close();
});

test('two hundred cameras send in time and cost little', async () => {
  const cameras = Array.from({ length: 200 }, (_, index) => ({ path: `cam${index}`, audio: false }));
  await withSimulator(cameras, async (simulator) => {
    const before = process.memoryUsage();
    const clients = await Promise.all(cameras.map(() => RtspTestClient.connect(simulator.port)));
    const cpu = process.cpuUsage();
    await Promise.all(clients.map((client, index) => client.play(simulator.url(`cam${index}`))));
    await Promise.all(clients.map((client) => client.until(() => client.packets.length >= 50)));
    const used = process.cpuUsage(cpu);
    let frames = 0;
    for (const [index, client] of clients.entries()) {
      const stamps = rtpTimestamps(client.rtp());
      frames += stamps.length;
      const steps = stamps.slice(1).map((stamp, at) => (stamp - stamps[at]!) >>> 0);
      assert.ok(
        steps.every((step) => step === 3600),
        `camera ${index} left nothing out`,
      );
      assert.equal(simulator.counters(`cam${index}`).unitsRefused, 0);
    }
    const after = process.memoryUsage();
    // Bounds far above what is needed, both ends of 200 sessions together: they catch a copy of the clip for each
    // camera, not a busy machine.
    assert.ok(after.arrayBuffers - before.arrayBuffers < 100e6);
    const cpuMsPerFrame = (used.user + used.system) / 1000 / frames;
    assert.ok(cpuMsPerFrame < 0.6, `${cpuMsPerFrame} ms of CPU per picture`);
    for (const client of clients) client.close();
  });
});
