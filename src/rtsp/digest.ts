/**
 * Challenges of a server and the answers to them: Basic (RFC 7617) and Digest as RFC 2069 (no `qop`), RFC 2617 and
 * RFC 7616 have it, with MD5, MD5-sess, SHA-256 and SHA-256-sess.
 *
 * Tolerated on purpose: several challenges in one header or in repeated ones, quotes that are missing or never closed,
 * missing commas, parameters in any order and casing; challenges that cannot be answered are passed over.
 *
 * Text is one character per byte as in messages, so that a realm goes back as it came; names and passwords are UTF-8.
 */
import { createHash } from 'node:crypto';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface BasicChallenge {
  readonly scheme: 'basic';
  readonly realm: string;
}

export interface DigestChallenge {
  readonly scheme: 'digest';
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  readonly hash: 'md5' | 'sha256';
  /** One of the `-sess` algorithms, whose key has the nonces in it. */
  readonly session: boolean;
  /** The algorithm as the server spells it; undefined: it named none, nor may the answer. */
  readonly algorithm?: string;
  /** `qop=auth` is offered; else the answer has the form of RFC 2069. */
  readonly qop: boolean;
  /** The name and password may well be right: only the nonce is too old. */
  readonly stale: boolean;
}

export type Challenge = BasicChallenge | DigestChallenge;

/** Challenges read from one message; the rest is ignored. */
const maximumChallenges = 16;

/**
 * The challenges that can be answered, in the order of the headers.
 *
 * @param values all values of WWW-Authenticate
 */
export function parseChallenges(values: readonly string[]): Challenge[] {
  const challenges: Challenge[] = [];
  for (const value of values) {
    for (const { scheme, parameters } of splitChallenges(value)) {
      const challenge = toChallenge(scheme, parameters);
      if (challenge && challenges.length < maximumChallenges) challenges.push(challenge);
    }
  }
  return challenges;
}

interface RawChallenge {
  scheme: string;
  parameters: Map<string, string>;
}

// A word; when an equals sign follows, it names a parameter whose value is quoted or ends at a comma or blank.
const challengePart = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=(?:\s*"((?:[^"\\]|\\.)*)(?:"|$)|([^\s,]*)))?/y;

function splitChallenges(value: string): RawChallenge[] {
  const challenges: RawChallenge[] = [];
  let at = 0;
  while (at < value.length) {
    challengePart.lastIndex = at;
    const part = challengePart.exec(value);
    if (!part) {
      at++;
      continue;
    }
    at = challengePart.lastIndex;
    const [, name, quoted, bare] = part as unknown as [string, string, string?, string?];
    const parameter = quoted?.replace(/\\(.)/g, '$1') ?? bare;
    if (parameter === undefined) {
      challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    } else {
      const parameters = challenges.at(-1)?.parameters;
      if (parameters && !parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), parameter);
    }
  }
  return challenges;
}

function toChallenge(scheme: string, parameters: Map<string, string>): Challenge | undefined {
  const realm = parameters.get('realm') ?? '';
  if (scheme === 'basic') return { scheme, realm };
  const nonce = parameters.get('nonce');
  if (scheme !== 'digest' || nonce === undefined) return undefined;
  const algorithm = parameters.get('algorithm')?.trim();
  const [, hash, session] = /^(MD5|SHA-256)(-sess)?$/i.exec(algorithm || 'MD5') ?? [];
  if (hash === undefined) return undefined;
  const protections = (parameters.get('qop') ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const qop = protections.includes('auth');
  // Only the protection of bodies is offered, which no camera was seen to do.
  if (!qop && protections.includes('auth-int')) return undefined;
  const opaque = parameters.get('opaque');
  return {
    scheme,
    realm,
    nonce,
    ...(opaque !== undefined && { opaque }),
    hash: hash.toUpperCase() === 'MD5' ? 'md5' : 'sha256',
    session: session !== undefined,
    ...(algorithm && { algorithm }),
    qop,
    stale: parameters.get('stale')?.trim().toLowerCase() === 'true',
  };
}

/** The value of `Authorization` for Basic. */
export function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** What a Digest answer is made of besides the challenge and the credentials. */
export interface DigestRequest {
  readonly method: string;
  /** The URL of the request line, character by character. */
  readonly uri: string;
  /** 1 for the first request that uses the nonce. */
  readonly nonceCount: number;
  readonly cnonce: string;
}

/** The value of `Authorization` for Digest. */
export function digestAuthorization(
  challenge: DigestChallenge,
  credentials: Credentials,
  request: DigestRequest,
): string {
  const { realm, nonce, qop, hash } = challenge;
  const { method, uri, cnonce } = request;
  const username = Buffer.from(credentials.username, 'utf8').toString('latin1');
  const password = Buffer.from(credentials.password, 'utf8').toString('latin1');
  const digest = (text: string) => createHash(hash).update(text, 'latin1').digest('hex');
  const nonceCount = request.nonceCount.toString(16).padStart(8, '0');
  let key = digest(`${username}:${realm}:${password}`);
  if (challenge.session) key = digest(`${key}:${nonce}:${cnonce}`);
  const action = digest(`${method}:${uri}`);
  const response = qop
    ? digest(`${key}:${nonce}:${nonceCount}:${cnonce}:auth:${action}`)
    : digest(`${key}:${nonce}:${action}`);
  const parts = [
    `username=${quote(username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
  ];
  if (challenge.opaque !== undefined) parts.push(`opaque=${quote(challenge.opaque)}`);
  if (challenge.algorithm !== undefined) parts.push(`algorithm=${challenge.algorithm}`);
  if (qop) parts.push('qop=auth', `nc=${nonceCount}`);
  if (qop || challenge.session) parts.push(`cnonce=${quote(cnonce)}`);
  return `Digest ${parts.join(', ')}`;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
