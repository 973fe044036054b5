/** Errors of the HTTP API. */
import Type, { type Static } from 'typebox';
import { type ErrorCode, errorCatalogue } from '../../errors/catalogue.ts';

const errorCodes = Object.keys(errorCatalogue) as ErrorCode[];

export const Code = Type.Enum(errorCodes, { description: 'Code of the error catalogue.' });

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'A URN made of the code.' }),
    title: Type.String({ description: 'What the code means.' }),
    status: Type.Integer({ description: 'HTTP status.' }),
    code: Code,
    detail: Type.String({ description: 'What happened.' }),
    advice: Type.String({ description: 'What to do about it.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String({ description: 'For example streams.0.url; empty for the whole.' }),
          detail: Type.String({ description: 'What is wrong, and what would be right.' }),
        }),
      ),
    ),
  },
  { description: 'RFC 9457 problem details.' },
);
export type Problem = Static<typeof Problem>;
