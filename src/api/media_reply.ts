import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpAnswer, HttpRequestFacts } from '../delivery/delivery_service.ts';
import { NightjarError } from '../errors/nightjar_error.ts';

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
  if (answer.status === 416) {
    const range = answer.headers['content-range'] ?? '';
    reply.header('content-range', range);
    throw new NightjarError('range_unsatisfiable', `The file has ${range.replace('bytes */', '')} bytes.`, {
      place: { field: 'Range' },
    });
  }
  return reply.code(answer.status).headers(answer.headers).send(answer.body);
}
