import { readStreamUrl, readTransport } from '../camera_input.ts';
import { findCamera } from '../camera_view.ts';
import { ProbeAnswer, ProbeInput } from '../contract.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** POST /probes: looks at a stream before it is added. */
export async function probeRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.post(
    '/probes',
    {
      schema: {
        summary: 'What a camera sends, or why it cannot be recorded',
        tags: ['cameras'],
        body: ProbeInput,
        response: answers({ 200: ProbeAnswer }),
      },
    },
    async (request) => {
      const found = readStreamUrl(request.body.url, 'url');
      const { cameraId } = request.body;
      const kept = cameraId === undefined ? undefined : findCamera(services.cameras, cameraId);
      const username = request.body.username ?? found.username ?? kept?.username;
      const password = request.body.password ?? found.password ?? kept?.password;
      const tlsFingerprint = request.body.tlsFingerprint ?? kept?.tlsFingerprint;
      const transport = request.body.transport && readTransport(request.body.transport, 'transport');
      const report = await services.probe({
        url: found.url,
        ...(transport !== undefined && { transport }),
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        ...(tlsFingerprint !== undefined && { tlsFingerprint }),
      });
      return { ...report, notes: [...report.notes] };
    },
  );
}
