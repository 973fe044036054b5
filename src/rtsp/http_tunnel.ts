/**
 * RTSP and its interleaved media inside of HTTP, as QuickTime began it and most servers know it (ONVIF Streaming
 * Specification section 5.1.1.4): what comes is the endless body of the answer to a GET, what is sent goes in Base64 as
 * the endless body of a POST on a second connection. The same cookie tells the server that they belong together.
 *
 * Tolerated on purpose: a POST that is never answered, which is what servers do, and one that is; a 401 to the GET of
 * cameras that ask for the password twice, here and again inside.
 */
import { NightjarError } from '../errors/nightjar_error.ts';
import {
  type Connection,
  type ConnectionEvents,
  type ConnectionTarget,
  openConnection,
} from './connection.ts';
import type { Credentials } from './digest.ts';
import { parseHead, type RtspResponse } from './message.ts';
import { printable } from './session_errors.ts';
import { hostField, TunnelAuthentication } from './tunnel_authentication.ts';

/** The answer to GET, and what comes behind it before the POST is under way. */
const maximumHeldBytes = 16 * 1024;
/** Of the body that is never complete; the number that Apple's player says. */
const postLength = 32_767;

export interface TunnelTarget extends ConnectionTarget {
  /** Path and query of the stream. */
  readonly path: string;
  /** Random, so that nobody can guess it and cameras tell their clients apart. */
  readonly cookie: string;
  readonly userAgent: string;
  readonly credentials: Credentials | undefined;
  /** Is told of the heads of HTTP that are sent and received, without their blank lines. */
  readonly onHandshake?: ((kind: 'sent' | 'received', head: string) => void) | undefined;
}

/** Opens both connections; from then on it is like any other. */
export function openHttpTunnel(target: TunnelTarget, events: ConnectionEvents): Connection {
  return new HttpTunnel(target, events);
}

class HttpTunnel implements Connection {
  readonly #target: TunnelTarget;
  readonly #events: ConnectionEvents;
  #get: Connection;
  #post: Connection | undefined;
  /** What came before anybody wants it: undefined once the tunnel is open. */
  #held: Buffer | undefined = Buffer.alloc(0);
  #answered = false;
  readonly #authentication: TunnelAuthentication;

  constructor(target: TunnelTarget, events: ConnectionEvents) {
    this.#target = target;
    this.#events = events;
    this.#authentication = new TunnelAuthentication(target);
    this.#get = this.#openGet();
  }

  get writable(): boolean {
    return this.#held === undefined && this.#post?.writable === true;
  }

  get queuedBytes(): number {
    return this.#post?.queuedBytes ?? 0;
  }

  get ends(): Connection['ends'] {
    return this.#get.ends;
  }

  write(bytes: Uint8Array): void {
    const { buffer, byteOffset, length } = bytes;
    const text = Buffer.from(buffer, byteOffset, length).toString('base64');
    this.#post?.write(Buffer.from(text, 'latin1'));
  }

  close(): void {
    this.#get.close();
    this.#post?.close();
  }

  #openGet(): Connection {
    const get = openConnection(this.#target, {
      onConnected: () => get.write(this.#request('GET', 'Accept: application/x-rtsp-tunnelled')),
      onBytes: (bytes, count) => {
        if (this.#held === undefined) this.#events.onBytes(bytes, count);
        else this.#hold(bytes.subarray(0, count));
      },
      onClosed: () => this.#closed(),
      onError: (error) => this.#fail(error),
    });
    return get;
  }

  #hold(bytes: Uint8Array): void {
    this.#held = Buffer.concat([this.#held!, bytes]);
    if (this.#held.length > maximumHeldBytes) return this.#refuse('its answer to GET has no end');
    const end = this.#held.indexOf('\r\n\r\n');
    if (!this.#answered && end >= 0) this.#answer(this.#held, end);
  }

  #answer(head: Buffer, end: number): void {
    const text = head.toString('latin1', 0, end);
    this.#target.onHandshake?.('received', text);
    // A head of HTTP is one of RTSP but for this word.
    const answer = parseHead(text.replace(/^HTTP\//i, 'RTSP/'));
    if (answer?.kind !== 'response') return this.#refuse('what answers is no HTTP');
    if (answer.status === 401) return this.#challenge(answer);
    if (answer.status !== 200) return this.#refuse(`${answer.status} ${printable(answer.reason)}`.trim());
    this.#answered = true;
    this.#held = head.subarray(end + 4);
    this.#openPost();
  }

  #challenge({ headers, reason }: RtspResponse): void {
    const error = this.#authentication.challenged(headers.getAll('WWW-Authenticate'), reason);
    if (error) return this.#fail(error);
    this.#get.close();
    this.#held = Buffer.alloc(0);
    this.#get = this.#openGet();
  }

  #openPost(): void {
    const target = { ...this.#target, receiveBuffer: Buffer.alloc(1024) };
    const post = openConnection(target, {
      onConnected: () => {
        const fields = ['Content-Type: application/x-rtsp-tunnelled', `Content-Length: ${postLength}`];
        post.write(this.#request('POST', ...fields, 'Expires: Sun, 9 Jan 1972 00:00:00 GMT'));
        const held = this.#held!;
        this.#held = undefined;
        this.#events.onConnected();
        if (held.length > 0) this.#events.onBytes(held, held.length);
      },
      onBytes: () => {},
      onClosed: () => this.#closed(),
      onError: (error) => this.#fail(error),
    });
    this.#post = post;
  }

  #request(method: string, ...fields: string[]): Uint8Array {
    const { path, cookie, userAgent } = this.#target;
    const uri = path === '' ? '/' : path;
    const header = this.#authentication.header({ method, uri });
    const lines = [
      `${method} ${uri} HTTP/1.0`,
      `Host: ${hostField(this.#target)}`,
      `User-Agent: ${userAgent}`,
      `x-sessioncookie: ${cookie}`,
      'Pragma: no-cache',
      'Cache-Control: no-cache',
      ...(header === undefined ? [] : [`Authorization: ${header}`]),
      ...fields,
    ];
    const head = lines.join('\r\n');
    this.#target.onHandshake?.('sent', head);
    return Buffer.from(`${head}\r\n\r\n`, 'latin1');
  }

  #closed(): void {
    if (!this.#answered) return this.#refuse('it closed the connection');
    this.close();
    this.#events.onClosed();
  }

  #refuse(why: string): void {
    const { url } = this.#target;
    const detail = `${url}: the camera takes no RTSP through HTTP (${why}).`;
    this.#fail(new NightjarError('camera_transport_unsupported', detail, { place: { url } }));
  }

  #fail(error: NightjarError): void {
    this.close();
    this.#events.onError(error);
  }
}
