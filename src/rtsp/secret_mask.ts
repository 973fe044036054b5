/**
 * Takes secrets out of what is shown to others: two sieves, one that knows what they are (the password in every spelling
 * that a camera may echo) and one that knows where secrets stand (headers, parameters, URLs, lines of SDP).
 *
 * Names, addresses and session ids stay, since nobody could help without them.
 */
import { NightjarError } from '../errors/nightjar_error.ts';
import type { Credentials } from './digest.ts';
import { KnownSecrets, masked } from './known_secrets.ts';
import { secretsOf, withoutSecretPlaces } from './secret_places.ts';

/** What a secret may take in a text, in characters: nothing shown ends closer to where a text was cut. */
const longestSpelling = 1024;

const authorizationField = /^(?:proxy-)?authorization$/i;
const secretField = /cookie|token|passw|secret|api-?key|credential|keymgmt|authentication-info/i;
/** Parts of an Authorization that nobody can guess a password from. */
const openParameters = new Set(['realm', 'nonce', 'uri', 'algorithm', 'qop', 'nc']);

export class SecretMask {
  readonly #known: KnownSecrets;

  /** @param secrets what was given for the camera, and `url` as it was given, for secrets that stand in it */
  constructor({ username, password, url = '' }: Partial<Credentials> & { url?: string }) {
    const secrets = password === undefined ? [] : [password];
    const pairs = username === undefined || !password ? [] : [{ username, password }];
    this.#known = new KnownSecrets([...secrets, ...secretsOf(url)], pairs);
  }

  /** Any text: a URL, a reason, a body, a sentence in which a camera is quoted. */
  text(text: string): string {
    return withoutSecretPlaces(this.#known.without(text));
  }

  /** A text of ours: only what was given for the camera is taken out, wherever the camera may have said it. */
  known(text: string): string {
    return this.#known.without(text);
  }

  /** The same error without what was given for the camera. */
  error(error: NightjarError): NightjarError {
    const message = this.known(error.message);
    if (message === error.message) return error;
    // Its cause has the same words.
    const plain = new NightjarError(error.code, message, { place: error.place });
    if (error.stack !== undefined) plain.stack = this.known(error.stack);
    return plain;
  }

  /** The beginning of a text. No secret is cut in two, and what is not shown costs nothing. */
  beginning(text: string, maximumCharacters: number): string {
    if (text.length <= maximumCharacters) return this.text(text);
    const looked = text.slice(0, maximumCharacters + longestSpelling);
    const shown = this.text(looked);
    const end = looked.length < text.length ? Math.max(0, shown.length - longestSpelling) : shown.length;
    return shown.slice(0, Math.min(end, maximumCharacters));
  }

  /** The value of a header field. */
  field(name: string, value: string): string {
    if (authorizationField.test(name)) return maskAuthorization(this.#known.without(value));
    if (secretField.test(name)) return masked;
    // The parameters of a challenge are no secrets, but `auth` is among their values.
    if (/^(?:www|proxy)-authenticate$/i.test(name)) return this.#known.without(value);
    return this.text(value);
  }
}

/** Scheme and open parameters stay: they are what goes wrong. */
function maskAuthorization(value: string): string {
  const [, scheme = '', rest = ''] = /^\s*(\S*)\s*([\s\S]*)$/.exec(value) ?? [];
  if (!/^digest$/i.test(scheme)) return /^(?:basic|bearer)$/i.test(scheme) ? `${scheme} ${masked}` : masked;
  const parts = [...rest.matchAll(/(?<![a-z0-9])([a-z0-9]+)\s*=\s*("(?:\\.|[^"\\])*"|[^\s,"]+)/gi)];
  const shown = parts.map(([, name, given]) =>
    openParameters.has(name!.toLowerCase())
      ? `${name}=${withoutSecretPlaces(given!)}`
      : `${name}="${masked}"`,
  );
  return `${scheme} ${shown.join(', ')}`;
}
