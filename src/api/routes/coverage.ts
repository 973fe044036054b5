import { findCamera, findStream } from '../camera_view.ts';
import { CameraParams } from '../contract/camera.ts';
import { CoverageAnswer, CoverageQuery } from '../contract/coverage.ts';
import { parseWindow } from '../instant.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** GET /cameras/{id}/coverage: how much of a window was recorded, and why not the rest. */
export async function coverageRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.get(
    '/cameras/:cameraId/coverage',
    {
      schema: {
        summary: 'How much is recorded',
        description:
          'Sums up the timeline of a window, in full detail: time with footage, time without by cause, and what was lost on the way.',
        tags: ['footage'],
        params: CameraParams,
        querystring: CoverageQuery,
        response: answers({ 200: CoverageAnswer }),
      },
    },
    async (request) => {
      const { stream, zone } = request.query;
      return services.coverage({
        stream: findStream(findCamera(services.cameras, request.params.cameraId), stream),
        ...parseWindow(request.query),
        zone,
      });
    },
  );
}
