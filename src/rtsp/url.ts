/**
 * `rtsp:` and `rtsps:` URLs (RFC 2326 section 3.2, RFC 7826 section 4.2) as people write them.
 *
 * Tolerated on purpose: credentials with `@`, `/`, `?` or `#` in the password, blanks around the URL, letters beyond
 * ASCII in path and host.
 */
import { domainToASCII } from 'node:url';
import { NightjarError } from '../errors/nightjar_error.ts';

export interface RtspUrl {
  readonly scheme: 'rtsp' | 'rtsps';
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  /** 1 to 65535; 554 or 322 when the URL names none. */
  readonly port: number;
  /** Scheme, host and port as they stand in the URL: `rtsp://camera:8554`. */
  readonly origin: string;
  /** What follows, with the query: empty, or beginning with `/` or `?`. Printable ASCII. */
  readonly path: string;
}

/** Longer ones are taken for an attack. */
export const maximumUrlCharacters = 4096;

const authorityPattern = /^(\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[^\s:@/?#[\]\\"<>]+)(?::(\d{1,5}))?$/;

/**
 * Splits the user name and password off a URL, so that the rest can be logged and shown.
 *
 * @throws NightjarError `request_invalid` when it is no RTSP URL; the text of the URL is not in the error
 */
export function splitCredentials(url: string): { url: string; username?: string; password?: string } {
  if (url.length > maximumUrlCharacters)
    throw invalid(`it is longer than ${maximumUrlCharacters} characters`);
  const scheme = /^(rtsps?):\/\//i.exec(url.trim());
  if (!scheme) throw invalid('it must begin with rtsp:// or rtsps://');
  const { userinfo, authority, path } = splitAuthority(url.trim().slice(scheme[0].length));
  const [, host, port] = authorityPattern.exec(authority) ?? [];
  if (host === undefined) throw invalid('a host must follow, as in rtsp://192.168.1.10:554/stream');
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) {
    throw invalid(`the port must be 1 to 65535, not ${port}`);
  }
  // IPv6 addresses are kept as they are; names beyond ASCII get their wire form.
  const wireHost = host.startsWith('[') ? host : domainToASCII(host) || host.toLowerCase();
  if (!/^[\x21-\x7e]+$/.test(wireHost)) throw invalid('the host is not one');
  const plain = `${scheme[1]!.toLowerCase()}://${wireHost}${port === undefined ? '' : `:${port}`}${encodePath(path)}`;
  if (userinfo === undefined) return { url: plain };
  const colon = userinfo.indexOf(':');
  if (colon < 0) return { url: plain, username: decode(userinfo) };
  return {
    url: plain,
    username: decode(userinfo.slice(0, colon)),
    password: decode(userinfo.slice(colon + 1)),
  };
}

/**
 * Takes a URL apart; credentials in it are dropped.
 *
 * @param ports for URLs that name none
 * @throws NightjarError `request_invalid` when it is no RTSP URL
 */
export function parseRtspUrl(url: string, ports = { rtsp: 554, rtsps: 322 }): RtspUrl {
  const plain = splitCredentials(url).url;
  const [, scheme, authority, path] = /^(rtsps?):\/\/([^/?#]+)(.*)$/.exec(plain)!;
  const [, host, port] = authorityPattern.exec(authority!)!;
  const kind = scheme as 'rtsp' | 'rtsps';
  return {
    scheme: kind,
    host: host!.replace(/^\[|\]$/g, ''),
    port: port === undefined ? ports[kind] : Number(port),
    origin: `${scheme}://${authority}`,
    path: path!,
  };
}

/**
 * The URL without a request for encrypted media: UniFi puts `?enableSrtp` behind the URLs that it shows, and sends media
 * inside of its encrypted connection as they are when nobody asks (C35).
 */
export function withoutSrtp(url: string): string {
  const [before = '', query] = url.split(/\?(.*)/s, 2);
  if (query === undefined) return url;
  const kept = query.split('&').filter((part) => !/^enableSrtp(?:=|$)/i.test(part));
  return kept.length === 0 ? before : `${before}?${kept.join('&')}`;
}

/** Percent-encodes what may not stand in a request line, and nothing else: cameras compare paths byte by byte. */
export function encodePath(path: string): string {
  return path.replace(/[^\x21-\x7e]+/g, (text) =>
    Array.from(
      Buffer.from(text, 'utf8'),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
}

function splitAuthority(rest: string): { userinfo?: string; authority: string; path: string } {
  const end = endOfAuthority(rest);
  const first = rest.slice(0, end);
  const at = first.lastIndexOf('@');
  if (at >= 0) return { userinfo: first.slice(0, at), authority: first.slice(at + 1), path: rest.slice(end) };
  if (!authorityPattern.test(first)) {
    // `admin:pass/word@camera` was not meant to name a host `admin` with a port `pass`.
    for (let sign = rest.indexOf('@'); sign >= 0; sign = rest.indexOf('@', sign + 1)) {
      const behind = rest.slice(sign + 1);
      const authority = behind.slice(0, endOfAuthority(behind));
      if (!authorityPattern.test(authority)) continue;
      return { userinfo: rest.slice(0, sign), authority, path: behind.slice(authority.length) };
    }
  }
  return { authority: first, path: rest.slice(end) };
}

function endOfAuthority(text: string): number {
  const end = text.search(/[/?#]/);
  return end < 0 ? text.length : end;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A bare per cent sign in a password that nobody encoded.
    return text;
  }
}

function invalid(why: string): NightjarError {
  return new NightjarError('request_invalid', `This is not the URL of a stream: ${why}.`, {
    place: { field: 'url' },
  });
}
