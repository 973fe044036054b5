import type { Problem } from '../../src/api/contract/problem.ts';
import { message } from '../messages/message.ts';

/** A code of the server's catalogue, or one of the two ways in which no answer of the server's came. */
export type ProblemCode = Problem['code'] | 'unreachable' | 'unreadable';

/** Why a request failed: what happened, what to do, and what is wrong with which field. */
export class RequestProblem extends Error {
  readonly code: ProblemCode;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly detail: string;
  readonly advice: string;
  /** From the path of a field (`streams.0.url`) to what is wrong with it. */
  readonly fields: ReadonlyMap<string, string>;

  constructor(problem: Pick<Problem, 'status' | 'detail' | 'advice' | 'errors'> & { code: ProblemCode }) {
    super(problem.detail);
    this.code = problem.code;
    this.status = problem.status;
    this.detail = problem.detail;
    this.advice = problem.advice;
    this.fields = new Map(
      // Beside its field, the path of it need not be said.
      problem.errors?.map(({ field, detail }) => [field, detail.replace(`${field}: `, '')]),
    );
  }
}

/** The server could not be asked. */
export function unreachable(): RequestProblem {
  return new RequestProblem({
    code: 'unreachable',
    status: 0,
    detail: message('problem.unreachable.detail'),
    advice: message('problem.unreachable.advice'),
  });
}

/** What the body of a failed answer says; a body that is no problem details, such as a proxy's page, gives 'unreadable'. */
export function problemOf(status: number, body: unknown): RequestProblem {
  if (isProblem(body)) return new RequestProblem({ ...body, status });
  return new RequestProblem({
    code: 'unreadable',
    status,
    detail: message('problem.unreadable.detail', { status }),
    advice: message('problem.unreadable.advice'),
  });
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null) return false;
  const { code, detail, advice } = body as Partial<Problem>;
  return typeof code === 'string' && typeof detail === 'string' && typeof advice === 'string';
}
