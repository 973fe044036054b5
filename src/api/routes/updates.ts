import type { ServerResponse } from 'node:http';
import { updateEvents } from '../contract/update.ts';
import { type Api, answers, fileAnswer, type RouteOptions } from '../route.ts';
import type { UpdateClient } from '../updates/update_feed.ts';

/** What a client may leave unread: all streams of hundreds of cameras may change their state at once. */
const maxUnreadBytes = 1024 * 1024;

/** GET /updates: what changes, as it changes. */
export async function updateRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.get(
    '/updates',
    {
      // An answer without an end has no length and no use for HEAD.
      exposeHeadRoute: false,
      schema: {
        summary: 'What changes, pushed as server-sent events',
        description: `Events with JSON data: ${Object.keys(updateEvents).join(', ')}. After each hello, ask anew for what you show. Who reads too slowly is cut off and may come again.`,
        tags: ['server'],
        response: answers({ 200: fileAnswer('Events, until one side ends it.', 'text/event-stream') }),
      },
    },
    (_, reply) => {
      const response = reply.raw;
      response.setHeader('content-type', 'text/event-stream');
      response.setHeader('cache-control', 'no-store');
      const end = services.updates.connect(clientOf(response));
      // From here on the answer is neither serialised nor ended for us.
      reply.hijack();
      response.once('close', end);
      response.once('error', end);
    },
  );
}

function clientOf(response: ServerResponse): UpdateClient {
  return {
    send(text) {
      if (response.destroyed || response.writableLength > maxUnreadBytes) return false;
      response.write(text);
      return true;
    },
    close() {
      response.destroy();
    },
  };
}
