/** Where a device is asked: host, port and path of its device service (ONVIF Core Specification, section 5.1.1). */
import { NightjarError } from '../errors/nightjar_error.ts';

/** Every ONVIF device answers here, whatever else it offers. */
export const defaultPath = '/onvif/device_service';
export const defaultPort = 80;

export interface DeviceAddress {
  /** Name or IPv4 address. */
  readonly host: string;
  /** Undefined when it is not known: the usual ones are tried. */
  readonly port?: number;
  readonly path: string;
}

const maxPathCharacters = 200;
const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const addressPattern =
  /^(?:http:\/\/)?([a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?)(?::(\d{1,5}))?(\/[\x21-\x7e]{0,199})?$/i;

/**
 * An address as people write it: host, host:port, or with the path of the device service.
 *
 * @throws NightjarError `request_invalid`
 */
export function parseDeviceAddress(text: string): DeviceAddress {
  const [, host, port, path] = addressPattern.exec(text.trim()) ?? [];
  const number = port === undefined ? undefined : Number(port);
  if (host === undefined || (number !== undefined && (number < 1 || number > 65_535))) {
    throw new NightjarError(
      'request_invalid',
      'address must be a host name or an IPv4 address, with :port if need be, such as 192.168.1.20 or 192.168.1.20:8000.',
      { place: { field: 'address' } },
    );
  }
  return {
    host: host.toLowerCase(),
    ...(number !== undefined && { port: number }),
    path: path === undefined || path === '/' ? defaultPath : path,
  };
}

/** The shortest text that leads back to the address. */
export function formatDeviceAddress({ host, port = defaultPort, path }: DeviceAddress): string {
  return `${host}${port === defaultPort ? '' : `:${port}`}${path === defaultPath ? '' : path}`;
}

/** Host, port and path of an `http:` URL that a device gives; undefined when it is no such URL. */
export function parseServiceUrl(text: string): { host: string; port: number; path: string } | undefined {
  if (text.length > 1024 || !URL.canParse(text)) return undefined;
  const { protocol, hostname, port, pathname, search } = new URL(text);
  const written = `${pathname}${search}`;
  const path = written === '/' ? defaultPath : written;
  if (protocol !== 'http:' || path.length > maxPathCharacters || !/^[\x21-\x7e]+$/.test(path))
    return undefined;
  return { host: hostname, port: port === '' ? defaultPort : Number(port), path };
}

/**
 * Where a device is asked that replied from an address. Never another host than the one that replied, whatever it
 * says: neither a mistake (several addresses, addresses from behind a translating router) nor malice can send us
 * elsewhere. Of the addresses that it names, one with its own host gives port and path, else the first one.
 *
 * @param source IPv4 address that the reply came from
 * @param urls that the device names, its XAddrs
 */
export function replyingAddress(source: string, urls: readonly string[]): DeviceAddress {
  const named = urls.map(parseServiceUrl).filter((url) => url !== undefined);
  const own =
    named.find(({ host }) => host === source) ?? named.find(({ host }) => ipv4.test(host)) ?? named[0];
  return { host: source, port: own?.port ?? defaultPort, path: own?.path ?? defaultPath };
}
