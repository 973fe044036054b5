/**
 * The server's side of authentication: Digest (RFC 2617, and RFC 7616 for SHA-256) and Basic (RFC 7617).
 *
 * Tolerated on purpose: a `uri` parameter that differs from the request's URL (players that add a slash or leave the
 * port out), and answers without `qop` as of RFC 2069 even when `qop` was offered.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RtspRequest } from './message.ts';

export type AuthenticationScheme = 'digest-sha-256' | 'digest-md5' | 'basic';

export interface ServerCredentials {
  readonly username: string;
  readonly password: string;
}

export interface AuthenticationPolicy {
  /** In the order in which they are offered. */
  readonly schemes: readonly AuthenticationScheme[];
  readonly realm: string;
  /** Whether `qop="auth"` is offered; many cameras do not. */
  readonly qop: boolean;
  /** After so many good requests the nonce is stale and a new one is demanded; Infinity: never. */
  readonly requestsPerNonce: number;
}

export const defaultAuthentication: AuthenticationPolicy = {
  schemes: ['digest-sha-256', 'digest-md5'],
  realm: 'Nightjar camera',
  qop: true,
  requestsPerNonce: Number.POSITIVE_INFINITY,
};

export type Verdict = { readonly granted: true } | { readonly granted: false; readonly stale: boolean };

/** Judges the requests of one connection. */
export class ServerAuthentication {
  readonly #credentials: ServerCredentials;
  readonly #policy: AuthenticationPolicy;
  #nonce = newNonce();
  #requestsOfNonce = 0;

  constructor(credentials: ServerCredentials, policy: AuthenticationPolicy) {
    this.#credentials = credentials;
    this.#policy = policy;
  }

  judge(request: Pick<RtspRequest, 'method' | 'headers'>): Verdict {
    const verdict = this.#judgeAnswer(request.headers.get('Authorization') ?? '', request.method);
    if (!verdict.granted || this.#requestsOfNonce < this.#policy.requestsPerNonce) {
      if (verdict.granted) this.#requestsOfNonce++;
      return verdict;
    }
    this.#nonce = newNonce();
    this.#requestsOfNonce = 0;
    return { granted: false, stale: true };
  }

  /** Values of the `WWW-Authenticate` fields of a 401. */
  challenges(stale: boolean): string[] {
    const { realm, qop } = this.#policy;
    return this.#policy.schemes.map((scheme) => {
      if (scheme === 'basic') return `Basic realm="${realm}"`;
      const algorithm = scheme === 'digest-md5' ? 'MD5' : 'SHA-256';
      const rest = `${qop ? ', qop="auth"' : ''}${stale ? ', stale=true' : ''}`;
      return `Digest realm="${realm}", nonce="${this.#nonce}", algorithm=${algorithm}${rest}`;
    });
  }

  #judgeAnswer(answer: string, method: string): Verdict {
    const refused: Verdict = { granted: false, stale: false };
    const blank = answer.indexOf(' ');
    const scheme = answer.slice(0, blank).toLowerCase();
    const rest = answer.slice(blank + 1);
    if (scheme === 'basic' && this.#policy.schemes.includes('basic')) {
      const { username, password } = this.#credentials;
      const expected = Buffer.from(`${username}:${password}`).toString('base64');
      return isSame(rest.trim(), expected) ? { granted: true } : refused;
    }
    if (scheme !== 'digest') return refused;
    const parameters = parseParameters(rest);
    const algorithm = (parameters.get('algorithm') ?? 'MD5').toUpperCase();
    const offered = algorithm === 'MD5' ? 'digest-md5' : 'digest-sha-256';
    if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return refused;
    if (!this.#policy.schemes.includes(offered)) return refused;
    const expected = this.#digest(algorithm === 'MD5' ? 'md5' : 'sha256', parameters, method);
    const good =
      parameters.get('username') === this.#credentials.username &&
      parameters.get('realm') === this.#policy.realm &&
      isSame(parameters.get('response') ?? '', expected);
    if (!good) return refused;
    return parameters.get('nonce') === this.#nonce ? { granted: true } : { granted: false, stale: true };
  }

  /** `request-digest` of RFC 7616 section 3.4.1. */
  #digest(hashName: string, parameters: ReadonlyMap<string, string>, method: string): string {
    const hash = (text: string) => createHash(hashName).update(text).digest('hex');
    const { username, password } = this.#credentials;
    const secret = hash(`${username}:${this.#policy.realm}:${password}`);
    const what = hash(`${method}:${parameters.get('uri') ?? ''}`);
    const nonce = parameters.get('nonce') ?? '';
    const qop = parameters.get('qop');
    if (qop === undefined) return hash(`${secret}:${nonce}:${what}`);
    const count = parameters.get('nc') ?? '';
    return hash(`${secret}:${nonce}:${count}:${parameters.get('cnonce') ?? ''}:${qop}:${what}`);
  }
}

/** `name=value` and `name="value"`, separated by commas; names in lower case. */
function parseParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name, quoted, bare] of text.matchAll(/([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([^\s,]*))/g)) {
    parameters.set(name!.toLowerCase(), quoted ?? bare ?? '');
  }
  return parameters;
}

function isSame(actual: string, expected: string): boolean {
  const a = Buffer.from(actual);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

function newNonce(): string {
  return randomBytes(16).toString('hex');
}
