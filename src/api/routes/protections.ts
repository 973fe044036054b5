import Type from 'typebox';
import {
  ProtectionAnswer,
  ProtectionInput,
  ProtectionList,
  ProtectionParams,
  ReleaseQuery,
} from '../contract/retention.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** /protections: footage that is held, by whom and why. */
export async function protectionRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  const { protections } = services;
  const tags = ['retention'];

  api.get(
    '/protections',
    { schema: { summary: 'All protections in force', tags, response: answers({ 200: ProtectionList }) } },
    async () => ({ protections: protections.list() }),
  );

  api.post(
    '/protections',
    {
      schema: {
        summary: 'Protect footage',
        description:
          'No rule deletes it until the protection is released, also when it is recorded only later. A file of which one instant is protected stays whole. What was being deleted already is not saved.',
        tags,
        body: ProtectionInput,
        response: answers({ 201: ProtectionAnswer }),
      },
    },
    async (request, reply) => {
      const protection = protections.add(request.body);
      return reply.code(201).header('location', `/api/v1/protections/${protection.id}`).send(protection);
    },
  );

  api.delete(
    '/protections/:protectionId',
    {
      schema: {
        summary: 'Release a protection',
        description: 'Who did it and why is logged, and written beside the footage.',
        tags,
        params: ProtectionParams,
        querystring: ReleaseQuery,
        response: answers({ 204: Type.Null({ description: 'It is not in force any more.' }) }),
      },
    },
    async (request, reply) => {
      protections.release(request.params.protectionId, request.query);
      return reply.code(204).send(null);
    },
  );
}
