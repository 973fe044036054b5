import Type from 'typebox';
import { type UnixMillis, unixMillis } from '../../units/time.ts';
import { findCamera, findStream } from '../camera_view.ts';
import { CameraParams, ClipQuery } from '../contract.ts';
import { parseWindow } from '../instant.ts';
import { mediaRequest, sendMedia } from '../media_reply.ts';
import type { ApiServices } from '../ports.ts';
import { type Api, answers, fileAnswer, type RouteOptions } from '../route.ts';

/** GET and HEAD /cameras/{id}/clip.mp4: a piece of footage as one file that plays everywhere. */
export async function clipRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.route({
    method: ['GET', 'HEAD'],
    exposeHeadRoute: false,
    url: '/cameras/:cameraId/clip.mp4',
    schema: {
      summary: 'A clip as one MP4 file',
      description:
        'Made on the way out, with the exact length known beforehand. Ranges and If-Range are answered; the ETag is that of the footage as it was found.',
      tags: ['footage'],
      params: CameraParams,
      querystring: ClipQuery,
      response: answers({
        307: Type.Null({
          description: 'The window reaches into the present: the clip up to the newest footage.',
        }),
        200: fileAnswer('The whole clip.', 'video/mp4'),
        206: fileAnswer('The range of bytes that was asked for.', 'video/mp4'),
      }),
    },
    handler: async (request, reply) => {
      const { stream, gaps = 'close' } = request.query;
      const window = parseWindow(request.query);
      const camera = findCamera(services.cameras, request.params.cameraId);
      const { id } = findStream(camera, stream);
      const settledMs = settledEnd(services, id, window.toMs);
      if (settledMs < window.toMs && settledMs > window.fromMs) {
        const query = new URLSearchParams({ ...request.query, to: String(settledMs) });
        return reply.redirect(`${request.url.split('?', 1)[0]}?${query}`, 307);
      }
      const answer = await services.delivery.clip(
        { streamId: id, ...window, gaps },
        mediaRequest(request, reply),
      );
      reply.header('content-disposition', disposition(camera.name, window.fromMs));
      return sendMedia(reply, answer);
    },
  });
}

/** Footage of the last moments may still come; a recording is known up to less than this before now. */
const presentMs = 10_000;

/**
 * Where a window must end so that what it covers does not change any more: two requests for parts of one file must find
 * the same file, and not every reader asks with If-Range.
 */
function settledEnd(services: ApiServices, streamId: string, toMs: UnixMillis): UnixMillis {
  const fromMs = unixMillis(services.clock.now() - presentMs);
  if (toMs <= fromMs) return toMs;
  return unixMillis(Math.floor(services.timeline({ streamId, fromMs, toMs }).knownToMs));
}

/** RFC 6266: the name under which a browser saves the clip, plain for old ones and exact for others. */
export function disposition(cameraName: string, fromMs: number): string {
  const time = new Date(fromMs).toISOString().slice(0, 19).replaceAll(':', '-');
  const name = `${cameraName} ${time}Z.mp4`.replace(/[\p{Cc}/\\]/gu, '_');
  const plain = name.replace(/[^\x20-\x7e]|["%]/g, '_');
  const exact = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `inline; filename="${plain}"; filename*=UTF-8''${exact}`;
}
