import { findCamera, findStream } from '../camera_view.ts';
import { CameraParams } from '../contract/camera.ts';
import { KeyFrameQuery } from '../contract/footage.ts';
import { parseInstant } from '../instant.ts';
import { mediaRequest, sendMedia } from '../media_reply.ts';
import { type Api, answers, fileAnswer, type RouteOptions } from '../route.ts';

/** GET and HEAD /cameras/{id}/keyframe: one picture, for whoever looks for a moment. */
export async function keyFrameRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.route({
    method: ['GET', 'HEAD'],
    exposeHeadRoute: false,
    url: '/cameras/:cameraId/keyframe',
    schema: {
      summary: 'The newest key frame at or before an instant',
      description:
        'Fragmented MP4 with one sample. The header `nightjar-instant-ms` says when it was recorded; in a gap there is none.',
      tags: ['footage'],
      params: CameraParams,
      querystring: KeyFrameQuery,
      response: answers({
        200: fileAnswer('The picture.', 'video/mp4'),
        206: fileAnswer('The range of bytes that was asked for.', 'video/mp4'),
      }),
    },
    handler: async (request, reply) => {
      const { stream, at } = request.query;
      const atMs = parseInstant(at, 'at');
      const { id } = findStream(findCamera(services.cameras, request.params.cameraId), stream);
      const answer = await services.delivery.keyFrame({ streamId: id, atMs }, mediaRequest(request, reply));
      return sendMedia(reply, answer);
    },
  });
}
