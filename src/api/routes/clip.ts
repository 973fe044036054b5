import { findCamera, findStream } from '../camera_view.ts';
import { CameraParams, ClipQuery } from '../contract.ts';
import { parseWindow } from '../instant.ts';
import { mediaRequest, sendMedia } from '../media_reply.ts';
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
        200: fileAnswer('The whole clip.', 'video/mp4'),
        206: fileAnswer('The range of bytes that was asked for.', 'video/mp4'),
      }),
    },
    handler: async (request, reply) => {
      const { stream, gaps = 'close' } = request.query;
      const window = parseWindow(request.query);
      const camera = findCamera(services.cameras, request.params.cameraId);
      const { id } = findStream(camera, stream);
      const answer = await services.delivery.clip(
        { streamId: id, ...window, gaps },
        mediaRequest(request, reply),
      );
      reply.header('content-disposition', disposition(camera.name, window.fromMs));
      return sendMedia(reply, answer);
    },
  });
}

/** RFC 6266: the name under which a browser saves the clip, plain for old ones and exact for others. */
export function disposition(cameraName: string, fromMs: number): string {
  const time = new Date(fromMs).toISOString().slice(0, 19).replaceAll(':', '-');
  const name = `${cameraName} ${time}Z.mp4`.replace(/[\p{Cc}/\\]/gu, '_');
  const plain = name.replace(/[^\x20-\x7e]|["%]/g, '_');
  const exact = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `inline; filename="${plain}"; filename*=UTF-8''${exact}`;
}
