/**
 * RTSP and its interleaved media inside of a WebSocket (ONVIF Streaming Specification section 7, RFC 6455): subprotocol
 * `rtsp.onvif.org`, binary messages, in each any piece of what TCP would carry.
 *
 * The standard leaves the path to the device, which tells it in its capabilities. Most take that of the stream, or one
 * of a few that vendors use; those are asked for in turn.
 *
 * Tolerated on purpose: an answer that does not repeat the subprotocol (mediamtx); text messages; a 401 to the handshake
 * of cameras that ask for the password twice, here and again inside.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import WebSocket from 'ws';
import { NightjarError } from '../errors/nightjar_error.ts';
import { type Connection, type ConnectionEvents, endsOf, openSocket } from './connection.ts';
import type { TunnelTarget } from './http_tunnel.ts';
import { printable } from './session_errors.ts';
import { hostField, TunnelAuthentication } from './tunnel_authentication.ts';

export const webSocketProtocol = 'rtsp.onvif.org';
/** Interleaved frames have 64 KiB at most; some servers put several in a message. */
export const maximumMessageBytes = 4 * 1024 * 1024;
/** Of Axis, of Dahua, and of servers that take any. */
const usualPaths = ['/rtsp-over-websocket', '/rtspoverwebsocket', '/'];

/** Opens the WebSocket; from then on it is like any other connection. */
export function openWebSocketTunnel(
  target: Omit<TunnelTarget, 'receiveBuffer'>,
  events: ConnectionEvents,
): Connection {
  return new WebSocketTunnel(target, events);
}

class WebSocketTunnel implements Connection {
  readonly #target: Omit<TunnelTarget, 'receiveBuffer'>;
  readonly #events: ConnectionEvents;
  readonly #authentication: TunnelAuthentication;
  readonly #paths: string[];
  /** Said when no path is left: the answer to the stream's own path tells most. */
  #refusal: string | undefined;
  #socket: Socket;
  #webSocket: WebSocket | undefined;
  #closed = false;

  constructor(target: Omit<TunnelTarget, 'receiveBuffer'>, events: ConnectionEvents) {
    this.#target = target;
    this.#events = events;
    this.#authentication = new TunnelAuthentication(target);
    this.#paths = [...new Set([requestTarget(target.path), ...usualPaths])];
    this.#socket = this.#connect();
  }

  get writable(): boolean {
    return this.#webSocket?.readyState === WebSocket.OPEN;
  }

  get queuedBytes(): number {
    return this.#webSocket?.bufferedAmount ?? 0;
  }

  get ends(): Connection['ends'] {
    return endsOf(this.#socket);
  }

  write(bytes: Uint8Array): void {
    this.#webSocket?.send(bytes, { binary: true });
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #connect(): Socket {
    let shakingHands = false;
    const socket: Socket = openSocket(this.#target, {
      onConnected: () => {
        shakingHands = true;
        this.#shakeHands(socket);
      },
      onClosed: () => {},
      onError: (error) => {
        // Who shakes hands tells the error, too.
        if (socket === this.#socket && !(shakingHands && !this.#webSocket)) this.#fail(error);
      },
    });
    socket.on('close', () => {
      if (socket !== this.#socket || this.#closed) return;
      if (!this.writable && !this.#webSocket) return this.#refused('it closed the connection');
      this.close();
      this.#events.onClosed();
    });
    return socket;
  }

  #shakeHands(socket: Socket): void {
    if (this.#closed) return;
    const [uri] = this.#paths as [string];
    const authorization = this.#authentication.header({ method: 'GET', uri });
    // The connection is made already, and nobody looks the host up again.
    const webSocket = new WebSocket(`ws://camera${uri}`, webSocketProtocol, {
      createConnection: () => socket,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: maximumMessageBytes,
      headers: {
        Host: hostField(this.#target),
        'User-Agent': this.#target.userAgent,
        ...(authorization !== undefined && { Authorization: authorization }),
      },
      finishRequest: (request: ClientRequest) => {
        this.#target.onHandshake?.('sent', sentHead(request));
        request.prependListener('response', (answer) => this.#tellHandshake(answer));
        request.prependListener('upgrade', (answer: IncomingMessage) => {
          this.#tellHandshake(answer);
          const { headers } = answer;
          headers['sec-websocket-protocol'] ??= webSocketProtocol;
        });
        request.end();
      },
    });
    webSocket.binaryType = 'nodebuffer';
    webSocket.on('open', () => {
      if (this.#closed) return;
      this.#webSocket = webSocket;
      this.#events.onConnected();
    });
    webSocket.on('message', (bytes: Buffer) => {
      if (!this.#closed) this.#events.onBytes(bytes, bytes.length);
    });
    webSocket.on('unexpected-response', (_, response) => this.#answered(response));
    webSocket.on('close', () => {
      if (!this.#closed && this.#webSocket) socket.destroy();
    });
    webSocket.on('error', (error) => {
      if (this.#closed || socket !== this.#socket) return;
      if (!this.#webSocket) return this.#refused(error.message);
      const { url } = this.#target;
      const detail = `${url}: what came is no WebSocket (${printable(error.message)}).`;
      this.#fail(new NightjarError('rtsp_malformed', detail, { place: { url } }));
    });
  }

  #tellHandshake({ statusCode, statusMessage, rawHeaders }: IncomingMessage): void {
    const fields = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
    );
    const head = [`HTTP/1.1 ${statusCode} ${statusMessage}`, ...fields].join('\r\n');
    this.#target.onHandshake?.('received', head);
  }

  /** The handshake was answered, and not with yes. */
  #answered({ statusCode = 0, statusMessage = '', headersDistinct }: IncomingMessage): void {
    if (statusCode === 401) {
      const offered = headersDistinct['www-authenticate'] ?? [];
      const error = this.#authentication.challenged(offered, statusMessage);
      if (error) this.#fail(error);
      else this.#again();
      return;
    }
    this.#refused(`${statusCode} ${printable(statusMessage)}`.trim());
  }

  /** Asks for the next path, if there is one. */
  #refused(why: string): void {
    this.#refusal ??= why;
    this.#paths.shift();
    if (this.#paths.length > 0) return this.#again();
    const { url } = this.#target;
    const detail = `${url}: the camera takes no RTSP through a WebSocket (${this.#refusal}).`;
    this.#fail(new NightjarError('camera_transport_unsupported', detail, { place: { url } }));
  }

  #again(): void {
    const last = this.#socket;
    this.#socket = this.#connect();
    last.destroy();
  }

  #fail(error: NightjarError): void {
    if (this.#closed) return;
    this.close();
    this.#events.onError(error);
  }
}

/** Path and query as a request line has them: at least a slash, and no fragment. */
function requestTarget(path: string): string {
  const { pathname, search } = new URL(`ws://camera${path.startsWith('/') ? '' : '/'}${path}`);
  return `${pathname}${search}`;
}

function sentHead(request: ClientRequest): string {
  const fields = Object.entries(request.getHeaders()).map(([name, value]) => `${name}: ${value}`);
  return [`${request.method} ${request.path} HTTP/1.1`, ...fields].join('\r\n');
}
