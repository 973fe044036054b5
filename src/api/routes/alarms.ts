import { viewAlarm } from '../alarm_view.ts';
import { AlarmList } from '../contract/status.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** GET /alarms: what needs a person. */
export async function alarmRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.get(
    '/alarms',
    {
      schema: {
        summary: 'What needs a person now',
        description: 'Alarms are raised and cleared with hysteresis: none comes and goes all the time.',
        tags: ['server'],
        response: answers({ 200: AlarmList }),
      },
    },
    async (): Promise<AlarmList> => ({ alarms: services.alarms().map(viewAlarm) }),
  );
}
