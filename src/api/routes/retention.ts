import { RetentionAnswer } from '../contract/retention.ts';
import type { ApiServices } from '../ports.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** GET /retention: how much footage there is, and how much there will be. */
export async function retentionRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.get(
    '/retention',
    {
      schema: {
        summary: 'Days of footage, achieved and expected, by camera',
        description:
          'Expected by what each camera took in the last 24 hours. Events and protections make it less; they are not foreseen.',
        tags: ['retention'],
        response: answers({ 200: RetentionAnswer }),
      },
    },
    async () => viewRetention(services.retention()),
  );
}

function viewRetention(report: ReturnType<ApiServices['retention']>): RetentionAnswer {
  return {
    ...report,
    shortfalls: [...report.shortfalls],
    cameras: report.cameras.map(({ oldestMs, expectedDays, limitedBy, ...camera }) => ({
      ...camera,
      ...(oldestMs !== undefined && { oldestMs }),
      ...(expectedDays !== undefined && { expectedDays }),
      ...(limitedBy !== undefined && { limitedBy }),
    })),
  };
}
