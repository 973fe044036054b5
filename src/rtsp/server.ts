/**
 * An RTSP server (RFC 2326) for simulated cameras and tests: over TCP or TLS, also inside of HTTP and of WebSockets on
 * the same port; media interleaved or by UDP unicast.
 *
 * Bounds: at most {@link maximumConnections} connections; what waits for a slow client is held to
 * `maximumPendingBytes`, after which whole sends are refused, and a client that was never up to date for `slowClientMs`
 * is cut off.
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { Clock, Timer } from '../clock/clock.ts';
import type { MonotonicMillis } from '../units/time.ts';
import type { RtspRequest } from './message.ts';
import { RtspServerConnection } from './server_connection.ts';
import { ServerDatagrams } from './server_datagrams.ts';
import type { ServerResource } from './server_resource.ts';
import { ServerTunnels } from './server_tunnels.ts';

export const maximumConnections = 2000;

/** How often sessions are looked at for their time-outs. */
const checkIntervalMs = 1000;

export interface RtspServerOptions {
  readonly clock: Clock;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** PEM: then it speaks RTSP over TLS alone. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly find: (path: string) => ServerResource | undefined;
  /** Sees each request first; true when it has answered in its own way, or never will. */
  readonly intercept?: (request: RtspRequest, connection: RtspServerConnection) => boolean;
  /** A client that says nothing for so long is cut off, RTCP included; 60 s by default. */
  readonly sessionTimeoutMs?: number;
  /** For connections that break the protocol. */
  readonly onProtocolError?: (error: Error) => void;
}

export class RtspServer {
  readonly #options: RtspServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<RtspServerConnection>();
  readonly #tunnels: ServerTunnels;
  #check: Timer | undefined;
  #datagrams: ServerDatagrams | undefined;

  private constructor(options: RtspServerOptions) {
    this.#options = options;
    this.#tunnels = new ServerTunnels({
      clock: options.clock,
      onOpen: (stream, address) => this.#serve(stream, address),
    });
    const accept = (socket: Socket) =>
      this.#serve(socket, socket.remoteAddress ?? '', (bytes) => this.#tunnels.take(socket, bytes));
    this.#server = options.tls
      ? createTlsServer({ ...options.tls, noDelay: true }, accept)
      : createServer({ noDelay: true }, accept);
    // Who speaks no TLS, or does not trust the certificate, has gone already.
    this.#server.on('tlsClientError', (error) => options.onProtocolError?.(error));
    this.#server.maxConnections = maximumConnections;
  }

  /** Resolves when connections are accepted; rejects with the system's error, such as EADDRINUSE. */
  static async listen(options: RtspServerOptions): Promise<RtspServer> {
    const server = new RtspServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(
        { port: options.port ?? 0, host: options.host ?? '127.0.0.1', backlog: 511 },
        resolve,
      );
    });
    // Without UDP ports it is a server over TCP.
    server.#datagrams = await ServerDatagrams.open(options.host ?? '127.0.0.1').catch(() => undefined);
    server.#check = options.clock.every(checkIntervalMs, () => server.#cutIdle(options.clock.monotonic()));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Cuts all connections and frees the port. */
  async close(): Promise<void> {
    this.#check?.cancel();
    this.#datagrams?.close();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#tunnels.close();
    for (const connection of this.#connections) connection.close('reset');
    await closed;
  }

  /** @param onHttp where the client may begin a tunnel */
  #serve(stream: Duplex, address: string, onHttp?: (bytes: Uint8Array) => void): void {
    const connection = new RtspServerConnection(stream, address, {
      clock: this.#options.clock,
      find: this.#options.find,
      datagrams: this.#datagrams,
      intercept: this.#options.intercept ?? (() => false),
      sessionTimeoutMs: this.#options.sessionTimeoutMs ?? 60_000,
      onProtocolError: this.#options.onProtocolError ?? (() => {}),
      onClosed: () => this.#connections.delete(connection),
      onHttp,
    });
    this.#connections.add(connection);
  }

  #cutIdle(now: MonotonicMillis): void {
    for (const connection of this.#connections) connection.closeIfIdle(now);
  }
}
