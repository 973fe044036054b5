import { NightjarError } from '../errors/nightjar_error.ts';

/** What a request says of where it comes from and where it believes to go. */
export interface RequestHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
  readonly 'sec-fetch-mode'?: string | string[] | undefined;
}

/**
 * The names by which this server may be called: without this check a page of another site could reach it under a
 * name of its own that it lets resolve to 127.0.0.1 (DNS rebinding).
 *
 * @param listening address and port that the server listens on
 */
export function allowedHosts(listening: { host: string; port: number }): ReadonlySet<string> {
  const own = listening.host.includes(':') ? `[${listening.host}]` : listening.host.toLowerCase();
  const names = new Set(['127.0.0.1', 'localhost', '[::1]', own]);
  const hosts = [...names].map((name) => `${name}:${listening.port}`);
  // Browsers leave out the default port.
  return new Set(listening.port === 80 ? [...hosts, ...names] : hosts);
}

/**
 * Refuses a request to a host that is not us, and one that a page of another site made. Programs that are no
 * browsers send no Origin and may come in.
 *
 * @throws NightjarError `host_forbidden`, `origin_forbidden`
 */
export function checkRequestOrigin(headers: RequestHeaders, hosts: ReadonlySet<string>): void {
  const host = headers.host?.toLowerCase();
  if (host === undefined || !hosts.has(host)) {
    throw new NightjarError('host_forbidden', `The host ${quote(headers.host)} is not this server.`);
  }
  const origin = headers.origin?.toLowerCase();
  if (origin !== undefined) {
    const ours = origin.startsWith('http://') && hosts.has(origin.slice('http://'.length));
    if (ours) return;
    throw new NightjarError('origin_forbidden', `The origin ${quote(headers.origin)} is not this server.`);
  }
  // An image or a script of another site comes without an Origin; following a link to us is welcome.
  const site = headers['sec-fetch-site'];
  const foreign = site === 'cross-site' || site === 'same-site';
  if (foreign && headers['sec-fetch-mode'] !== 'navigate') {
    throw new NightjarError('origin_forbidden', 'A page of another site made this request.');
  }
}

function quote(text: string | undefined): string {
  return JSON.stringify(text?.slice(0, 100) ?? '');
}
