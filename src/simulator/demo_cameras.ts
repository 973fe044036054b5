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

const credentials = { username: 'demo', password: 'demo' };

/**
 * A loopback address each, since cameras share no address; where only the usual one exists they take that. The second
 * begins half a clip later, so that the two pictures are seen to differ.
 */
const places = [
  { name: 'Front door', address: '127.0.0.2', startFrame: 0 },
  { name: 'Garage', address: '127.0.0.3', startFrame: 100 },
];

const roles = ['main', 'sub'] as const;

/** Starts the two cameras of `nightjar demo` on free ports, each with a main and a sub stream and its ONVIF device. */
export async function startDemoCameras(options: {
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<{ readonly cameras: readonly DemoCamera[]; close(): Promise<void> }> {
  await using started = new AsyncDisposableStack();
  const cameras: DemoCamera[] = [];
  for (const { name, address, startFrame } of places) {
    const streams = await Promise.all(
      roles.map(async (role) => ({ role, path: role, startFrame, clip: await demoClip(role) })),
    );
    const device = await startOnLoopback({ ...options, name, address, credentials, streams });
    started.defer(() => device.close());
    cameras.push({
      name,
      address: device.onvifAddress,
      ...credentials,
      streams: roles.map((role) => ({ role, url: device.rtsp.url(role) })),
    });
  }
  const devices = started.move();
  return { cameras, close: () => devices.disposeAsync() };
}

/** Not every system has the whole of 127.0.0.0/8. */
async function startOnLoopback(options: SimulatedDeviceOptions): Promise<SimulatedDevice> {
  try {
    return await startSimulatedDevice(options);
  } catch (error) {
    if (systemCode(error) !== 'EADDRNOTAVAIL') throw error;
    return await startSimulatedDevice({ ...options, address: '127.0.0.1' });
  }
}
