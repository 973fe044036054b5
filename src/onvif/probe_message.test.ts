import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { NightjarError } from '../errors/nightjar_error.ts';
import { maxReplyBytes, probeMessage, readProbeMatches } from './probe_message.ts';
import { readXml, textAt } from './xml_document.ts';

interface MatchText {
  endpoint?: string;
  types?: string;
  scopes?: string;
  xAddrs?: string;
}

const match = ({
  endpoint = 'urn:uuid:1',
  types = 'dn:NetworkVideoTransmitter',
  scopes = '',
  xAddrs = '',
}: MatchText) =>
  `<d:ProbeMatch><a:EndpointReference><a:Address>${endpoint}</a:Address></a:EndpointReference><d:Types>${types}</d:Types>` +
  `<d:Scopes>${scopes}</d:Scopes><d:XAddrs>${xAddrs}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch>`;
const reply = (...matches: string[]) =>
  Buffer.from(
    `<?xml version="1.0"?><s:Envelope><s:Header><a:RelatesTo>uuid:0</a:RelatesTo></s:Header><s:Body><d:ProbeMatches>${matches.join('')}</d:ProbeMatches></s:Body></s:Envelope>`,
  );

test('a Probe is XML with its id and what it asks for', () => {
  const typed = readXml(probeMessage('12', true).toString());
  assert.equal(textAt(typed, 'Header', 'MessageID'), 'urn:uuid:12');
  assert.equal(textAt(typed, 'Header', 'Action'), 'http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe');
  assert.equal(textAt(typed, 'Body', 'Probe', 'Types'), 'dn:NetworkVideoTransmitter');
  assert.equal(textAt(readXml(probeMessage('12', false).toString()), 'Body', 'Probe', 'Types'), undefined);
});

test('a camera says its names by its scopes', () => {
  const scopes =
    'onvif://www.onvif.org/name/Front%20door onvif://www.onvif.org/hardware/X-1 onvif://www.onvif.org/mfr/Acme onvif://www.onvif.org/location/';
  assert.deepEqual(
    readProbeMatches(reply(match({ scopes, xAddrs: 'http://10.0.0.5/a  http://10.0.0.6/b' }))),
    [
      {
        endpoint: 'urn:uuid:1',
        xAddrs: ['http://10.0.0.5/a', 'http://10.0.0.6/b'],
        name: 'Front door',
        manufacturer: 'Acme',
        model: 'X-1',
      },
    ],
  );
});

test('the reply of a device that nobody here wrote is read', () => {
  const text = readFileSync(new URL(import.meta.resolve('onvif-0.6/test/serverMockup/Probe.xml')));
  assert.deepEqual(readProbeMatches(text), [
    {
      endpoint: 'uuid:c9790c3a-701b-464d-a189-0060351c8ada',
      xAddrs: ['SERVICE_URI'],
      name: 'PREDATOR',
      model: 'HD_PREDATOR',
    },
  ]);
});

const names: [name: string, scope: string, expected: string | undefined][] = [
  ['control characters do not reach a terminal', 'name/a%1B%5B2Jb%0Ac', 'a[2Jb c'],
  ['a per cent sign that nobody encoded stays', 'name/100%', '100%'],
  ['a long name is cut', `name/${'x'.repeat(5000)}`, 'x'.repeat(100)],
  ['an empty name is none', 'name/', undefined],
];
for (const [name, scope, expected] of names) {
  test(name, () => {
    const [found] = readProbeMatches(reply(match({ scopes: `onvif://www.onvif.org/${scope}` })));
    assert.equal(found?.name, expected);
  });
}

const kinds: [name: string, text: MatchText, count: number][] = [
  ['a recorder is one of ours', { types: 'dn:NetworkVideoStorage tds:Device' }, 1],
  ['a camera without types is told by its scopes', { types: '', scopes: 'onvif://www.onvif.org/name/x' }, 1],
  ['a printer is left out', { types: 'wsdp:Device wprt:PrintDeviceType' }, 0],
  ['a computer is left out', { types: 'wsdp:Device pub:Computer', scopes: 'ldap://x' }, 0],
];
for (const [name, text, count] of kinds) {
  test(name, () => assert.equal(readProbeMatches(reply(match(text))).length, count));
}

const refused: [name: string, bytes: Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['what is no XML', Buffer.from('lollipop')],
  ['another message', Buffer.from('<Envelope><Body><Hello/></Body></Envelope>')],
  ['a reply cut off', reply(match({})).subarray(0, 300)],
  ['a reply that is too long', reply(match({ scopes: 'x'.repeat(maxReplyBytes) }))],
  ['a bomb of entities', Buffer.from('<!DOCTYPE a [<!ENTITY b "c">]><Envelope>&b;</Envelope>')],
];
for (const [name, bytes] of refused) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => readProbeMatches(bytes),
      (error) => error instanceof NightjarError && error.code === 'onvif_malformed',
    );
  });
}

test('a damaged reply is read or refused, and is not changed', () => {
  const whole = reply(
    match({ scopes: 'onvif://www.onvif.org/name/x', xAddrs: 'http://10.0.0.5/' }),
    match({}),
  );
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(damage, fc.nat(whole.length), (changes, length) => {
      const bytes = Buffer.from(whole.subarray(0, length));
      for (const [at, value] of changes) if (at < length) bytes[at] = value;
      const before = Buffer.from(bytes);
      try {
        for (const { name, endpoint } of readProbeMatches(bytes)) {
          assert.doesNotMatch(`${name}${endpoint}`, /\p{C}/u);
        }
      } catch (error) {
        assert.ok(error instanceof NightjarError, String(error));
      }
      assert.deepEqual(bytes, before);
    }),
    { numRuns: 2000, seed: 20260122 },
  );
});
