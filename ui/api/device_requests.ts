import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { Device, Discovery } from '../../src/api/contract/device.ts';
import type { ProbeAnswer, ProbeInput } from '../../src/api/contract/probe.ts';
import { request } from './client.ts';

export interface Credentials {
  username?: string;
  password?: string;
}

/** Begins to look for cameras: on every network of the server, or at one address. */
export const startDiscovery = (address?: string) =>
  request<Discovery>('POST', '/discoveries', { body: address === undefined ? {} : { address } });

export const readDiscovery = (id: string, signal: AbortSignal) =>
  request<Discovery>('GET', `/discoveries/${encodeURIComponent(id)}`, { signal });

/** Reads one ONVIF device: what it is, and which streams it offers. */
export const readDevice = (input: { address: string } & Credentials, signal?: AbortSignal) =>
  request<Device>('POST', '/devices', { body: input, ...(signal && { signal }) });

/** Looks at a stream for some seconds. With `cameraId` what is kept for that camera serves at its address. */
export const probeStream = (input: ProbeInput, signal?: AbortSignal) =>
  request<ProbeAnswer>('POST', '/probes', { body: input, ...(signal && { signal }) });

export const addDemoCameras = async (): Promise<CameraAnswer[]> =>
  (await request<{ cameras: CameraAnswer[] }>('POST', '/demo-cameras')).cameras;
