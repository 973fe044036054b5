import Type from 'typebox';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** GET /metrics: figures for Prometheus. */
export async function metricsRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.get(
    '/metrics',
    {
      schema: {
        summary: 'Figures in the Prometheus text format',
        tags: ['server'],
        response: answers({ 200: Type.String() }),
      },
    },
    async (_, reply) => {
      // Many installations are never asked for metrics: their library is loaded when the first one is.
      const { collectMetrics } = await import('../metrics.ts');
      const { text, contentType } = await collectMetrics(services);
      return reply.type(contentType).send(text);
    },
  );
}
