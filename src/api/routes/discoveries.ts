import { Discovery, DiscoveryInput, DiscoveryParams } from '../contract/device.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** /discoveries: which devices there are on the network, or at an address. */
export async function discoveryRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  const { discoveries } = services;
  const tags = ['cameras'];

  api.post(
    '/discoveries',
    {
      schema: {
        summary: 'Search for cameras by ONVIF',
        description: 'Takes five seconds at most; read it again meanwhile to see what is found.',
        tags,
        body: DiscoveryInput,
        response: answers({ 202: Discovery }),
      },
    },
    async (request, reply) => {
      const discovery = discoveries.start(request.body.address);
      return reply.code(202).header('location', `/api/v1/discoveries/${discovery.id}`).send(discovery);
    },
  );

  api.get(
    '/discoveries/:discoveryId',
    {
      schema: {
        summary: 'What a search has found so far',
        tags,
        params: DiscoveryParams,
        response: answers({ 200: Discovery }),
      },
    },
    async (request) => discoveries.get(request.params.discoveryId),
  );
}
