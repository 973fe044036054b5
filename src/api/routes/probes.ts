import { NightjarError, toNightjarError } from '../../errors/nightjar_error.ts';
import type { RecordableReport } from '../../probe/probe.ts';
import { readStreamUrl } from '../camera_input.ts';
import { findCamera } from '../camera_view.ts';
import { ProbeAnswer, ProbeInput } from '../contract/probe.ts';
import { isOfCamera } from '../kept_credentials.ts';
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
      const camera = cameraId === undefined ? undefined : findCamera(services.cameras, cameraId);
      const kept = camera && isOfCamera(camera, found.url) ? camera : undefined;
      const username = request.body.username ?? found.username ?? kept?.username;
      const password = request.body.password ?? found.password ?? kept?.password;
      const tlsFingerprint = request.body.tlsFingerprint ?? kept?.tlsFingerprint;
      const { transport } = request.body;
      const withheld = password === undefined && camera?.password !== undefined;
      const report = await services
        .probe({
          url: found.url,
          ...(transport !== undefined && { transport }),
          ...(username !== undefined && { username }),
          ...(password !== undefined && { password }),
          ...(tlsFingerprint !== undefined && { tlsFingerprint }),
        })
        .catch((thrown) => {
          throw withheld ? askingAgain(toNightjarError(thrown)) : thrown;
        });
      return answerOf(report, found.url, withheld ? [withheldNote] : []);
    },
  );
}

const withheldNote =
  'Tested without the password that is kept for the camera, since this is another address: type it again to test with it.';

/** What was found, without what was said: that is for whoever sits at the camera's side of the API. */
function answerOf(report: RecordableReport, url: string, notes: readonly string[]): ProbeAnswer {
  const { dialogue: _dialogue, startedMs: _startedMs, ...facts } = report;
  return {
    ...facts,
    url,
    failedAttempts: [...facts.failedAttempts],
    offered: facts.offered.map((medium) => ({ ...medium, formats: [...medium.formats] })),
    delivery: [...facts.delivery],
    authentication: [...facts.authentication],
    advice: [...facts.advice],
    notes: [...facts.notes, ...notes],
  };
}

/** A refusal that comes of the password not being sent names the field to fill in. */
function askingAgain(error: NightjarError): NightjarError {
  if (error.code !== 'camera_authentication') return error;
  return new NightjarError('request_invalid', `${error.message} ${withheldNote}`, {
    place: { ...error.place, field: 'password' },
    cause: error,
  });
}
