import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaDescription } from '../sdp/session_description.ts';
import { agreedTransport, askedTransport } from './agreed_transport.ts';
import type { MediaCarrier, SetupMedia } from './session_state.ts';
import { formatTransport } from './transport_header.ts';

const video: MediaDescription = { kind: 'video', formats: [] };
const clientPorts = { rtp: 5000, rtcp: 5001 };

/** A session that has set up these channels already. */
function session(carrier: MediaCarrier, ...channels: number[]) {
  const media = channels.map((rtp) => ({ transport: { kind: 'tcp', channels: { rtp, rtcp: rtp + 1 } } }));
  return {
    settings: { userAgent: 'test', replyTimeoutMs: 1, carrier },
    media: media as unknown as SetupMedia[],
    clientPorts,
  };
}

const asked: readonly [name: string, header: string, ...Parameters<typeof session>][] = [
  ['the lowest free channels', 'RTP/AVP/TCP;unicast;interleaved=2-3', 'tcp', 0, 4],
  ['the ports that were opened', 'RTP/AVP;unicast;client_port=5000-5001', 'udp'],
  ['any group', 'RTP/AVP;multicast', 'multicast'],
];

for (const [name, header, ...of] of asked) {
  test(`SETUP asks for ${name}`, () => assert.equal(formatTransport(askedTransport(session(...of))), header));
}

const unicast = { kind: 'udp', clientPorts, serverPorts: undefined, source: undefined };
const described: MediaDescription = { ...video, destination: { address: '239.1.1.1', port: 6000, ttl: 3 } };
const group = {
  kind: 'multicast',
  group: '239.2.2.2',
  ports: { rtp: 7000, rtcp: 7001 },
  ttl: 16,
  source: undefined,
};

const agreed: readonly [
  name: string,
  carrier: MediaCarrier,
  header: string,
  expected: object,
  description?: MediaDescription,
][] = [
  ['C13: no header at all is a yes', 'udp', '', { transport: unicast }],
  ['C17: no server ports', 'udp', 'RTP/AVP;unicast;client_port=5000-5001', { transport: unicast }],
  [
    'server ports, source and SSRC',
    'udp',
    'RTP/AVP/UDP;unicast;client_port=5000-5001;source=10.0.0.9;server_port=8000-8001;ssrc=1F',
    { transport: { ...unicast, serverPorts: { rtp: 8000, rtcp: 8001 }, source: '10.0.0.9' }, ssrc: 31 },
  ],
  ['server ports that are none', 'udp', 'RTP/AVP;unicast;server_port=0-0', { transport: unicast }],
  [
    'TCP where UDP was asked for',
    'udp',
    'RTP/AVP/TCP;unicast;interleaved=0-1',
    { refusal: 'the camera insists on TCP' },
  ],
  [
    'multicast where unicast was asked for',
    'udp',
    'RTP/AVP;multicast;destination=239.2.2.2;port=7000-7001',
    { refusal: 'the camera insists on multicast' },
  ],
  [
    'UDP where TCP was asked for',
    'tcp',
    'RTP/AVP;unicast;client_port=5000-5001',
    { refusal: 'the camera insists on UDP' },
  ],
  [
    'a group of the answer, which wins over that of the description',
    'multicast',
    'RTP/AVP;multicast;destination=239.2.2.2;port=7000-7001',
    { transport: { ...group, ttl: 3 } },
    described,
  ],
  [
    'a group and its TTL',
    'multicast',
    'RTP/AVP;multicast;destination=239.2.2.2;port=7000;ttl=9',
    { transport: { ...group, ttl: 9 } },
  ],
  [
    'a group of the description',
    'multicast',
    'RTP/AVP;multicast',
    {
      transport: {
        kind: 'multicast',
        group: '239.1.1.1',
        ports: { rtp: 6000, rtcp: 6001 },
        ttl: 3,
        source: undefined,
      },
    },
    described,
  ],
  [
    'a group of IPv6',
    'multicast',
    'RTP/AVP;multicast;destination=ff15::2;port=7000-7001',
    { transport: { ...group, group: 'ff15::2' } },
  ],
  [
    'a group that is none',
    'multicast',
    'RTP/AVP;multicast;destination=192.168.1.9;port=7000-7001',
    { refusal: 'the camera names no multicast group' },
  ],
  ['no group anywhere', 'multicast', '', { refusal: 'the camera names no multicast group' }],
];

for (const [name, carrier, header, expected, description = video] of agreed) {
  test(`a reply to SETUP with ${name}`.replace(/^(.*) with (C\d+): /, '$2: $1 with '), () => {
    assert.deepEqual(agreedTransport(session(carrier), description, header), expected);
  });
}
