import { HealthAnswer } from '../contract/status.ts';
import type { Api, RouteOptions } from '../route.ts';

/** GET /health: for whatever restarts or alarms. A camera that is away is no reason for either. */
export async function healthRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.get(
    '/health',
    {
      schema: {
        summary: 'Whether the server works',
        description:
          '503 only when the database or every storage root is unusable, or the server is stopping. One root of several that is away is an alarm.',
        tags: ['server'],
        response: { 200: HealthAnswer, 503: HealthAnswer },
      },
    },
    async (_, reply) => {
      if (services.isStopping()) return reply.code(503).send({ status: 'stopping', problems: [] });
      const problems = services.problems();
      if (problems.length > 0) return reply.code(503).send({ status: 'failing', problems });
      return { status: 'ok' as const, problems };
    },
  );
}
