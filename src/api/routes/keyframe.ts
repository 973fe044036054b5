import { jpegWidth } from '../../delivery/ffmpeg_jpeg.ts';
import { findCamera, findStream } from '../camera_view.ts';
import { CameraParams } from '../contract/camera.ts';
import { KeyFrameQuery } from '../contract/footage.ts';
import { parseInstant } from '../instant.ts';
import { mediaRequest, sendMedia } from '../media_reply.ts';
import { type Api, answers, fileAnswer, type RouteOptions } from '../route.ts';

/** GET and HEAD /cameras/{id}/keyframe, GET /cameras/{id}/keyframe.jpg: one picture, for whoever looks for a moment. */
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
  api.route({
    method: 'GET',
    exposeHeadRoute: false,
    url: '/cameras/:cameraId/keyframe.jpg',
    schema: {
      summary: 'The newest key frame at or before an instant, as a small JPEG',
      description: `For browsers that cannot decode it themselves; at most ${jpegWidth} pixels wide. The header \`nightjar-instant-ms\` says when it was recorded. It is made by ffmpeg; where the server has none: 501 \`ffmpeg_missing\`.`,
      tags: ['footage'],
      params: CameraParams,
      querystring: KeyFrameQuery,
      response: answers({ 200: fileAnswer('The picture.', 'image/jpeg') }),
    },
    handler: async (request, reply) => {
      const { stream, at } = request.query;
      const atMs = parseInstant(at, 'at');
      const { id } = findStream(findCamera(services.cameras, request.params.cameraId), stream);
      const { status, headers, bytes } = await services.pictures.picture(
        { streamId: id, atMs },
        mediaRequest(request, reply),
      );
      return reply.code(status).headers(headers).send(bytes);
    },
  });
}
