/**
 * WS-Discovery (April 2005) as ONVIF Core section 7 uses it: probes in, matches, hellos and byes out.
 *
 * Tolerated on purpose: types without a prefix or with one that nobody declared, which clients send: the name decides.
 */
import { randomUUID } from 'node:crypto';
import { type DeviceDescription, discoveryXaddrs, endpointReference, scopes } from './device_description.ts';
import { namespaces } from './namespaces.ts';
import { parseSoap, SoapFault, soapEnvelope } from './soap_message.ts';
import { childOf, type XmlElement } from './xml_element.ts';
import { type Xml, xml } from './xml_template.ts';

export interface Probe {
  readonly messageId: string;
  /** None: all. */
  readonly types: readonly QualifiedName[];
  /** None: all. */
  readonly scopes: readonly string[];
  /** How scopes are compared; undefined is the standard's own rule. */
  readonly matchBy: string | undefined;
}

interface QualifiedName {
  /** Undefined when it has no prefix, or none that was declared. */
  readonly namespace: string | undefined;
  readonly name: string;
}

const action = (name: string) => `${namespaces.discovery}/${name}`;

const deviceTypes: readonly QualifiedName[] = [
  { namespace: namespaces.network, name: 'NetworkVideoTransmitter' },
  { namespace: namespaces.device, name: 'Device' },
];

/** A probe, or undefined for everything else that comes to the port: hellos and matches of others, rubbish. */
export function parseProbe(datagram: Uint8Array): Probe | undefined {
  try {
    const { header, request } = parseSoap(Buffer.from(datagram).toString());
    if (request.name !== 'Probe' || request.namespace !== namespaces.discovery) return undefined;
    const scopeList = childOf(request, namespaces.discovery, 'Scopes');
    return {
      messageId: (header && childOf(header, namespaces.addressing, 'MessageID')?.text) ?? '',
      types: qualifiedNames(childOf(request, namespaces.discovery, 'Types')),
      scopes: words(scopeList?.text ?? ''),
      matchBy: scopeList?.attributes.get('MatchBy'),
    };
  } catch (error) {
    if (error instanceof SoapFault) return undefined;
    throw error;
  }
}

/** Sections 5.1 and 5.3.1: all types and all scopes of the probe must be the device's. */
export function matches(probe: Probe, device: DeviceDescription): boolean {
  const own = scopes(device);
  return (
    probe.types.every((type) => deviceTypes.some((ours) => sameType(type, ours))) &&
    probe.scopes.every((scope) => own.some((ours) => scopeMatches(scope, ours, probe.matchBy)))
  );
}

export function probeMatches(probe: Probe, device: DeviceDescription): string {
  return soapEnvelope(
    xml`<d:ProbeMatches><d:ProbeMatch>${target(device)}</d:ProbeMatch></d:ProbeMatches>`,
    xml`<a:MessageID>urn:uuid:${randomUUID()}</a:MessageID><a:RelatesTo>${probe.messageId}</a:RelatesTo><a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To><a:Action>${action('ProbeMatches')}</a:Action>`,
  );
}

/** Sent when the device comes (section 4.1). */
export function hello(device: DeviceDescription): string {
  return soapEnvelope(xml`<d:Hello>${target(device)}</d:Hello>`, announcement('Hello'));
}

/** Sent when the device goes (section 4.2). */
export function bye(device: DeviceDescription): string {
  return soapEnvelope(xml`<d:Bye>${endpoint(device)}</d:Bye>`, announcement('Bye'));
}

function announcement(name: 'Hello' | 'Bye'): Xml {
  return xml`<a:MessageID>urn:uuid:${randomUUID()}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action>${action(name)}</a:Action>`;
}

function target(device: DeviceDescription): Xml {
  return xml`${endpoint(device)}<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>${scopes(device).join(' ')}</d:Scopes><d:XAddrs>${discoveryXaddrs(device).join(' ')}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>`;
}

function endpoint(device: DeviceDescription): Xml {
  return xml`<a:EndpointReference><a:Address>${endpointReference(device)}</a:Address></a:EndpointReference>`;
}

function qualifiedNames(list: XmlElement | undefined): QualifiedName[] {
  return words(list?.text ?? '').map((word) => {
    const colon = word.indexOf(':');
    const namespace = colon > 0 ? list!.namespaceOf(word.slice(0, colon)) : undefined;
    return { namespace, name: word.slice(colon + 1) };
  });
}

function sameType(asked: QualifiedName, ours: QualifiedName): boolean {
  return asked.name === ours.name && (asked.namespace ?? ours.namespace) === ours.namespace;
}

function scopeMatches(asked: string, ours: string, matchBy: string | undefined): boolean {
  if (matchBy === undefined || matchBy === action('rfc3986')) {
    // By whole segments of the path; scheme and authority in whatever case.
    const parts = (scope: string) => scope.replace(/\/+$/, '').split('/');
    const mine = parts(ours);
    return parts(asked).every((part, index) =>
      index <= 2 ? part.toLowerCase() === mine[index]?.toLowerCase() : part === mine[index],
    );
  }
  return matchBy === action('strcmp0') && asked === ours;
}

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');
