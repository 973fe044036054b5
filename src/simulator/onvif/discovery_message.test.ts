import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endpointReference } from './device_description.ts';
import { bye, hello, matches, parseProbe, probeMatches } from './discovery_message.ts';
import { namespaces } from './namespaces.ts';
import { exampleDevice, soap } from './test_support.ts';
import { parseXml, type XmlElement } from './xml_element.ts';

const header = `<MessageID xmlns="${namespaces.addressing}">uuid:1</MessageID>`;
const probe = (content: string) =>
  Buffer.from(
    soap(
      `<Probe xmlns="${namespaces.discovery}" xmlns:dn="${namespaces.network}" xmlns:tds="${namespaces.device}">${content}</Probe>`,
      header,
    ),
  );
const matchBy = (rule: string, scopes: string) =>
  `<Scopes MatchBy="${namespaces.discovery}/${rule}">${scopes}</Scopes>`;

const cases = [
  { name: 'for everything', content: '', matched: true },
  {
    name: 'for video transmitters',
    content: '<Types>dn:NetworkVideoTransmitter</Types><Scopes/>',
    matched: true,
  },
  {
    name: 'for both of its types',
    content: '<Types> tds:Device\n dn:NetworkVideoTransmitter </Types>',
    matched: true,
  },
  {
    name: 'with a prefix of its own',
    content: `<Types xmlns:q="${namespaces.network}">q:NetworkVideoTransmitter</Types>`,
    matched: true,
  },
  {
    name: 'with a prefix that nobody declared',
    content: '<Types>x:NetworkVideoTransmitter</Types>',
    matched: true,
  },
  { name: 'without a prefix', content: '<Types>NetworkVideoTransmitter</Types>', matched: true },
  {
    name: 'for a type of this name elsewhere',
    content: '<Types xmlns:q="urn:q">q:NetworkVideoTransmitter</Types>',
    matched: false,
  },
  { name: 'for printers', content: '<Types xmlns:w="urn:w">w:PrintDeviceType</Types>', matched: false },
  {
    name: 'for a type more than it has',
    content: '<Types>dn:NetworkVideoTransmitter dn:NetworkVideoDisplay</Types>',
    matched: false,
  },
  {
    name: 'for its name',
    content: '<Scopes>onvif://www.onvif.org/name/Front%20%3Cdoor%3E</Scopes>',
    matched: true,
  },
  {
    name: 'for the beginning of a scope',
    content: '<Scopes>ONVIF://WWW.onvif.org/Profile/</Scopes>',
    matched: true,
  },
  {
    name: 'for half a segment of a scope',
    content: '<Scopes>onvif://www.onvif.org/Prof</Scopes>',
    matched: false,
  },
  {
    name: 'for a scope in another case',
    content: '<Scopes>onvif://www.onvif.org/profile</Scopes>',
    matched: false,
  },
  {
    name: 'for a scope that it lacks',
    content: '<Scopes>onvif://www.onvif.org/Profile/T onvif://www.onvif.org/location/moon</Scopes>',
    matched: false,
  },
  {
    name: 'for a scope to the letter',
    content: matchBy('strcmp0', 'onvif://www.onvif.org/Profile/T'),
    matched: true,
  },
  {
    name: 'for the beginning, to the letter',
    content: matchBy('strcmp0', 'onvif://www.onvif.org/Profile'),
    matched: false,
  },
  {
    name: 'by a rule that it does not know',
    content: matchBy('ldap', 'onvif://www.onvif.org/Profile/T'),
    matched: false,
  },
];

for (const { name, content, matched } of cases) {
  test(`a probe ${name} is ${matched ? 'answered' : 'none of its business'}`, () => {
    assert.equal(matches(parseProbe(probe(content))!, exampleDevice), matched);
  });
}

const foreign = [
  { name: 'its own hello', datagram: hello(exampleDevice) },
  { name: 'its own bye', datagram: bye(exampleDevice) },
  { name: "another's match", datagram: probeMatches(parseProbe(probe(''))!, exampleDevice) },
  { name: 'a probe of another standard', datagram: soap('<Probe xmlns="urn:x"/>', header) },
  { name: 'a search of UPnP', datagram: 'M-SEARCH * HTTP/1.1\r\n\r\n' },
  { name: 'an empty datagram', datagram: '' },
];

for (const { name, datagram } of foreign) {
  test(`${name} is no probe`, () => {
    assert.equal(parseProbe(Buffer.from(datagram)), undefined);
  });
}

function textOf(element: XmlElement, name: string): string | undefined {
  if (element.name === name) return element.text;
  return element.children.map((child) => textOf(child, name)).find((text) => text !== undefined);
}

test('the answer names the probe, the device and where it is', () => {
  const answer = parseXml(probeMatches(parseProbe(probe(''))!, exampleDevice));
  assert.equal(textOf(answer, 'RelatesTo'), 'uuid:1');
  assert.equal(textOf(answer, 'Action'), `${namespaces.discovery}/ProbeMatches`);
  assert.equal(textOf(answer, 'Types'), 'dn:NetworkVideoTransmitter tds:Device');
  assert.equal(textOf(answer, 'XAddrs'), 'http://192.168.1.5:80/onvif/device_service');
  assert.match(
    textOf(answer, 'Scopes')!,
    /\/name\/Front%20%3Cdoor%3E .*\/hardware\/Simulated%20camera .*\/location\//,
  );
  const [reference] = [textOf(answer, 'EndpointReference') === '' ? textOf(answer, 'Address') : undefined];
  assert.equal(reference, endpointReference(exampleDevice));
  assert.match(reference, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('the answer names the hosts that the fault has it name', () => {
  const faults = { discoveryHosts: ['169.254.19.84', '192.168.1.5'] };
  assert.equal(
    textOf(parseXml(hello({ ...exampleDevice, faults })), 'XAddrs'),
    'http://169.254.19.84:80/onvif/device_service http://192.168.1.5:80/onvif/device_service',
  );
});

test('whatever comes to the port, the device answers or ignores it', () => {
  const whole = probe('<Types>dn:NetworkVideoTransmitter</Types>');
  const damaged = fc
    .record({ at: fc.nat(whole.length), remove: fc.nat(40), bytes: fc.uint8Array({ maxLength: 20 }) })
    .map(({ at, remove, bytes }) =>
      Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + remove)]),
    );
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 2000 })), (datagram) => {
      const parsed = parseProbe(datagram);
      if (parsed) parseXml(probeMatches(parsed, exampleDevice));
    }),
    { numRuns: 2000 },
  );
});
