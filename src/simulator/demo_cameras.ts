import type { Clock } from '../clock/clock.ts';
import { systemCode } from '../errors/system_error.ts';
import type { Logger } from '../logging/logger.ts';
import { demoClip } from './clip.ts';
import {
  type SimulatedDevice,
  type SimulatedDeviceOptions,
  startSimulatedDevice,
} from './simulated_device.ts';

/** A camera as a person would add it. */
export interface DemoCamera {
  readonly name: string;
  /** `host:port` of its ONVIF device, which can be discovered too. */
  readonly address: string;
  readonly username: string;
  readonly password: string;
  readonly streams: readonly { readonly role: 'main' | 'sub'; readonly url: string }[];
}

export interface DemoCameras {
  readonly cameras: readonly DemoCamera[];
  close(): Promise<void>;
}

export const demoCredentials = { username: 'demo', password: 'demo' };

/**
 * A loopback address each, since cameras share no address; where only the usual one exists they take that. The second
 * begins half a clip later, so that the two pictures are seen to differ.
 */
const places = [
  { name: 'Front door', address: '127.0.0.2', startFrame: 0 },
  { name: 'Garage', address: '127.0.0.3', startFrame: 100 },
];

const roles = ['main', 'sub'] as const;

/**
 * Starts the two demo cameras, each with a main and a sub stream and its ONVIF device.
 *
 * @param options.before as they were when they ran last: those of the same name take the same ports, where these are
 * still free; any free ports otherwise
 */
export async function startDemoCameras(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly before?: readonly Pick<DemoCamera, 'name' | 'address' | 'streams'>[];
}): Promise<DemoCameras> {
  const { clock, logger, before = [] } = options;
  await using started = new AsyncDisposableStack();
  const cameras: DemoCamera[] = [];
  for (const { name, address, startFrame } of places) {
    const streams = await Promise.all(
      roles.map(async (role) => ({
        role,
        path: role,
        startFrame,
        metadata: role === 'main',
        clip: await demoClip(role),
      })),
    );
    const ports = portsOf(before.find((camera) => camera.name === name));
    const device = await startOnLoopback({
      clock,
      logger,
      name,
      address,
      credentials: demoCredentials,
      streams,
      ...ports,
    });
    started.defer(() => device.close());
    cameras.push({
      name,
      address: device.onvifAddress,
      ...demoCredentials,
      streams: roles.map((role) => ({ role, url: device.rtsp.url(role) })),
    });
  }
  const devices = started.move();
  return { cameras, close: () => devices.disposeAsync() };
}

type Ports = Pick<SimulatedDeviceOptions, 'onvifPort' | 'rtspPort'>;

function portsOf(camera: Pick<DemoCamera, 'address' | 'streams'> | undefined): Ports {
  const rtsp = camera?.streams[0]?.url;
  if (!camera || rtsp === undefined) return {};
  return { onvifPort: Number(camera.address.split(':')[1]), rtspPort: Number(new URL(rtsp).port) };
}

/** On other ports when those asked for were taken meanwhile. Not every system has the whole of 127.0.0.0/8. */
async function startOnLoopback(options: SimulatedDeviceOptions & Ports): Promise<SimulatedDevice> {
  try {
    return await startSimulatedDevice(options);
  } catch (error) {
    const code = systemCode(error);
    const { onvifPort, rtspPort, ...rest } = options;
    if (code === 'EADDRINUSE' && (onvifPort || rtspPort)) return startOnLoopback(rest);
    const elsewhere = '127.0.0.1';
    if (code !== 'EADDRNOTAVAIL' || options.address === elsewhere) throw error;
    return startOnLoopback({ ...options, address: elsewhere });
  }
}
