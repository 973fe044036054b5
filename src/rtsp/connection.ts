/**
 * The connection to a server, plain or with TLS.
 *
 * What comes is read into a buffer of the caller's with either: Node decrypts into it too, so that nothing is allocated
 * per read. The socket is never paused, since cameras corrupt their framing when they cannot send. Whoever speaks another
 * protocol first ({@link openSocket}) gets the socket itself.
 */
import { connect, isIP, type NetConnectOpts, type Socket } from 'node:net';
import { type ConnectionOptions, TLSSocket, connect as tlsConnect } from 'node:tls';
import { NightjarError } from '../errors/nightjar_error.ts';
import { networkError } from '../errors/system_error.ts';
import { certificateError } from './certificate.ts';

const tcpKeepAliveMs = 15_000;
/** Time for each address of a name; the default of Node is too short for a camera behind a slow link. */
const addressAttemptMs = 2_500;

export interface ConnectionTarget {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly tls: boolean;
  /** Of the only certificate to trust, as `readFingerprint` gives it. */
  readonly tlsFingerprint?: string | undefined;
  /** For errors, without credentials. */
  readonly url: string;
  readonly receiveBuffer: Buffer;
}

/** Who is connected to, and whom to trust there. */
export type SocketTarget = Omit<ConnectionTarget, 'receiveBuffer'>;

/** Nothing is called any more once the connection was closed by {@link Connection.close}. */
export interface ConnectionEvents {
  /** Bytes may be sent from now on. */
  onConnected(): void;
  /** The first `count` bytes came, and are good until this returns. */
  onBytes(bytes: Uint8Array, count: number): void;
  /** The other side closed; once. */
  onClosed(): void;
  onError(error: NightjarError): void;
}

/** A way for bytes to a server and back. */
export interface Connection {
  readonly writable: boolean;
  /** Bytes that wait for the other side to read. */
  readonly queuedBytes: number;
  /** Addresses of the two ends once it is connected; an IPv4 address is never written as one of IPv6. */
  readonly ends: { readonly own: string; readonly server: string };
  write(bytes: Uint8Array): void;
  /** Ends it at once. */
  close(): void;
}

/** Connects; what becomes of it is told by the events. */
export function openConnection(target: ConnectionTarget, events: ConnectionEvents): Connection {
  return new SocketConnection(target, events);
}

class SocketConnection implements Connection {
  readonly #socket: Socket;
  #closed = false;

  constructor(target: ConnectionTarget, events: ConnectionEvents) {
    const open = (handle: () => void) => {
      if (!this.#closed) handle();
    };
    const onread = {
      buffer: target.receiveBuffer,
      callback: (count: number, bytes: Uint8Array) => {
        open(() => events.onBytes(bytes, count));
        return true;
      },
    };
    this.#socket = openSocket(
      target,
      {
        onConnected: () => open(() => events.onConnected()),
        onClosed: () =>
          open(() => {
            this.#closed = true;
            events.onClosed();
          }),
        onError: (error) => open(() => events.onError(error)),
      },
      { onread },
    );
  }

  get writable(): boolean {
    return this.#socket.writable;
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  get ends() {
    return endsOf(this.#socket);
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }
}

/**
 * Connects, encrypts where that is wanted, and judges the certificate before anything is sent.
 *
 * @param events may be called after the other side closed or an error was told; `onClosed` more than once
 */
export function openSocket(
  target: SocketTarget,
  events: Pick<ConnectionEvents, 'onConnected' | 'onClosed' | 'onError'>,
  reading: Pick<NetConnectOpts, 'onread'> = {},
): Socket {
  const options = {
    host: target.host,
    port: target.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: tcpKeepAliveMs,
    autoSelectFamilyAttemptTimeout: addressAttemptMs,
    ...reading,
  };
  const socket = target.tls ? tlsConnect(withTls(options, target)) : connect(options);
  if (socket instanceof TLSSocket) {
    socket.on('secureConnect', () => {
      const error = judge(socket, target);
      if (error) events.onError(error);
      else events.onConnected();
    });
  } else {
    socket.on('connect', () => events.onConnected());
  }
  socket.on('end', () => events.onClosed());
  socket.on('close', () => events.onClosed());
  socket.on('error', (error) => events.onError(connectionError(error, target)));
  return socket;
}

/** The addresses of a connected socket. */
export function endsOf({ localAddress = '', remoteAddress = '' }: Socket): Connection['ends'] {
  return { own: plainAddress(localAddress), server: plainAddress(remoteAddress) };
}

function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/i, '');
}

/** Every certificate is let through the handshake, so that it can be judged with words of ours. */
function withTls<Options extends object>(options: Options, target: SocketTarget): ConnectionOptions {
  const name = isIP(target.host) ? {} : { servername: target.host };
  return { ...options, ...name, rejectUnauthorized: false };
}

function judge(socket: TLSSocket, { tlsFingerprint, url }: SocketTarget): NightjarError | undefined {
  const { fingerprint256: fingerprint } = socket.getPeerCertificate();
  const { authorized, authorizationError } = socket;
  const doubt = authorized ? undefined : String(authorizationError ?? 'unknown').replaceAll('_', ' ');
  return certificateError({ fingerprint, doubt: doubt?.toLowerCase() }, tlsFingerprint, url);
}

function connectionError(thrown: Error, { tls, url }: SocketTarget): NightjarError {
  const error = named(thrown);
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (!tls || !/^(?:ERR_SSL|ERR_TLS|EPROTO)/.test(code)) return networkError(error, { url });
  const reason = (error as { reason?: string }).reason ?? error.message;
  const detail = `${url}: no encrypted connection could be made (${reason}).`;
  return new NightjarError('camera_tls_failed', detail, { place: { url }, cause: error });
}

/** An error that has words: when every address of a name fails, Node gives one without. */
function named(error: Error): Error {
  if (error.message !== '' || !(error instanceof AggregateError)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  return Object.assign(new Error(error.errors.map((each: Error) => each.message).join('; ')), { code });
}
