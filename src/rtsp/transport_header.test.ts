import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatTransport, parseTransports, type Transport } from './transport_header.ts';

const tcp = { protocol: 'tcp', multicast: false } as const;
const first = { ...tcp, interleaved: { rtp: 0, rtcp: 1 } };

const transports: readonly [name: string, value: string, expected: Transport[]][] = [
  [
    'an interleaved transport',
    'RTP/AVP/TCP;unicast;interleaved=2-3',
    [{ ...tcp, interleaved: { rtp: 2, rtcp: 3 } }],
  ],
  ['C12: a single interleaved channel', 'RTP/AVP/TCP;unicast;interleaved=0', [first]],
  ['C12: no /TCP beside interleaved channels', 'RTP/AVP;unicast;interleaved=0-1', [first]],
  ['C13: an empty header', '', []],
  ['C14: a comma where a semicolon belongs', 'RTP/AVP/TCP,unicast;interleaved=0-1', [first]],
  [
    'C15: parameters in any order and casing',
    'rtp/avp/tcp; INTERLEAVED = 0-1 ; Mode="play";Unicast',
    [{ ...first, mode: 'PLAY' }],
  ],
  [
    'C16: an SSRC with a blank and an odd length',
    'RTP/AVP/TCP;interleaved=0-1;ssrc= d6d6627',
    [{ ...first, ssrc: 0xd6d6627 }],
  ],
  ['C16: a short SSRC', 'RTP/AVP/TCP;interleaved=0-1;ssrc=7', [{ ...first, ssrc: 7 }]],
  ['C16: an SSRC that is no number', 'RTP/AVP/TCP;interleaved=0-1;ssrc=0x12345678G', [first]],
  ['C16: an empty SSRC', 'RTP/AVP/TCP;interleaved=0-1;ssrc=;ssrc=1', [first]],
  ['channels out of range', 'RTP/AVP/TCP;interleaved=300-301', [tcp]],
  [
    'alternatives in their order',
    'RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;unicast;interleaved=0-1',
    [{ protocol: 'udp', multicast: false, clientPort: { rtp: 5000, rtcp: 5001 } }, first],
  ],
  [
    'the answer of a server over UDP',
    'RTP/AVP;multicast;destination=239.0.0.1;port=1-2;server_port=6000',
    [
      {
        protocol: 'udp',
        multicast: true,
        destination: '239.0.0.1',
        port: { rtp: 1, rtcp: 2 },
        serverPort: { rtp: 6000, rtcp: 6001 },
      },
    ],
  ],
  ['words that name no transport', 'interleaved=0-1;unicast', []],
];

for (const [name, value, expected] of transports) {
  test(`Transport: ${name}`.replace(/^Transport: (C\d+): /, '$1: Transport with '), () => {
    assert.deepEqual(parseTransports(value), expected);
  });
}

const pair = fc.integer({ min: 0, max: 254 }).map((rtp) => ({ rtp, rtcp: rtp + 1 }));

test('transports survive the round trip', () => {
  const transport = fc.record(
    {
      protocol: fc.constant('tcp' as const),
      multicast: fc.boolean(),
      interleaved: pair,
      port: pair.map(({ rtp, rtcp }) => ({ rtp: rtp + 5000, rtcp: rtcp + 5000 })),
      destination: fc.constantFrom('239.1.2.3', 'ff15::1'),
      source: fc.constantFrom('10.0.0.1', 'camera'),
      ttl: fc.integer({ min: 1, max: 255 }),
      ssrc: fc.integer({ min: 0, max: 0xffffffff }),
      mode: fc.constantFrom('PLAY', 'RECORD'),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(transport, (value) => assert.deepEqual(parseTransports(formatTransport(value)), [value])),
  );
});

test('any value is read without a throw, and lists keep their bound', () => {
  const part = fc.oneof(
    fc.constantFrom('RTP/AVP', '/TCP', ';', ',', '=', 'interleaved', ' ', '0-1', 'ssrc='),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 80 }), (parts) => {
      assert.ok(parseTransports(parts.join('')).length <= 16);
    }),
    { numRuns: 500, seed: 2326 },
  );
  assert.equal(parseTransports('RTP/AVP/TCP,'.repeat(5000)).length, 16);
});
