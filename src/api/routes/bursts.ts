import { findCamera, findStream } from '../camera_view.ts';
import { CameraParams } from '../contract/camera.ts';
import { BurstAnswer, BurstQuery } from '../contract/footage.ts';
import { parseInstant } from '../instant.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** GET /cameras/{id}/bursts: where the footage becomes active. */
export async function burstRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.get(
    '/cameras/:cameraId/bursts',
    {
      schema: {
        summary: 'The next burst of activity, or the one before',
        description:
          'Told from the sizes of encoded pictures alone: that something changed in them, and not what. Without burst there is none.',
        tags: ['footage'],
        params: CameraParams,
        querystring: BurstQuery,
        response: answers({ 200: BurstAnswer }),
      },
    },
    async (request) => {
      const { stream, from, direction } = request.query;
      const { id } = findStream(findCamera(services.cameras, request.params.cameraId), stream);
      return services.burst({ streamId: id, fromMs: parseInstant(from, 'from'), direction });
    },
  );
}
