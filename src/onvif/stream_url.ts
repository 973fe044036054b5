/** The URL of a profile's stream, from GetStreamUri of either media service. Pure. */
import { NightjarError } from '../errors/nightjar_error.ts';
import { parseRtspUrl, splitCredentials } from '../rtsp/url.ts';
import { findElement, textAt, type XmlElement } from './xml_document.ts';

export interface StreamUrl {
  /** At the host that was reached, without credentials. */
  readonly url: string;
  /** The host that the device named instead, if it did. */
  readonly replacedHost?: string;
}

/**
 * The URL in an answer. A host other than the one that was reached is replaced by that (O6): cameras behind a
 * translating router, with several addresses, or set up in another network name one that leads nowhere.
 *
 * @throws NightjarError `onvif_malformed` when there is no RTSP URL
 */
export function readStreamUrl(body: XmlElement, reachedHost: string): StreamUrl {
  const answer = findElement(body, 'GetStreamUriResponse');
  const text = textAt(answer, 'MediaUri', 'Uri') ?? textAt(answer, 'Uri');
  if (text === undefined || /\p{Cc}/u.test(text)) {
    throw new NightjarError('onvif_malformed', 'The device names no stream for the profile.');
  }
  let url: string;
  try {
    url = splitCredentials(text).url;
  } catch (cause) {
    throw new NightjarError(
      'onvif_malformed',
      'The URL that the device names for the profile is no RTSP URL.',
      {
        cause,
      },
    );
  }
  const { host, scheme, origin, path } = parseRtspUrl(url);
  if (host.toLowerCase() === reachedHost) return { url };
  const port = /:\d+$/.exec(origin.slice(`${scheme}://`.length))?.[0] ?? '';
  return { url: `${scheme}://${reachedHost}${port}${path}`, replacedHost: host };
}
