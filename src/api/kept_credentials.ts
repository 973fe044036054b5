/**
 * Where the password that is kept for a camera may go: to the camera as it was given together with the password, and
 * nowhere else. Whoever may change cameras could otherwise have it sent to a host of their own.
 */
import type { Camera } from '../index/cameras.ts';
import { parseRtspUrl, type RtspUrl } from '../rtsp/url.ts';

/**
 * Whether a URL is of a camera: with the scheme, host and port of one of its streams, or with the scheme of one and, at
 * the usual port, the host of the camera's address. Names are not resolved, so another name of a host is another host.
 *
 * @param url of a stream, without credentials
 */
export function isOfCamera(camera: Camera, url: string): boolean {
  const asked = readUrl(url);
  if (!asked) return false;
  const addressHost = camera.address === undefined ? undefined : hostOf(camera.address);
  return streamsOf(camera).some(
    (known) =>
      known.scheme === asked.scheme &&
      ((sameHost(known.host, asked.host) && known.port === asked.port) ||
        (addressHost !== undefined &&
          sameHost(addressHost, asked.host) &&
          asked.port === parseRtspUrl(`${asked.scheme}://camera`).port)),
  );
}

/** Whether an address names a host that the camera's address or one of its streams has. */
export function isHostOfCamera(camera: Camera, address: string): boolean {
  const asked = hostOf(address);
  const hosts = streamsOf(camera).map(({ host }) => host);
  if (camera.address !== undefined) hosts.push(hostOf(camera.address));
  return hosts.some((host) => sameHost(host, asked));
}

function streamsOf(camera: Camera): RtspUrl[] {
  return camera.streams.flatMap(({ url }) => readUrl(url) ?? []);
}

/** Undefined for the empty URL of a stream whose address is not known. */
function readUrl(url: string): RtspUrl | undefined {
  return url === '' ? undefined : parseRtspUrl(url);
}

/** Of an address, which may have a port and a path: without both, and without the brackets of an IPv6 address. */
function hostOf(address: string): string {
  const authority = address.split('/', 1)[0]!;
  const bracketed = /^\[([^\]]*)\]/.exec(authority);
  if (bracketed) return bracketed[1]!;
  const bare = authority.split(':').length > 2;
  return bare ? authority : authority.split(':', 1)[0]!;
}

function sameHost(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
