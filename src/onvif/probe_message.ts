/**
 * WS-Discovery messages (version of April 2005, as the ONVIF Core Specification, section 7, wants it): the Probe that
 * goes out and the ProbeMatches that come back. Pure.
 *
 * Tolerated on purpose: a missing or wrong RelatesTo, missing types where the scopes are ONVIF's, missing XAddrs.
 */
import { NightjarError } from '../errors/nightjar_error.ts';
import { labelText } from './label_text.ts';
import { childrenOf, findElement, readXml, textAt, type XmlElement } from './xml_document.ts';

/** Longest reply that is read; honest ones have one to five thousand bytes. */
export const maxReplyBytes = 16 * 1024;
const maxXAddrs = 16;
const maxScopes = 100;
const scopePrefix = 'onvif://www.onvif.org/';

/** What one device says of itself. */
export interface ProbeMatch {
  /** Endpoint reference: the same for as long as the device lives, if it keeps to the rules. */
  readonly endpoint?: string;
  /** URLs of the device service, as the device believes to be reached. */
  readonly xAddrs: readonly string[];
  readonly name?: string;
  readonly manufacturer?: string;
  readonly model?: string;
}

/**
 * A Probe.
 *
 * @param messageId a UUID; repetitions of the same Probe carry the same
 * @param typed whether it asks for cameras alone. Some devices answer only that, others only a Probe for everything.
 */
export function probeMessage(messageId: string, typed: boolean): Buffer {
  const types = typed
    ? '<d:Types xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</d:Types>'
    : '';
  return Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>' +
      '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"' +
      ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"' +
      ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">' +
      `<e:Header><w:MessageID>urn:uuid:${messageId}</w:MessageID>` +
      '<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>' +
      '<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>' +
      `<e:Body><d:Probe>${types}</d:Probe></e:Body></e:Envelope>`,
  );
}

/**
 * The cameras and recorders in a reply; empty when it is of printers, computers and the like.
 *
 * @throws NightjarError `onvif_malformed`
 */
export function readProbeMatches(reply: Uint8Array): ProbeMatch[] {
  if (reply.length > maxReplyBytes) {
    throw new NightjarError('onvif_malformed', `A reply has more than ${maxReplyBytes} bytes.`);
  }
  const envelope = readXml(Buffer.from(reply.buffer, reply.byteOffset, reply.length).toString('utf8'));
  const matches = findElement(envelope, 'Body', 'ProbeMatches');
  if (!matches) throw new NightjarError('onvif_malformed', 'A reply is no ProbeMatches.');
  return childrenOf(matches, 'ProbeMatch').flatMap((match) => readMatch(match) ?? []);
}

function readMatch(match: XmlElement): ProbeMatch | undefined {
  const scopes = words(textAt(match, 'Scopes')).slice(0, maxScopes);
  const isVideo = words(textAt(match, 'Types')).some((type) => /(^|:)NetworkVideo\w+$/.test(type));
  if (!isVideo && !scopes.some((scope) => scope.startsWith(scopePrefix))) return undefined;
  const endpoint = labelText(textAt(match, 'EndpointReference', 'Address'));
  const name = scopeValue(scopes, 'name');
  const manufacturer = scopeValue(scopes, 'manufacturer') ?? scopeValue(scopes, 'mfr');
  const model = scopeValue(scopes, 'hardware') ?? scopeValue(scopes, 'model');
  return {
    ...(endpoint !== undefined && { endpoint }),
    xAddrs: words(textAt(match, 'XAddrs')).slice(0, maxXAddrs),
    ...(name !== undefined && { name }),
    ...(manufacturer !== undefined && { manufacturer }),
    ...(model !== undefined && { model }),
  };
}

/** ONVIF Core Specification, section 7.3.2.2: what scopes say stands behind a slash, percent-encoded. */
function scopeValue(scopes: readonly string[], kind: string): string | undefined {
  const prefix = `${scopePrefix}${kind}/`;
  const scope = scopes.find((text) => text.toLowerCase().startsWith(prefix));
  if (scope === undefined) return undefined;
  const encoded = scope.slice(prefix.length, prefix.length + 1000);
  try {
    return labelText(decodeURIComponent(encoded));
  } catch {
    return labelText(encoded);
  }
}

function words(text: string | undefined): string[] {
  return text?.split(/\s+/).filter(Boolean) ?? [];
}
