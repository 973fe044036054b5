import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, sleep } from '../../clock/clock.ts';
import type { Logger } from '../../logging/logger.ts';
import type { HttpReply, HttpRequest } from './request_handler.ts';
import { maxDocumentLength } from './xml_element.ts';

export const maxConnections = 64;

export interface OnvifServerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  /** By how much each answer is late. */
  readonly replyDelayMs: number;
  readonly answer: (request: HttpRequest) => HttpReply;
}

/** The HTTP server of a simulated ONVIF device. */
export class OnvifServer {
  readonly #options: OnvifServerOptions;
  readonly #server: Server;
  readonly #closing = new AbortController();

  private constructor(options: OnvifServerOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 5000 }, (request, response) => {
      this.#serve(request, response).catch((error: Error) => {
        // That a client goes away in the middle is no concern of the device.
        if (!request.destroyed)
          options.logger.error({ reason: error.stack }, 'A simulated device cannot answer.');
        response.destroy();
      });
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
    const { body } = reply;
    const type = typeof body === 'string' ? 'application/soap+xml; charset=utf-8' : 'image/jpeg';
    const bytes = Buffer.from(body ?? '');
    response.writeHead(reply.status, {
      ...reply.headers,
      ...(body === undefined ? {} : { 'Content-Type': type }),
      'Content-Length': bytes.length,
    });
    response.end(bytes);
  }

  async #reply(request: IncomingMessage): Promise<HttpReply> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      // Of what is too long, the rest is read and dropped, so that the client gets to read the answer.
      if (length <= maxDocumentLength) chunks.push(chunk);
    }
    if (length > maxDocumentLength) return { status: 413 };
    return this.#options.answer({
      method: request.method ?? '',
      path: (request.url ?? '').split('?')[0]!,
      authorization: request.headers.authorization,
      body: Buffer.concat(chunks).toString(),
    });
  }
}
