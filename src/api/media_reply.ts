import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpAnswer, HttpRequestFacts } from '../delivery/delivery_service.ts';
import { sendBody } from '../delivery/send_body.ts';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';

/** What of a request decides which bytes are sent, and a signal for when nobody waits for them any more. */
export function mediaRequest(request: FastifyRequest, reply: FastifyReply): HttpRequestFacts {
  const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers;
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new NightjarError('stopping', 'The client went away.')));
  return {
    range,
    ifRange: typeof ifRange === 'string' ? ifRange : undefined,
    ifNoneMatch,
    head: request.method === 'HEAD',
    signal: gone.signal,
  };
}

/** Sends media as they come; a client that reads slowly slows the reading of the disk. */
export function sendMedia(reply: FastifyReply, answer: HttpAnswer): FastifyReply {
  const { status, headers, body } = answer;
  if (status === 416) {
    const range = headers['content-range'] ?? '';
    reply.header('content-range', range);
    throw new NightjarError('range_unsatisfiable', `The file has ${range.replace('bytes */', '')} bytes.`, {
      place: { field: 'Range' },
    });
  }
  if (!body) return reply.code(status).headers(headers).send();
  // A chunk's memory is used again once it is written, which only this way can be known.
  reply.hijack();
  reply.headers(headers);
  reply.raw.writeHead(status, reply.getHeaders() as OutgoingHttpHeaders);
  void sendBody(reply.raw, body).catch((error) => {
    const { explanation, code, place } = toNightjarError(error);
    if (code === 'stopping') return;
    reply.log.warn({ code, ...place }, `Sending footage ended early: ${explanation}`);
  });
  return reply;
}
