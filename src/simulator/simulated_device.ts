import { createHash } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../logging/logger.ts';
import type { ServerCredentials } from '../rtsp/server_authentication.ts';
import type { SimulatedCamera } from './camera.ts';
import { demoClip } from './clip.ts';
import type { DeviceDescription, MediaService } from './onvif/device_description.ts';
import { endpointReference } from './onvif/device_description.ts';
import { DiscoveryResponder } from './onvif/discovery_responder.ts';
import { streamFacts } from './onvif/media_profile.ts';
import type { OnvifFaults } from './onvif/onvif_faults.ts';
import { OnvifServer } from './onvif/onvif_server.ts';
import { type OnvifAuthentication, RequestHandler } from './onvif/request_handler.ts';
import { type SimulatorServer, startSimulator } from './simulator.ts';

/** One stream of a device: an RTSP camera and the name of its media profile, whose token is the role. */
export type DeviceStream = Omit<SimulatedCamera, 'username' | 'password'> & { readonly role: string };

export interface SimulatedDeviceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly name: string;
  /** Of the device, such as 127.0.0.2: give each its own, since UDP port 3702 of an address has one owner. */
  readonly address: string;
  /** In the order of its profiles. */
  readonly streams: readonly DeviceStream[];
  /** For ONVIF and RTSP; none by default: then nobody is asked. */
  readonly credentials?: ServerCredentials | undefined;
  /** 0, the default, takes a free one. */
  readonly onvifPort?: number;
  /** 0, the default, takes a free one. */
  readonly rtspPort?: number;
  /** `either` by default. */
  readonly authentication?: OnvifAuthentication;
  /** Both by default. */
  readonly mediaServices?: readonly MediaService[];
  /** Own addresses of the interfaces where multicast probes are heard; that of the device alone by default. */
  readonly discoveryInterfaces?: readonly string[];
  readonly faults?: OnvifFaults;
}

/** A running device. */
export interface SimulatedDevice {
  readonly name: string;
  readonly address: string;
  /** `address:port` of its HTTP server. */
  readonly onvifAddress: string;
  /** Of its device service. */
  readonly url: string;
  /** `urn:uuid:…`, as in answers to probes. */
  readonly endpoint: string;
  readonly rtsp: SimulatorServer;
  readonly streams: readonly { readonly role: string; readonly url: string }[];
  close(): Promise<void>;
}

/**
 * Starts what a camera on the network is: an ONVIF device that can be found by WS-Discovery, and the RTSP streams that
 * its media profiles lead to, all on one address.
 *
 *     const device = await startSimulatedDevice({
 *       clock: systemClock, logger, name: 'Front door', address: '127.0.0.2',
 *       credentials: { username: 'demo', password: 'demo' },
 *       streams: [{ role: 'main', path: 'main' }, { role: 'sub', path: 'sub', clip: await demoClip('sub') }],
 *     });
 *
 * Rejects with the system's error when the address or a TCP port is not to be had (EADDRNOTAVAIL, EADDRINUSE).
 */
export async function startSimulatedDevice(options: SimulatedDeviceOptions): Promise<SimulatedDevice> {
  await using started = new AsyncDisposableStack();
  const { clock, logger, name, address, credentials, faults = {} } = options;
  const closed = <Part extends { close(): Promise<void> }>(part: Part): Part =>
    started.adopt(part, (each) => each.close());

  const rtsp = closed(
    await startSimulator({
      clock,
      host: address,
      port: options.rtspPort ?? 0,
      cameras: options.streams.map((stream) => ({ ...stream, ...credentials })),
    }),
  );
  const profiles = await Promise.all(
    options.streams.map(async (stream) => ({
      token: stream.role,
      name: `${name} ${stream.role}`,
      streamUri: rtsp.url(stream.path),
      ...streamFacts(stream, stream.clip ?? (await demoClip())),
    })),
  );
  let handler: RequestHandler | undefined;
  const server = closed(
    await OnvifServer.listen({
      clock,
      logger,
      host: address,
      port: options.onvifPort ?? 0,
      replyDelayMs: faults.replyDelayMs ?? 0,
      answer: (request) => handler?.answer(request, clock.now()) ?? { status: 503 },
    }),
  );
  const device: DeviceDescription = {
    name,
    manufacturer: 'Nightjar',
    model: 'Simulated camera',
    firmware: '1.0',
    serialNumber: createHash('sha1').update(`${name} ${address}`).digest('hex').slice(0, 12).toUpperCase(),
    location: 'simulator',
    host: address,
    port: server.port,
    profiles,
    mediaServices: options.mediaServices ?? ['media1', 'media2'],
    faults,
  };
  handler = new RequestHandler(device, credentials, options.authentication ?? 'either');
  const interfaces = options.discoveryInterfaces ?? [address];
  closed(await DiscoveryResponder.start({ clock, logger, device, interfaces }));

  const parts = started.move();
  return {
    name,
    address,
    onvifAddress: `${address}:${server.port}`,
    url: `http://${address}:${server.port}/onvif/device_service`,
    endpoint: endpointReference(device),
    rtsp,
    streams: options.streams.map(({ role, path }) => ({ role, url: rtsp.url(path) })),
    close: () => parts.disposeAsync(),
  };
}
