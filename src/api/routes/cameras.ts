import Type from 'typebox';
import { findCamera, viewCamera } from '../camera_view.ts';
import { CameraAnswer, CameraInput, CameraList, CameraParams, CameraPatch } from '../contract/camera.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** /cameras: what is recorded. */
export async function cameraRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  const { cameras, cameraService } = services;
  const view = (camera: Parameters<typeof viewCamera>[0]) => viewCamera(camera, services.streamStatus);
  const tags = ['cameras'];

  api.get(
    '/cameras',
    { schema: { summary: 'All cameras', tags, response: answers({ 200: CameraList }) } },
    async () => ({ cameras: cameras.list().map(view) }),
  );

  api.post(
    '/cameras',
    {
      schema: { summary: 'Add a camera', tags, body: CameraInput, response: answers({ 201: CameraAnswer }) },
    },
    async (request, reply) => {
      const camera = await cameraService.add(request.body);
      return reply.code(201).header('location', `/api/v1/cameras/${camera.id}`).send(view(camera));
    },
  );

  api.get(
    '/cameras/:cameraId',
    {
      schema: { summary: 'One camera', tags, params: CameraParams, response: answers({ 200: CameraAnswer }) },
    },
    async (request) => view(findCamera(cameras, request.params.cameraId)),
  );

  api.patch(
    '/cameras/:cameraId',
    {
      schema: {
        summary: 'Change a camera',
        description:
          'What is left out stays; null clears. A stream keeps its id and its footage when its URL changes. A camera with a password that moves to another scheme, host or port needs it again.',
        tags,
        params: CameraParams,
        body: CameraPatch,
        response: answers({ 200: CameraAnswer }),
      },
    },
    async (request) => view(await cameraService.change(request.params.cameraId, request.body)),
  );

  api.delete(
    '/cameras/:cameraId',
    {
      schema: {
        summary: 'Stop recording a camera and forget it',
        description: 'Its footage stays until its age ends.',
        tags,
        params: CameraParams,
        response: answers({ 204: Type.Null({ description: 'It is gone.' }) }),
      },
    },
    async (request, reply) => {
      await cameraService.remove(request.params.cameraId);
      return reply.code(204).send(null);
    },
  );
}
