import { findCamera, findStream } from '../camera_view.ts';
import { CameraParams } from '../contract/camera.ts';
import { TimelineAnswer, TimelineQuery } from '../contract/footage.ts';
import { parseWindow } from '../instant.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** GET /cameras/{id}/timeline: what was recorded and what was not, with the causes. */
export async function timelineRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.get(
    '/cameras/:cameraId/timeline',
    {
      schema: {
        summary: 'Footage and gaps',
        description:
          'Sorted, clipped to the window and to now. Neighbours touch exactly; the last moments after the newest footage are neither footage nor gap.',
        tags: ['footage'],
        params: CameraParams,
        querystring: TimelineQuery,
        response: answers({ 200: TimelineAnswer }),
      },
    },
    async (request) => {
      const { stream, resolutionMs } = request.query;
      const { id } = findStream(findCamera(services.cameras, request.params.cameraId), stream);
      return services.timeline({
        streamId: id,
        ...parseWindow(request.query),
        ...(resolutionMs !== undefined && { resolutionMs: Number(resolutionMs) }),
      });
    },
  );
}
