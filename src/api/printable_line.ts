import { NightjarError } from '../errors/nightjar_error.ts';

/**
 * Of what people and programs name things: it goes into lists, logs and terminals.
 *
 * @param field of the request, for the error
 * @throws NightjarError `request_invalid` when the text has a control character, or is more than one line
 */
export function requirePrintable(field: string, text: string): void {
  if (!/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return;
  throw new NightjarError('request_invalid', `${field} must be one line of printable text.`, {
    place: { field },
  });
}
