import type { WebSocket, WebsocketPluginOptions } from '@fastify/websocket';
import type { Clock } from '../../clock/clock.ts';
import { NightjarError, toNightjarError } from '../../errors/nightjar_error.ts';
import { liveClose } from '../../live/live_message.ts';
import type { LiveSocket } from '../../live/watched_stream.ts';
import { findCamera, findStream } from '../camera_view.ts';
import { CameraParams } from '../contract/camera.ts';
import { LiveQuery } from '../contract/live.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** Watchers have nothing to say. */
const maxMessageBytes = 1024;
/** A connection that was closed and whose other end does not answer is cut after this. */
const closeGraceMs = 500;
/** RFC 6455 section 5.5: longest reason of a close, in bytes. */
const maxReasonBytes = 123;

/** How WebSocket connections are taken. */
export function webSocketOptions(clock: Clock): WebsocketPluginOptions {
  return {
    options: { maxPayload: maxMessageBytes },
    // What a connection breaks on is the other end's affair.
    errorHandler: (_, socket) => socket.terminate(),
    preClose(done) {
      for (const socket of this.websocketServer.clients)
        liveSocket(socket, clock).close(liveClose.stopping, 'The server stops.');
      done();
    },
  };
}

/** GET /cameras/{id}/live: a WebSocket with what the camera sends now; docs/live.md has its messages. */
export async function liveRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.route({
    method: 'GET',
    exposeHeadRoute: false,
    url: '/cameras/:cameraId/live',
    schema: {
      summary: 'Watch live (WebSocket)',
      description:
        'Fragmented MP4, a picture at a time, between JSON messages that say what comes. docs/live.md has the messages and the codes with which the server closes.',
      tags: ['live'],
      params: CameraParams,
      querystring: LiveQuery,
      response: answers({}),
    },
    handler: async () => {
      throw new NightjarError('request_invalid', 'Live pictures are sent over a WebSocket only.');
    },
    wsHandler: (webSocket, request) => {
      const { cameraId } = request.params as { cameraId: string };
      const { stream } = request.query as { stream?: string };
      const socket = liveSocket(webSocket, services.clock);
      try {
        const { id: streamId, role } = findStream(findCamera(services.cameras, cameraId), stream);
        const leave = services.live.join({ streamId, role }, socket);
        webSocket.on('close', leave);
      } catch (error) {
        // A page is not shown the status of a handshake that failed, but the reason of a close.
        socket.close(liveClose.gone, toNightjarError(error).message);
      }
    },
  });
}

function liveSocket(socket: WebSocket, clock: Clock): LiveSocket {
  return {
    get backlogBytes() {
      return socket.bufferedAmount;
    },
    sendText: (text) => socket.send(text, ignoreFailure),
    sendBytes: (bytes) => socket.send(bytes, ignoreFailure),
    close(code, reason) {
      socket.close(code, fitting(reason));
      const cut = clock.after(closeGraceMs, () => socket.terminate());
      socket.once('close', () => cut.cancel());
    },
  };
}

/** A message to a connection that is closing is lost; its `close` event tells. */
const ignoreFailure = () => {};

function fitting(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text) > maxReasonBytes) text = text.slice(0, -1);
  return text;
}
