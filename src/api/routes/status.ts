import { viewAlarm } from '../alarm_view.ts';
import { viewCameraInFull } from '../camera_view.ts';
import { StatusAnswer } from '../contract/status.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';
import { viewVerification } from './verification.ts';

/** GET /status: everything that there is to know of the server and its streams at this moment. */
export async function statusRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.get(
    '/status',
    {
      schema: {
        summary: 'The server and every stream, in full',
        tags: ['server'],
        response: answers({ 200: StatusAnswer }),
      },
    },
    async (): Promise<StatusAnswer> => {
      const problems = services.problems();
      return {
        version: services.version,
        installationId: services.installationId,
        startedMs: services.startedMs,
        nowMs: services.clock.now(),
        healthy: problems.length === 0,
        problems,
        alarms: services.alarms().map(viewAlarm),
        storage: services.storage(),
        verification: viewVerification(services.verification.report()),
        process: services.process(),
        supervision: services.supervision(),
        cameras: services.cameras
          .list()
          .map((camera) => viewCameraInFull(camera, services.streamStatus, services.streamRestarts)),
      };
    },
  );
}
