import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { Cam } from 'onvif';
// @ts-expect-error this line of the client has no types
import { Cam as ElderCam } from 'onvif-0.6';
import { pino } from 'pino';
import { systemClock } from '../clock/system_clock.ts';
import { demoClip } from './clip.ts';
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

for (const { version, Class, ways } of clients) {
  for (const authentication of ways) {
    test(`${version} reads the device by ${authentication}`, async () => {
      await withDevice({ authentication }, async (device) => {
        const cam = await connected(Class, device, authentication === 'digest');
        assert.equal((await ask(cam, 'getDeviceInformation')).manufacturer, 'Nightjar');
        assert.deepEqual(
          cam.profiles.map(({ name }: Client) => name),
          ['Front <door> & "yard" main', 'Front <door> & "yard" sub'],
        );
        const encoder = cam.profiles[0].videoEncoderConfiguration;
        assert.deepEqual([encoder.encoding, encoder.resolution], ['H264', { width: 640, height: 360 }]);
        for (const { role, url } of device.streams) {
          assert.equal((await ask(cam, 'getStreamUri', { protocol: 'RTSP', profileToken: role })).uri, url);
        }
      });
    });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the client has no types.
type Client = any;

function connected(
  Class: Client,
  { address, onvifAddress }: SimulatedDevice,
  digest: boolean,
): Promise<Client> {
  return new Promise((resolve, reject) => {
    const port = Number(onvifAddress.split(':')[1]);
    const options = { hostname: address, port, ...credentials, useWSSecurity: !digest, timeout: 5000 };
    const cam: Client = new Class(options, (error: Error | null) => (error ? reject(error) : resolve(cam)));
  });
}

function ask(cam: Client, method: string, ...parameters: unknown[]): Promise<Client> {
  return new Promise((resolve, reject) => {
    cam[method](...parameters, (error: Error | null, answer: unknown) =>
      error ? reject(error) : resolve(answer),
    );
  });
}
