/**
 * The server's side of the tunnels: RTSP inside of HTTP (two connections with one cookie) and inside of a WebSocket, on
 * the same port as RTSP itself. The path of a tunnel does not matter; the requests inside say what is wanted.
 *
 * Bounds: a GET waits {@link handshakeMs} for its POST, a connection as long for its head, which has
 * {@link maximumHeadBytes} at most.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { Clock } from '../clock/clock.ts';
import { parseHead, type RtspMessage } from './message.ts';
import { maximumMessageBytes, webSocketProtocol } from './websocket_tunnel.ts';

const handshakeMs = 10_000;
const maximumHeadBytes = 16 * 1024;
const tunnelled = 'application/x-rtsp-tunnelled';
const starts = ['GET ', 'POST '];

/** Whether bytes are the beginning of a request of HTTP; `more` when they may become one. */
export function beginsHttp(bytes: Uint8Array): 'yes' | 'no' | 'more' {
  const text = Buffer.from(bytes.subarray(0, 5)).toString('latin1');
  if (starts.some((start) => text.startsWith(start))) return 'yes';
  return starts.some((start) => start.startsWith(text)) ? 'more' : 'no';
}

export interface ServerTunnelsOptions {
  readonly clock: Clock;
  /** A client that speaks RTSP from now on, from this address. */
  readonly onOpen: (stream: Duplex, address: string) => void;
}

export class ServerTunnels {
  readonly #options: ServerTunnelsOptions;
  readonly #waiting = new Map<string, Socket>();
  readonly #sockets = new Set<Socket>();
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;

  constructor(options: ServerTunnelsOptions) {
    this.#options = options;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      maxPayload: maximumMessageBytes,
      handleProtocols: () => webSocketProtocol,
    });
    this.#http = createServer((_, response) => {
      response.writeHead(404, { connection: 'close' }).end();
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
  }

  /** Takes over a connection that begins with a request of HTTP. */
  take(socket: Socket, bytes: Uint8Array): void {
    this.#sockets.add(socket);
    let held = Buffer.from(bytes);
    const timer = this.#options.clock.after(handshakeMs, () => socket.destroy());
    const listen = (more: Buffer) => {
      held = Buffer.concat([held, more]);
      const end = held.indexOf('\r\n\r\n');
      if (end < 0 && held.length < maximumHeadBytes) return;
      timer.cancel();
      socket.off('data', listen);
      this.#dispatch(socket, held, end);
    };
    socket.on('error', () => {});
    socket.on('close', () => {
      timer.cancel();
      this.#sockets.delete(socket);
    });
    socket.on('data', listen);
    listen(Buffer.alloc(0));
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #dispatch(socket: Socket, held: Buffer, end: number): void {
    // A head of HTTP is one of RTSP but for this word.
    const text = held.toString('latin1', 0, Math.max(0, end)).replace(/ HTTP\/(?=\d)/, ' RTSP/');
    const head = parseHead(text);
    if (head?.kind === 'request' && head.headers.get('Upgrade') !== undefined) {
      socket.pause();
      socket.unshift(held);
      this.#http.emit('connection', socket);
      socket.resume();
      return;
    }
    const cookie = head?.headers.get('x-sessioncookie') ?? '';
    if (head?.kind === 'request' && isTunnelled(head) && cookie !== '') {
      if (head.method === 'GET') return this.#wait(socket, cookie);
      const get = this.#waiting.get(cookie);
      this.#waiting.delete(cookie);
      const first = held.subarray(end + 4);
      if (get) return this.#options.onOpen(new HttpTunnelStream(get, socket, first), addressOf(get));
    }
    socket.end('HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n');
  }

  #wait(get: Socket, cookie: string): void {
    const forget = () => {
      timer.cancel();
      if (this.#waiting.get(cookie) === get) this.#waiting.delete(cookie);
    };
    const timer = this.#options.clock.after(handshakeMs, () => {
      if (this.#waiting.get(cookie) === get) get.destroy();
    });
    this.#waiting.set(cookie, get);
    get.on('close', forget);
    get.resume();
    get.write(
      `HTTP/1.0 200 OK\r\nCache-Control: no-cache\r\nPragma: no-cache\r\nContent-Type: ${tunnelled}\r\n\r\n`,
    );
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(webSocketProtocol)) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#options.onOpen(createWebSocketStream(webSocket, { allowHalfOpen: false }), addressOf(socket));
    });
  }
}

/** What is written goes out as the body of the answer to GET; what is read comes in Base64 as the body of POST. */
class HttpTunnelStream extends Duplex {
  readonly #get: Socket;
  readonly #post: Socket;
  /** Characters of Base64 that make no whole group of four yet. */
  #left = '';

  constructor(get: Socket, post: Socket, first: Buffer) {
    super();
    this.#get = get;
    this.#post = post;
    for (const socket of [get, post]) socket.on('close', () => this.destroy());
    get.on('error', () => {});
    post.on('data', (bytes) => this.#decode(bytes));
    this.#decode(first);
  }

  override _read(): void {}

  override _write(bytes: Uint8Array, _: unknown, done: (error?: Error | null) => void): void {
    this.#get.write(bytes, done);
  }

  override _final(done: () => void): void {
    this.#get.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#get.destroy();
    this.#post.destroy();
    done(error);
  }

  /** Each request was encoded by itself, so that padding may stand anywhere. */
  #decode(bytes: Buffer): void {
    const text = this.#left + bytes.toString('latin1').replace(/[^A-Za-z0-9+/=]/g, '');
    const whole = text.length - (text.length % 4);
    this.#left = text.slice(whole);
    const pieces = text.slice(0, whole).match(/[^=]+=*/g) ?? [];
    if (pieces.length > 0) this.push(Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64'))));
  }
}

function isTunnelled({ headers }: RtspMessage): boolean {
  const said = `${headers.get('Accept') ?? ''} ${headers.get('Content-Type') ?? ''}`;
  return said.toLowerCase().includes(tunnelled);
}

function addressOf(socket: Socket): string {
  return socket.remoteAddress ?? '';
}
