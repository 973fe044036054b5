import { parseConvertedAddress } from '../../playback/media_address.ts';
import { findCamera, findStream } from '../camera_view.ts';
import { CameraParams } from '../contract/camera.ts';
import { PlaylistQuery, SegmentFileParams } from '../contract/footage.ts';
import { parseInstant } from '../instant.ts';
import { mediaRequest, sendMedia } from '../media_reply.ts';
import { type Api, answers, fileAnswer, type RouteOptions } from '../route.ts';

/** GET /cameras/{id}/playlist.m3u8 and the files that it refers to: HTTP Live Streaming of what was recorded. */
export async function playlistRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  const tags = ['footage'];

  api.get(
    '/cameras/:cameraId/playlist.m3u8',
    {
      schema: {
        summary: 'A playlist for HTTP Live Streaming',
        description: 'Fragmented MP4 from the recorded files. Without `to` the list grows with the footage.',
        tags,
        params: CameraParams,
        querystring: PlaylistQuery,
        response: answers({ 200: fileAnswer('The playlist.', 'application/vnd.apple.mpegurl') }),
      },
    },
    async (request, reply) => {
      const { stream, from, to, tracks = 'all', audio } = request.query;
      const fromMs = parseInstant(from, 'from');
      const toMs = to === undefined ? undefined : parseInstant(to, 'to');
      const { id } = findStream(findCamera(services.cameras, request.params.cameraId), stream);
      const { signal } = mediaRequest(request, reply);
      const playlist = await services.delivery.playlist({
        streamId: id,
        fromMs,
        toMs,
        tracks: tracks === 'all' && audio === 'flac' ? 'flac' : tracks,
        ...(signal && { signal }),
      });
      return reply.headers(playlist.headers).send(playlist.text);
    },
  );

  api.route({
    method: ['GET', 'HEAD'],
    exposeHeadRoute: false,
    url: '/cameras/:cameraId/segments/:segmentId/:fileName',
    schema: {
      summary: 'A file that a playlist refers to',
      description: 'Never changes, so it may be kept for ever.',
      tags,
      params: SegmentFileParams,
      response: answers({
        200: fileAnswer('Media of one or more groups of pictures, or their header.', 'video/mp4'),
        206: fileAnswer('The range of bytes that was asked for.', 'video/mp4'),
      }),
    },
    handler: async (request, reply) => {
      const { cameraId, segmentId, fileName } = request.params;
      const streamIds = findCamera(services.cameras, cameraId).streams.map(({ id }) => id);
      const converted = parseConvertedAddress(segmentId, fileName);
      if (converted) {
        const { signal } = mediaRequest(request, reply);
        const bytes = await services.conversions.file(streamIds, converted, signal);
        const type = converted.part === 'init' ? 'video/mp4' : 'video/iso.segment';
        // Another ffmpeg would make other bytes of it, so it is not kept for ever.
        return reply.headers({ 'content-type': type, 'cache-control': 'private, max-age=3600' }).send(bytes);
      }
      const answer = await services.delivery.segmentFile(
        { streamIds, segmentId, fileName },
        mediaRequest(request, reply),
      );
      return sendMedia(reply, answer);
    },
  });
}
