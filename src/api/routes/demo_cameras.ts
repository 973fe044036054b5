import { viewCamera } from '../camera_view.ts';
import { CameraList } from '../contract/camera.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** POST /demo-cameras: cameras for whoever has none at hand. */
export async function demoCameraRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.post(
    '/demo-cameras',
    {
      schema: {
        summary: 'Start simulated cameras in the server and add them',
        description:
          'They are recorded like others, come back after a restart, and end when all of them are removed. To ask again adds those that were removed, and nothing twice.',
        tags: ['cameras'],
        response: answers({ 201: CameraList }),
      },
    },
    async (_, reply) => {
      const cameras = await services.demoCameras.add();
      const views = cameras.map((camera) => viewCamera(camera, services.streamStatus));
      return reply.code(201).send({ cameras: views });
    },
  );
}
