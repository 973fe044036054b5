import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../clock/clock.ts';
import type { MonotonicMillis } from '../units/time.ts';
import { formatResponse, type RtspRequest, type RtspResponse } from './message.ts';
import { RtspReader } from './reader.ts';
import { DatagramOutput, type ServerDatagrams } from './server_datagrams.ts';
import type { SendOutcome, ServerOutput, ServerResource } from './server_resource.ts';
import { RtspServerSession } from './server_session.ts';
import { beginsHttp } from './server_tunnels.ts';

/** Bytes that may wait for a slow client before further sends are refused: some seconds of a large stream. */
export const maximumPendingBytes = 4 * 1024 * 1024;
/** A client that was never up to date for so long is cut off. */
export const slowClientMs = 10_000;
/** Responses that may wait for a client that asks but does not read. */
const maximumPendingResponseBytes = maximumPendingBytes + 1024 * 1024;

export interface ServerConnectionOptions {
  readonly clock: Clock;
  readonly find: (path: string) => ServerResource | undefined;
  readonly intercept: (request: RtspRequest, connection: RtspServerConnection) => boolean;
  readonly sessionTimeoutMs: number;
  readonly datagrams: ServerDatagrams | undefined;
  readonly onProtocolError: (error: Error) => void;
  readonly onClosed: () => void;
  /** The client speaks HTTP, and this connection is over for us; undefined where that cannot be. */
  readonly onHttp: ((bytes: Uint8Array) => void) | undefined;
}

/** One client: its socket or tunnel, the reader of its requests, and its session. */
export class RtspServerConnection implements ServerOutput {
  readonly #socket: Duplex;
  readonly #address: string;
  readonly #options: ServerConnectionOptions;
  readonly #session: RtspServerSession;
  #lastHeard: MonotonicMillis;
  #lastCaughtUp: MonotonicMillis;

  /** @param address of the client */
  constructor(socket: Duplex, address: string, options: ServerConnectionOptions) {
    this.#socket = socket;
    this.#address = address.replace(/^::ffff:/, '');
    this.#options = options;
    this.#lastHeard = options.clock.monotonic();
    this.#lastCaughtUp = this.#lastHeard;
    this.#session = new RtspServerSession({
      output: this,
      udp: options.datagrams && {
        serverPorts: options.datagrams.ports,
        open: (destinations) =>
          new DatagramOutput({
            connection: this,
            address: this.address,
            datagrams: options.datagrams!,
            destinations,
          }),
      },
      find: options.find,
      sessionId: randomBytes(8).toString('hex'),
      timeoutSeconds: Math.round(options.sessionTimeoutMs / 1000),
    });
    const reader = new RtspReader({
      // What comes are receiver reports: a sign of life, which every byte is.
      onInterleaved: () => {},
      onRequest: (request) => this.#answer(request),
      onResponse: () => {},
      onLostBytes: () => {},
    });
    // Clients use channels of their own choosing for their reports.
    for (let channel = 0; channel < 256; channel++) reader.expectRtcp(channel);
    /** What came while it may still become HTTP. */
    let undecided: Buffer | undefined = options.onHttp && Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      this.#lastHeard = options.clock.monotonic();
      let bytes = chunk;
      if (undecided) {
        bytes = Buffer.concat([undecided, chunk]);
        const verdict = beginsHttp(bytes);
        if (verdict === 'yes') return this.#giveUp(bytes);
        undecided = verdict === 'more' ? bytes : undefined;
        if (undecided) return;
      }
      try {
        reader.push(bytes, 0, bytes.length);
      } catch (error) {
        options.onProtocolError(error as Error);
        this.close('reset');
      }
    });
    socket.on('drain', () => {
      this.#lastCaughtUp = options.clock.monotonic();
    });
    // A client that goes away is no error for a server; `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#session.close();
      options.onClosed();
    });
  }

  /** Of the client. */
  get address(): string {
    return this.#address;
  }

  /** Something came from the client another way than over this connection. */
  heard(): void {
    this.#lastHeard = this.#options.clock.monotonic();
  }

  send(bytes: Uint8Array): SendOutcome {
    const socket = this.#socket;
    if (!socket.writable) return 'gone';
    if (socket.writableLength > maximumPendingBytes) return 'refused';
    if (socket.writableLength === 0) this.#lastCaughtUp = this.#options.clock.monotonic();
    socket.write(bytes);
    // The stream takes off at once what the kernel took, and holds a reference to what it did not.
    return socket.writableLength === 0 ? 'sent' : 'kept';
  }

  /** Writes bytes as they are, past the session: for servers that misbehave on purpose. */
  sendRaw(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Sends a response of the caller's making. */
  respond(response: RtspResponse): void {
    if (!this.#socket.writable) return;
    if (this.#socket.writableLength > maximumPendingResponseBytes) return this.close('reset');
    this.#socket.write(formatResponse(response));
  }

  get closed(): boolean {
    return this.#socket.destroyed;
  }

  close(how: 'flush' | 'reset'): void {
    if (how === 'flush') this.#socket.end();
    else if (this.#socket instanceof Socket && !(this.#socket instanceof TLSSocket))
      this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** Cuts a client that said nothing for the session's time-out, or does not keep up. */
  closeIfIdle(now: MonotonicMillis): void {
    const silent = now - this.#lastHeard > this.#options.sessionTimeoutMs;
    const stuck = this.#socket.writableLength > 0 && now - this.#lastCaughtUp > slowClientMs;
    if (silent || stuck) this.close('reset');
  }

  #giveUp(bytes: Uint8Array): void {
    for (const event of ['data', 'drain', 'error', 'close']) this.#socket.removeAllListeners(event);
    this.#options.onClosed();
    this.#options.onHttp?.(bytes);
  }

  #answer(request: RtspRequest): void {
    if (this.#options.intercept(request, this)) return;
    this.respond(this.#session.handle(request));
  }
}
