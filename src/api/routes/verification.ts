import type { VerificationPass } from '../../index/passes.ts';
import type { VerificationReport } from '../../verification.ts';
import { VerificationAnswer, VerificationInput } from '../contract/verification.ts';
import { type Api, answers, type RouteOptions } from '../route.ts';

/** POST /verification: look at the recorded files now. */
export async function verificationRoutes(api: Api, { services }: RouteOptions): Promise<void> {
  api.post(
    '/verification',
    {
      schema: {
        summary: 'Look now whether all recorded files are still there',
        description:
          'In the background; GET /status tells what it found. Files that are lost become gaps, and those that are whole again become footage.',
        tags: ['server'],
        body: VerificationInput,
        response: answers({ 202: VerificationAnswer }),
      },
    },
    async ({ body }, reply) => {
      services.verification.begin(body.deep ?? false);
      return reply.code(202).send(viewVerification(services.verification.report()));
    },
  );
}

export function viewVerification({
  running,
  last,
  nextMs,
  deep,
  files,
  lost,
  unreadable,
}: VerificationReport): VerificationAnswer {
  return {
    running,
    missingFiles: lost.missing,
    damagedFiles: lost.damaged,
    unreadableFiles: unreadable,
    ...(nextMs !== undefined && { nextMs }),
    ...(last && { last: viewPass(last) }),
    files,
    deep: {
      ...(deep.nextMs !== undefined && { nextMs: deep.nextMs }),
      ...(deep.underWay && {
        underWay: { startedMs: deep.underWay.startedMs, checked: deep.underWay.checked },
      }),
      ...(deep.last && { last: viewPass(deep.last) }),
    },
  };
}

function viewPass(pass: VerificationPass): VerificationPass & { awayRoots: string[] } {
  return { ...pass, awayRoots: [...pass.awayRoots] };
}
