/**
 * The server's side of the Username Token Profile 1.0 of WS-Security, as ONVIF Core section 5.9 wants it: a password
 * digest with nonce and time of creation. As in real cameras, a token whose time is far from the device's own clock is
 * refused, and so is one whose nonce was seen before.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ServerCredentials } from '../../rtsp/server_authentication.ts';
import { namespaces } from './namespaces.ts';
import { childOf, type XmlElement } from './xml_element.ts';

/** How far the time of a token may be off, in either direction; section 4 of the profile recommends five minutes. */
export const tokenWindowMs = 5 * 60_000;
/** More nonces than that are not remembered: the oldest go first. */
export const maxRememberedNonces = 4096;

const passwordDigest =
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest';

export interface UsernameToken {
  readonly username: string;
  readonly passwordType: string;
  readonly password: string;
  /** Base64. */
  readonly nonce: string;
  /** RFC 3339. */
  readonly created: string;
}

export type TokenVerdict = 'granted' | 'no digest' | 'wrong password' | 'wrong time' | 'replayed';

/** The token in the header of a message, if there is one. */
export function usernameTokenOf(header: XmlElement | undefined): UsernameToken | undefined {
  const { security, securityUtility } = namespaces;
  const token = header && childOf(header, security, 'Security');
  const parts = token && childOf(token, security, 'UsernameToken');
  if (!parts) return undefined;
  const password = childOf(parts, security, 'Password');
  return {
    username: childOf(parts, security, 'Username')?.text ?? '',
    passwordType: password?.attributes.get('Type') ?? '',
    password: password?.text ?? '',
    nonce: childOf(parts, security, 'Nonce')?.text ?? '',
    created: childOf(parts, securityUtility, 'Created')?.text ?? '',
  };
}

/** Judges the tokens that one device gets. */
export class UsernameTokenJudge {
  readonly #credentials: ServerCredentials;
  readonly #nonces = new Set<string>();

  constructor(credentials: ServerCredentials) {
    this.#credentials = credentials;
  }

  /** @param nowMs what the device's clock says */
  judge(token: UsernameToken, nowMs: number): TokenVerdict {
    if (token.passwordType !== passwordDigest) return 'no digest';
    const { username, password } = this.#credentials;
    const nonce = Buffer.from(token.nonce, 'base64');
    const expected = createHash('sha1').update(nonce).update(token.created).update(password).digest();
    const given = Buffer.from(token.password, 'base64');
    const same = given.length === expected.length && timingSafeEqual(given, expected);
    if (token.username !== username || !same) return 'wrong password';
    const offMs = Date.parse(token.created) - nowMs;
    if (!(Math.abs(offMs) <= tokenWindowMs)) return 'wrong time';
    return this.#isNew(`${token.created} ${nonce.toString('hex')}`) ? 'granted' : 'replayed';
  }

  /** Only nonces of good tokens get here, so that nobody without the password can make one be forgotten. */
  #isNew(nonce: string): boolean {
    if (this.#nonces.has(nonce)) return false;
    this.#nonces.add(nonce);
    const [oldest] = this.#nonces;
    if (this.#nonces.size > maxRememberedNonces) this.#nonces.delete(oldest!);
    return true;
  }
}
