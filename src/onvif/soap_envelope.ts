/** Answers of the device and media services: SOAP 1.2 envelopes with a body or a fault. Pure. */
import { NightjarError } from '../errors/nightjar_error.ts';
import { labelText } from './label_text.ts';
import { findElement, readLongXml, textAt, type XmlElement } from './xml_document.ts';

export type SoapReply =
  | { readonly kind: 'body'; readonly body: XmlElement }
  /** Name or password are missing or wrong. */
  | { readonly kind: 'notAuthorized'; readonly reason: string }
  | { readonly kind: 'fault'; readonly reason: string };

const refusal = /not\s?authori[sz]ed|unauthori[sz]ed|failedauthentication|failedcheck|authority failure/i;

/**
 * What an answer says.
 *
 * @param status of HTTP
 * @param pause lets others do their work while a long answer is read
 * @throws NightjarError `onvif_off` when it is a web page or nothing, `onvif_malformed`
 */
export async function readSoapReply(
  status: number,
  text: string,
  pause: () => Promise<void>,
): Promise<SoapReply> {
  if (status === 401 || status === 403) return { kind: 'notAuthorized', reason: `HTTP status ${status}` };
  if (status >= 300 && status < 400) {
    throw new NightjarError('onvif_off', `The device sends us elsewhere (HTTP status ${status}).`);
  }
  if (!/<(?:[\w.-]+:)?Envelope[\s>]/.test(text)) {
    throw new NightjarError('onvif_off', `The answer is no SOAP message (HTTP status ${status}).`);
  }
  const body = findElement(await readLongXml(text, pause), 'Body');
  if (!body) throw new NightjarError('onvif_malformed', 'The answer has no body.');
  const fault = findElement(body, 'Fault');
  if (!fault) return { kind: 'body', body };
  const code =
    textAt(fault, 'Code', 'Subcode', 'Subcode', 'Value') ?? textAt(fault, 'Code', 'Subcode', 'Value');
  const reason = textAt(fault, 'Reason', 'Text') ?? textAt(fault, 'faultstring');
  const words =
    labelText([reason, code && `(${code})`].filter(Boolean).join(' ')) ?? 'a fault without a reason';
  // Some say it in the code, some in the reason, some in a code of their own.
  const refused = refusal.test(`${code} ${textAt(fault, 'Code', 'Subcode', 'Value')} ${reason}`);
  return { kind: refused ? 'notAuthorized' : 'fault', reason: words };
}
