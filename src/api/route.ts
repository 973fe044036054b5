import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import Type, { type TSchema } from 'typebox';
import type { ApiServices } from './ports.ts';

/** The server as a file of routes sees it. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface RouteOptions {
  readonly services: ApiServices;
}

const problem = {
  description: 'What went wrong, as problem details.',
  content: { 'application/problem+json': { schema: Type.Ref('Problem') } },
};

/** The answers of a route: its own ones by status, and a problem for everything else. */
export function answers<const Answers extends Readonly<Record<number, TSchema | FileAnswer>>>(own: Answers) {
  return { ...own, '4xx': problem, '5xx': problem };
}

/** An answer that is no JSON. */
export interface FileAnswer {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: TSchema }>>;
}

export function fileAnswer(description: string, contentType: string): FileAnswer {
  return { description, content: { [contentType]: { schema: Type.String({ format: 'binary' }) } } };
}
