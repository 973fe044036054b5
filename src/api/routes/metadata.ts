import { NightjarError } from '../../errors/nightjar_error.ts';
import { findCamera, findStream } from '../camera_view.ts';
import { CameraParams } from '../contract/camera.ts';
import { MetadataAnswer, MetadataQuery } from '../contract/footage.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** GET /cameras/{id}/metadata: what the camera says beside its pictures. */
export async function metadataRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.get(
    '/cameras/:cameraId/metadata',
    {
      schema: {
        summary: 'The newest document of the metadata stream',
        description:
          'What the camera says of the scene, of its motors and of events, beside the pictures of a stream that is being received. Only the newest document is kept.',
        tags: ['footage'],
        params: CameraParams,
        querystring: MetadataQuery,
        response: answers({ 200: MetadataAnswer }),
      },
    },
    async (request) => {
      const camera = findCamera(services.cameras, request.params.cameraId);
      const { id, role } = findStream(camera, request.query.stream);
      const document = services.newestMetadata(id);
      if (!document) throw new NightjarError('not_found', `The ${role} stream has sent no metadata so far.`);
      return { arrivalMs: Math.round(document.arrivalMs), xml: Buffer.from(document.xml).toString('utf8') };
    },
  );
}
