import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, sleep } from '../../clock/clock.ts';
import type { HttpReply, SoapHttpRequest } from './request_handler.ts';
import { maxDocumentLength } from './xml_element.ts';

export const maxConnections = 64;

export interface OnvifServerOptions {
  readonly clock: Clock;
  readonly host: string;
  readonly port: number;
  /** By how much each answer is late. */
  readonly replyDelayMs: number;
  readonly answer: (request: SoapHttpRequest) => HttpReply;
}

/** The HTTP server of a simulated ONVIF device. */
export class OnvifServer {
  readonly #options: OnvifServerOptions;
  readonly #server: Server;
  readonly #closing = new AbortController();

  private constructor(options: OnvifServerOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 5000 }, (request, response) => {
      // A client that went away in the middle is no concern of the device.
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#server.maxConnections = maxConnections;
  }

  /** Rejects with the system's error, such as EADDRINUSE. */
  static async listen(options: OnvifServerOptions): Promise<OnvifServer> {
    const server = new OnvifServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(options.port, options.host, resolve);
    });
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts all connections and frees the port. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = await this.#reply(request);
    if (this.#options.replyDelayMs > 0) {
      await sleep(this.#options.clock, this.#options.replyDelayMs, this.#closing.signal);
    }
    const body = Buffer.from(reply.body ?? '');
    response.writeHead(reply.status, {
      ...reply.headers,
      ...(reply.body === undefined ? {} : { 'Content-Type': 'application/soap+xml; charset=utf-8' }),
      'Content-Length': body.length,
    });
    response.end(body);
  }

  async #reply(request: IncomingMessage): Promise<HttpReply> {
    if (request.method !== 'POST') return { status: 405, headers: { Allow: 'POST' } };
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      // Of what is too long, the rest is read and dropped, so that the client gets to read the answer.
      if (length <= maxDocumentLength) chunks.push(chunk);
    }
    if (length > maxDocumentLength) return { status: 413 };
    return this.#options.answer({
      path: new URL(request.url ?? '/', 'http://device').pathname,
      authorization: request.headers.authorization,
      body: Buffer.concat(chunks).toString(),
    });
  }
}
