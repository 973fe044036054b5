import { NightjarError } from '../errors/nightjar_error.ts';
import { type Authentication, authorize, challenged, startAuthentication } from './authentication.ts';
import type { Credentials } from './digest.ts';
import { printable } from './session_errors.ts';

/** Answers to a camera that wants a password from HTTP already, before there is RTSP inside of it. */
export class TunnelAuthentication {
  readonly #url: string;
  readonly #credentials: Credentials | undefined;
  #state: Authentication;
  /** Of the challenge that the last request answered. */
  #proof: string | undefined;

  /** @param target its `url` for errors; `cookie` is random, hexadecimal */
  constructor(target: { url: string; credentials: Credentials | undefined; cookie: string }) {
    this.#url = target.url;
    this.#credentials = target.credentials;
    this.#state = startAuthentication(target.cookie);
  }

  /** The Authorization field of the next request; undefined while nobody asked for one. */
  header(request: { method: string; uri: string }): string | undefined {
    const { state, header, proof } = authorize(this.#state, this.#credentials, request);
    this.#state = state;
    this.#proof = proof;
    return header;
  }

  /**
   * A request was answered with 401.
   *
   * @param offered values of its WWW-Authenticate fields
   * @returns undefined when the request is worth another attempt, else why it is not
   */
  challenged(offered: readonly string[], reason: string): NightjarError | undefined {
    const { state, outcome } = challenged(this.#state, this.#proof, offered);
    this.#state = state;
    if (this.#credentials && outcome === 'retry') return undefined;
    const why = this.#credentials
      ? 'the user name or the password is wrong'
      : 'a user name and a password are needed';
    const url = this.#url;
    const detail = `GET ${url}: 401 ${printable(reason)}; ${why}.`;
    return new NightjarError('camera_authentication', detail, { place: { url } });
  }
}

/** The Host field of a request of HTTP. */
export function hostField({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
