import { createHash } from 'node:crypto';
import type { MediaProfile } from './media_profile.ts';
import type { OnvifFaults } from './onvif_faults.ts';

export type MediaService = 'media1' | 'media2';

/** What an ONVIF device says about itself. */
export interface DeviceDescription {
  readonly name: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  readonly serialNumber: string;
  readonly location: string;
  /** Of its HTTP server, as in URLs. */
  readonly host: string;
  readonly port: number;
  readonly profiles: readonly MediaProfile[];
  readonly mediaServices: readonly MediaService[];
  readonly faults: OnvifFaults;
}

export const servicePaths = {
  device: '/onvif/device_service',
  media1: '/onvif/media_service',
  media2: '/onvif/media2_service',
} as const;

/** The address of a service. */
export function serviceUrl(device: DeviceDescription, service: keyof typeof servicePaths): string {
  return urlAt(device, device.faults.serviceHost ?? device.host, servicePaths[service]);
}

/** The addresses that the answer to a probe names. */
export function discoveryXaddrs(device: DeviceDescription): string[] {
  const hosts = device.faults.discoveryHosts ?? [device.host];
  return hosts.map((host) => urlAt(device, host, servicePaths.device));
}

/** The path of a profile's picture. */
export const snapshotPath = (profile: MediaProfile) => `/snapshot/${encodeURIComponent(profile.token)}.jpg`;

export function snapshotUrl(device: DeviceDescription, profile: MediaProfile): string {
  return urlAt(device, device.host, snapshotPath(profile));
}

const urlAt = (device: DeviceDescription, host: string, path: string) =>
  `http://${host}:${device.port}${path}`;

/** The endpoint reference: the same for as long as name and address are (a name-based UUID, RFC 9562 section 5.5). */
export function endpointReference({ name, host, port }: DeviceDescription): string {
  const hash = createHash('sha1').update(`nightjar simulator ${name} ${host}:${port}`).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return `urn:uuid:${groups.join('-')}`;
}

/** ONVIF Core section 7.3.3.2. */
export function scopes(device: DeviceDescription): string[] {
  const { name, model, location, mediaServices } = device;
  return [
    'onvif://www.onvif.org/type/video_encoder',
    ...(mediaServices.includes('media1') ? ['onvif://www.onvif.org/Profile/Streaming'] : []),
    ...(mediaServices.includes('media2') ? ['onvif://www.onvif.org/Profile/T'] : []),
    `onvif://www.onvif.org/name/${encodeURIComponent(name)}`,
    `onvif://www.onvif.org/hardware/${encodeURIComponent(model)}`,
    `onvif://www.onvif.org/location/${encodeURIComponent(location)}`,
  ];
}
