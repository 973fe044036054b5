/**
 * The URLs to control a stream and its media by (RFC 2326 appendix C.1.1), as cameras mean them.
 *
 * Cameras send bases without a scheme, with the scheme twice, with an address that only they can see, and expect the
 * control attribute behind the query. So host and port are always those that the camera was reached at, and a relative
 * control is joined by concatenation, not by the rules of RFC 3986.
 */
import type { Headers } from './message.ts';
import { encodePath, parseRtspUrl } from './url.ts';

const absolute = /^(?:rtsp[su]?:\/\/)+/i;

/**
 * The base of the relative controls in a description: Content-Base, else Content-Location, else the control of the
 * whole session when that is absolute, else the request's URL.
 */
export function controlBase(requestUrl: string, headers: Headers, sessionControl?: string): string {
  for (const name of ['Content-Base', 'Content-Location']) {
    const given = headers.get(name)?.trim();
    if (given) return onOurHost(requestUrl, given);
  }
  return absolute.test(sessionControl ?? '') ? joinControl(requestUrl, sessionControl) : requestUrl;
}

/**
 * The URL of a control attribute.
 *
 * @param base what {@link controlBase} gave, or the URL of the session for its media
 * @param control the attribute's value; missing, empty and `*` mean the base itself
 */
export function joinControl(base: string, control: string | undefined): string {
  const relative = control?.trim() ?? '';
  if (relative === '' || relative === '*') return base;
  if (absolute.test(relative)) return onOurHost(base, relative);
  const encoded = encodePath(relative);
  if (encoded.startsWith('?')) return base + encoded;
  // Exactly one slash: some cameras answer 404 when there are two (Verint Nextiva).
  return `${base.replace(/\/$/, '')}/${encoded.replace(/^\//, '')}`;
}

/** Path and query of what the camera named, on the host and port that it was reached at. */
function onOurHost(ourUrl: string, given: string): string {
  const { origin, host } = parseRtspUrl(ourUrl);
  const bare = given.replace(absolute, '');
  if (bare !== given || given.startsWith('//'))
    return origin + encodePath(behindAuthority(bare.replace(/^\/\//, '')));
  if (given.startsWith('/') || given.startsWith('?')) return origin + encodePath(given);
  const first = given.split(/[/?]/, 1)[0]!;
  if (first === host || /[.:]/.test(first)) return origin + encodePath(behindAuthority(given));
  return `${origin}/${encodePath(given)}`;
}

function behindAuthority(text: string): string {
  const end = text.search(/[/?]/);
  return end < 0 ? '' : text.slice(end);
}
