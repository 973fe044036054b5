import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { test } from 'node:test';
import { Cam } from 'onvif';
// @ts-expect-error this line of the client has no types
import { Cam as ElderCam } from 'onvif-0.6';
import { pino } from 'pino';
import { ffprobe } from '../../test/fixtures/ffprobe.ts';
import { until } from '../../test/fixtures/until.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { systemClock } from '../clock/system_clock.ts';
import { demoClip } from './clip.ts';
import type { MediaService } from './onvif/device_description.ts';
import { maxPendingReplies, maxReplyDelayMs } from './onvif/discovery_responder.ts';
import {
  type SimulatedDevice,
  type SimulatedDeviceOptions,
  startSimulatedDevice,
} from './simulated_device.ts';

const credentials = { username: 'admin', password: 'p@ss <&>' };

/** Of the many loopback addresses, one that no test running at the same time has. */
const freeLoopbackAddress = () => `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;

async function withDevice(
  options: Partial<SimulatedDeviceOptions>,
  use: (device: SimulatedDevice) => Promise<void>,
): Promise<void> {
  const device = await startSimulatedDevice({
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    name: 'Front <door> & "yard"',
    address: freeLoopbackAddress(),
    credentials,
    streams: [
      { role: 'main', path: 'main' },
      { role: 'sub', path: 'sub', clip: await demoClip('sub') },
    ],
    ...options,
  });
  try {
    await use(device);
  } finally {
    await device.close();
  }
}

/** The two lines of a client that others wrote. The elder knows no Digest. */
const clients = [
  { version: 'onvif 0.8', Class: Cam, ways: ['either', 'usernameToken', 'digest'] },
  { version: 'onvif 0.6', Class: ElderCam, ways: ['either', 'usernameToken'] },
] as const;

const selections: MediaService[][] = [['media1', 'media2'], ['media1'], ['media2']];

for (const { version, Class, ways } of clients) {
  for (const authentication of ways) {
    for (const mediaServices of selections) {
      // The elder line reads the sensor by Media1 alone, and gives the device up without it.
      if (Class === ElderCam && !mediaServices.includes('media1')) continue;
      test(`${version} reads ${mediaServices.join(' and ')} by ${authentication}`, async () => {
        await withDevice({ authentication, mediaServices }, async (device) => {
          const cam = await connected(Class, device, { useWSSecurity: authentication !== 'digest' });
          assert.equal((await ask(cam, 'getDeviceInformation')).manufacturer, 'Nightjar');
          assert.equal(cam.media2Support === true, mediaServices.includes('media2'));
          assert.deepEqual(
            cam.profiles.map(({ name }: Client) => name),
            ['Front <door> & "yard" main', 'Front <door> & "yard" sub'],
          );
          const { encoding, resolution } = cam.profiles[0].videoEncoderConfiguration;
          assert.deepEqual([encoding, resolution], ['H264', { width: 640, height: 360 }]);
          for (const { role, url } of device.streams) {
            const { uri } = await ask(cam, 'getStreamUri', { protocol: 'RTSP', profileToken: role });
            assert.equal(uri, url);
          }
        });
      });
    }
  }
}

for (const { version, Class } of clients) {
  test(`${version} is refused with a wrong password`, async () => {
    await withDevice({ authentication: 'usernameToken' }, async (device) => {
      const cam = new Class({
        hostname: device.address,
        port: portOf(device),
        ...credentials,
        autoconnect: false,
      });
      cam.password = 'guess';
      await ask(cam, 'getSystemDateAndTime');
      await assert.rejects(ask(cam, 'getDeviceInformation'), /wrong password/);
      cam.password = credentials.password;
      assert.equal((await ask(cam, 'getDeviceInformation')).manufacturer, 'Nightjar');
    });
  });

  test(`${version} is let in once it has asked a device of wrong time for it`, async () => {
    const faults = { clockSkewMs: -86_400_000 };
    await withDevice({ authentication: 'usernameToken', faults }, async (device) => {
      const cam = new Class({
        hostname: device.address,
        port: portOf(device),
        ...credentials,
        autoconnect: false,
      });
      await assert.rejects(ask(cam, 'getDeviceInformation'), /wrong time/);
      await ask(cam, 'getSystemDateAndTime');
      assert.equal((await ask(cam, 'getDeviceInformation')).manufacturer, 'Nightjar');
    });
  });
}

test('the facts of a profile are those of its stream', async () => {
  // All pictures come at once, so that the test need not wait for the clip to end.
  const whole = { finiteFrames: 200, burstFrames: 200 };
  const streams = [
    { role: 'main', path: 'main', ...whole },
    { role: 'sub', path: 'sub', clip: await demoClip('sub'), ...whole },
    { role: 'silent', path: 'silent', audio: false, ...whole },
  ];
  await withDevice({ streams, credentials: { username: 'u', password: 'p' } }, async (device) => {
    const cam = await connected(Cam, device, { username: 'u', password: 'p' });
    for (const [index, { url }] of device.streams.entries()) {
      const { videoEncoderConfiguration: video, audioEncoderConfiguration: audio } = cam.profiles[index];
      const seen = await ffprobe(url.replace('rtsp://', 'rtsp://u:p@'), { packets: true });
      const stream = (kind: string) => seen.streams.find((each) => each.codec_type === kind);
      const kilobits = (kind: string, perSecond: number) => {
        const packets = seen.packets.filter((packet) => packet.codec_type === kind);
        const bytes = packets.reduce((total, packet) => total + Number(packet.size), 0);
        return (bytes * 8 * perSecond) / packets.length / 1000;
      };
      assert.equal(stream('video')?.codec_name, video.encoding.toLowerCase());
      assert.equal(stream('video')?.profile, video.$.Profile);
      assert.deepEqual(video.resolution, { width: stream('video')?.width, height: stream('video')?.height });
      assert.equal(stream('video')?.avg_frame_rate, `${video.rateControl.frameRateLimit}/1`);
      assert.ok(Math.abs(kilobits('video', 25) / video.rateControl.bitrateLimit - 1) < 0.03, url);
      const keyFrames = seen.packets.filter(
        (packet) => packet.codec_type === 'video' && packet.flags.startsWith('K'),
      );
      assert.equal(Number(video.$.GovLength), 200 / keyFrames.length);
      assert.equal(stream('audio')?.sample_rate, audio && `${audio.sampleRate}000`);
      if (audio) assert.ok(Math.abs(kilobits('audio', 48_000 / 1024) / audio.bitrate - 1) < 0.03, url);
    }
  });
});

test('a snapshot is the first picture of the stream', async () => {
  await withDevice({ credentials: undefined }, async (device) => {
    const cam = await connected(Cam, device, { username: undefined, password: undefined });
    const { uri } = await ask(cam, 'getSnapshotUri', { profileToken: 'sub' });
    const response = await fetch(uri);
    assert.equal(response.headers.get('content-type'), 'image/jpeg');
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), (await demoClip('sub')).snapshot);
  });
});

test('a request too large is refused with 413, and the next one answered', async () => {
  await withDevice({}, async (device) => {
    const status = async (body: string) => (await fetch(device.url, { method: 'POST', body })).status;
    assert.equal(await status('x'.repeat(1_000_000)), 413);
    assert.equal(await status('x'), 400);
  });
});

test('an answer is as late as the fault says', async () => {
  await withDevice({ faults: { replyDelayMs: 400 } }, async (device) => {
    const began = systemClock.monotonic();
    await (await fetch(device.url, { method: 'POST', body: 'x' })).text();
    assert.ok(systemClock.monotonic() - began >= 400);
  });
});

test('a device that waits with an answer can be ended', async () => {
  let request: Promise<Response> | undefined;
  await withDevice({ faults: { replyDelayMs: 3_600_000 } }, async (device) => {
    const heard = new Promise<void>((resolve) => {
      const listener = () => {
        unsubscribe('http.server.request.start', listener);
        resolve();
      };
      subscribe('http.server.request.start', listener);
    });
    request = fetch(device.url, { method: 'POST', body: 'x' });
    request.catch(() => {});
    await heard;
  });
  await assert.rejects(request!);
});

test('a device answers a probe of its own address, from there', async () => {
  await withDevice({}, async (device) => {
    const [answer, sender] = await probe(device.address);
    assert.equal(sender.address, device.address);
    assert.match(answer, new RegExp(`<a:Address>${device.endpoint}</a:Address>`));
    assert.ok(answer.includes(device.url));
  });
});

test('answers to probes wait for the clock, and no more than so many', async () => {
  const clock = new SimulatedClock();
  await withDevice({ clock }, async (device) => {
    const before = clock.pendingTimers;
    const socket = createSocket('udp4');
    let answers = 0;
    socket.on('message', () => answers++);
    try {
      for (let count = 0; count < maxPendingReplies + 20; count++)
        socket.send(probeMessage, 3702, device.address);
      await until(() => clock.pendingTimers === before + maxPendingReplies);
      // A probe of another socket comes after all of the first one; it is dropped as the last of those are.
      const later = createSocket('udp4');
      later.on('message', () => assert.fail('an answer beyond the bound'));
      await new Promise<void>((resolve) => later.send(probeMessage, 3702, device.address, () => resolve()));
      await fetch(device.url);
      assert.equal(clock.pendingTimers, before + maxPendingReplies);
      assert.equal(answers, 0);
      clock.advance(maxReplyDelayMs);
      await until(() => answers === maxPendingReplies);
      later.close();
    } finally {
      socket.close();
    }
  });
});

test('without the UDP port a device starts all the same, and says so', async () => {
  const address = freeLoopbackAddress();
  const owner = createSocket('udp4');
  owner.bind(3702, address);
  await once(owner, 'listening');
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
  try {
    await withDevice({ address, logger, discoveryInterfaces: ['192.0.2.1'] }, async (device) => {
      assert.equal((await fetch(device.url, { method: 'POST', body: 'x' })).status, 400);
    });
  } finally {
    owner.close();
  }
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, /UDP port 3702.*EADDRINUSE|EADDRINUSE.*UDP port 3702/);
  assert.match(lines[1]!, /192\.0\.2\.1/);
});

const probeMessage =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><MessageID xmlns="http://schemas.xmlsoap.org/ws/2004/08/addressing">uuid:1</MessageID></s:Header><s:Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery"/></s:Body></s:Envelope>';

/** The first answer to a probe of one address, and who sent it. */
async function probe(address: string): Promise<[answer: string, sender: { address: string; port: number }]> {
  const socket = createSocket('udp4');
  try {
    socket.send(probeMessage, 3702, address);
    const [answer, sender] = await once(socket, 'message');
    return [String(answer), sender];
  } finally {
    socket.close();
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the client has no types.
type Client = any;

const portOf = (device: SimulatedDevice) => Number(device.onvifAddress.split(':')[1]);

function connected(Class: Client, device: SimulatedDevice, options: object): Promise<Client> {
  return new Promise((resolve, reject) => {
    const all = { hostname: device.address, port: portOf(device), ...credentials, timeout: 5000, ...options };
    const cam: Client = new Class(all, (error: Error | null) => (error ? reject(error) : resolve(cam)));
  });
}

function ask(cam: Client, method: string, ...parameters: unknown[]): Promise<Client> {
  return new Promise((resolve, reject) => {
    cam[method](...parameters, (error: Error | null, answer: unknown) =>
      error ? reject(error) : resolve(answer),
    );
  });
}
