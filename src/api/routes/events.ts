import { CameraParams } from '../contract/camera.ts';
import {
  CameraEventAnswer,
  EventInput,
  EventList,
  EventParams,
  EventPatch,
  EventQuery,
} from '../contract/event.ts';
import { parseWindow } from '../instant.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** /cameras/{id}/events: what happened in front of a camera. */
export async function eventRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  const { events } = services;
  const tags = ['events'];

  api.get(
    '/cameras/:cameraId/events',
    {
      schema: {
        summary: 'Events of a camera in a window',
        description: 'Those with an instant in the window, oldest first.',
        tags,
        params: CameraParams,
        querystring: EventQuery,
        response: answers({ 200: EventList }),
      },
    },
    async (request) => {
      const { type, limit } = request.query;
      return events.list(request.params.cameraId, {
        ...parseWindow(request.query),
        type,
        limit: limit === undefined ? undefined : Number(limit),
      });
    },
  );

  api.post(
    '/cameras/:cameraId/events',
    {
      schema: {
        summary: 'Tell an event',
        description:
          'Without endMs it goes on until it is ended by PATCH. Footage with events can be kept longer.',
        tags,
        params: CameraParams,
        body: EventInput,
        response: answers({ 201: CameraEventAnswer }),
      },
    },
    async (request, reply) => {
      const { cameraId } = request.params;
      const event = events.add(cameraId, request.body);
      return reply.code(201).header('location', `/api/v1/cameras/${cameraId}/events/${event.id}`).send(event);
    },
  );

  api.patch(
    '/cameras/:cameraId/events/:eventId',
    {
      schema: {
        summary: 'End an event that goes on',
        tags,
        params: EventParams,
        body: EventPatch,
        response: answers({ 200: CameraEventAnswer }),
      },
    },
    async (request) => events.close(request.params.cameraId, request.params.eventId, request.body),
  );
}
