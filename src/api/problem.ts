import type { FastifySchemaValidationError } from 'fastify';
import type { NightjarError } from '../errors/nightjar_error.ts';
import type { Problem } from './contract/problem.ts';

export const problemType = 'application/problem+json';
/** Faults that one answer lists. */
const maxFaults = 20;

/** An error as RFC 9457 problem details. */
export function problemOf(error: NightjarError, faults: NonNullable<Problem['errors']> = []): Problem {
  const { meaning, httpStatus, advice } = error.entry;
  const { field } = error.place;
  const listed = faults.length === 0 && field !== undefined ? [{ field, detail: error.message }] : faults;
  return {
    type: `urn:nightjar:error:${error.code}`,
    title: meaning,
    status: httpStatus,
    code: error.code,
    // What went wrong inside is for the log, not for whoever asked.
    detail: error.code === 'internal' ? meaning : error.message,
    advice,
    ...(listed.length > 0 && { errors: listed.slice(0, maxFaults) }),
  };
}

interface Fault {
  readonly field: string;
  readonly detail: string;
}

/** What Ajv says in its verbose mode, beyond what fastify's type knows. */
type VerboseError = FastifySchemaValidationError & {
  readonly data?: unknown;
  readonly parentSchema?: { readonly description?: string };
};

/**
 * What validation found, by field, in words: what is wrong and what would be right.
 *
 * @param part `body`, `querystring` or `params`
 */
export function validationFaults(errors: readonly FastifySchemaValidationError[], part: string): Fault[] {
  const faults = errors.slice(0, maxFaults).map((error) => toFault(error as VerboseError, part));
  const seen = new Set<string>();
  return faults.filter(({ field, detail }) => {
    const key = `${field}\n${detail}`;
    return !seen.has(key) && seen.add(key);
  });
}

function toFault(error: VerboseError, part: string): Fault {
  const { keyword, params, instancePath } = error;
  const path = instancePath.split('/').slice(1).map(unescapePointer);
  if (keyword === 'required') {
    const field = [...path, String(params.missingProperty)].join('.');
    return { field, detail: `${field} is missing.` };
  }
  if (keyword === 'additionalProperties') {
    const field = [...path, String(params.additionalProperty)].join('.').slice(0, 100);
    return { field, detail: `${field} is not known here.` };
  }
  const field = path.join('.');
  const subject = field === '' ? `The ${part === 'querystring' ? 'query' : part}` : field;
  return { field, detail: `${subject} ${ruleInWords(error)}.${meaningOf(error)}` };
}

function ruleInWords({ keyword, params, message }: VerboseError): string {
  const limit = Number(params.limit);
  switch (keyword) {
    case 'type':
      return `must be ${[params.type].flat().map(typeInWords).join(' or ')}`;
    case 'enum':
      return `must be one of ${(params.allowedValues as unknown[]).join(', ')}`;
    case 'minLength':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
      return `must have at least ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
    case 'maxItems':
      return `must have at most ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
    case 'minProperties':
      return 'must have something to change';
    case 'minimum':
      return `must be at least ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'pattern':
      return 'has the wrong form';
    default:
      return String(message ?? 'is not allowed');
  }
}

function typeInWords(type: unknown): string {
  const words: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    integer: 'a whole number',
    boolean: 'true or false',
    object: 'an object',
    array: 'a list',
    null: 'null',
  };
  return words[String(type)] ?? String(type);
}

function meaningOf({ parentSchema, keyword }: VerboseError): string {
  return keyword === 'pattern' && parentSchema?.description ? ` ${parentSchema.description}` : '';
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Errors that fastify makes by itself, in the words of our catalogue; undefined for others. */
export function frameworkFault(
  thrown: unknown,
): { code: 'request_invalid' | 'not_found'; detail: string } | undefined {
  const code = (thrown as { code?: unknown } | undefined)?.code;
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return {
        code: 'request_invalid',
        detail: 'The body must be JSON, with Content-Type: application/json.',
      };
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return { code: 'request_invalid', detail: 'The body is empty, but must be JSON.' };
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { code: 'request_invalid', detail: 'The body is longer than any request needs.' };
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return { code: 'request_invalid', detail: 'The body is not JSON.' };
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
    case 'FST_STATIC_FORBIDDEN_PATH':
      return { code: 'not_found', detail: 'The address is not one of this server.' };
    default:
      if (thrown instanceof SyntaxError && (thrown as { statusCode?: number }).statusCode === 400) {
        return { code: 'request_invalid', detail: 'The body is not JSON.' };
      }
      return undefined;
  }
}
