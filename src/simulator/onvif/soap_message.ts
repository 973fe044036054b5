/** SOAP 1.2 messages as ONVIF devices exchange them (SOAP 1.2 part 1 sections 5.1 and 5.4; ONVIF Core section 5.8). */
import { namespaces } from './namespaces.ts';
import { childOf, parseXml, type XmlElement, XmlError } from './xml_element.ts';
import { type Xml, xml } from './xml_template.ts';

export interface SoapMessage {
  readonly header: XmlElement | undefined;
  /** The first element of the body: what is asked for. */
  readonly request: XmlElement;
}

/** An answer that is an error; ONVIF Core section 5.8.2 names the subcodes, such as `ter:NotAuthorized`. */
export class SoapFault extends Error {
  readonly code: 'Sender' | 'Receiver';
  /** From the general to the special, with prefix. */
  readonly subcodes: readonly string[];

  constructor(code: 'Sender' | 'Receiver', subcodes: readonly string[], reason: string) {
    super(reason);
    this.code = code;
    this.subcodes = subcodes;
  }
}

/** @throws SoapFault for what is no SOAP 1.2 message with something in its body */
export function parseSoap(document: string): SoapMessage {
  const envelope = parsed(document);
  if (envelope.name !== 'Envelope' || envelope.namespace !== namespaces.soap) {
    throw new SoapFault('Sender', ['ter:WellFormed'], 'The message is no SOAP 1.2 envelope.');
  }
  const request = childOf(envelope, namespaces.soap, 'Body')?.children[0];
  if (!request) throw new SoapFault('Sender', ['ter:WellFormed'], 'The message has an empty body.');
  return { header: childOf(envelope, namespaces.soap, 'Header'), request };
}

function parsed(document: string): XmlElement {
  try {
    return parseXml(document);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new SoapFault('Sender', ['ter:WellFormed'], `The message cannot be read: ${error.message}.`);
  }
}

/** A whole document; prefixes are those that ONVIF's own documents use. */
export function soapEnvelope(body: Xml, header?: Xml): string {
  const document = xml`<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="${namespaces.soap}" xmlns:a="${namespaces.addressing}" xmlns:d="${namespaces.discovery}" xmlns:dn="${namespaces.network}" xmlns:tds="${namespaces.device}" xmlns:trt="${namespaces.media1}" xmlns:tr2="${namespaces.media2}" xmlns:tt="${namespaces.schema}" xmlns:ter="${namespaces.error}">${header && xml`<s:Header>${header}</s:Header>`}<s:Body>${body}</s:Body></s:Envelope>
`;
  return document.toString();
}

export function soapFault(fault: SoapFault): string {
  return soapEnvelope(
    xml`<s:Fault><s:Code><s:Value>s:${fault.code}</s:Value>${subcode(fault.subcodes)}</s:Code><s:Reason><s:Text xml:lang="en">${fault.message}</s:Text></s:Reason></s:Fault>`,
  );
}

function subcode([first, ...rest]: readonly string[]): Xml | undefined {
  return first === undefined
    ? undefined
    : xml`<s:Subcode><s:Value>${first}</s:Value>${subcode(rest)}</s:Subcode>`;
}
