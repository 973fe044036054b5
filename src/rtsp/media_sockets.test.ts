import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { until } from '../../test/fixtures/until.ts';
import { type DatagramMedia, MediaSockets } from './media_sockets.ts';

const ends = { own: '127.0.0.1', server: '127.0.0.1' };

async function socket(t: TestContext, address = '127.0.0.1'): Promise<Socket & { received: Buffer[] }> {
  const received: Buffer[] = [];
  const made = Object.assign(createSocket('udp4'), { received });
  made.on('message', (bytes) => received.push(bytes));
  made.bind(0, address);
  await once(made, 'listening');
  t.after(() => made.close());
  return made;
}

/** Ports of a client, a camera that sends to them, and what was let in. */
async function setUp(t: TestContext, options: { named?: boolean; source?: string } = {}) {
  const camera = { rtp: await socket(t), rtcp: await socket(t) };
  const sockets = new MediaSockets();
  t.after(() => sockets.close());
  const clientPorts = await sockets.openPorts(ends);
  const taken: string[] = [];
  const foreign: string[] = [];
  const serverPorts =
    options.named === false
      ? undefined
      : { rtp: camera.rtp.address().port, rtcp: camera.rtcp.address().port };
  const media: DatagramMedia = sockets.take(
    { kind: 'udp', clientPorts, serverPorts, source: options.source },
    ends,
    {
      onPacket: (channel, bytes) => taken.push(`${channel} ${bytes.length}`),
      onForeign: (address) => foreign.push(address),
    },
  );
  return { camera, sockets, clientPorts, media, taken, foreign };
}

test('ports are an even one and the next; they are opened for the camera from inside', async (t) => {
  const { camera, clientPorts, media } = await setUp(t);
  assert.equal(clientPorts.rtp % 2, 0);
  assert.equal(clientPorts.rtcp, clientPorts.rtp + 1);
  media.sendRtcp(Buffer.alloc(32));
  await until(() => camera.rtp.received.length === 1 && camera.rtcp.received.length === 2);
  assert.deepEqual(
    [camera.rtp.received[0]!.length, ...camera.rtcp.received.map(({ length }) => length)],
    [12, 8, 32],
  );
});

test('P16: what comes is taken up to the size that a datagram can have, and C33: too short ones are not', async (t) => {
  const { camera, clientPorts, taken } = await setUp(t);
  for (const size of [0, 11, 12, 1_400, 65_507])
    camera.rtp.send(Buffer.alloc(size), clientPorts.rtp, ends.own);
  for (const size of [4, 8]) camera.rtcp.send(Buffer.alloc(size), clientPorts.rtcp, ends.own);
  await until(() => taken.length === 4);
  assert.deepEqual(taken.toSorted(), ['rtcp 8', 'rtp 12', 'rtp 1400', 'rtp 65507']);
});

const senders: readonly [
  name: string,
  options: Parameters<typeof setUp>[1],
  address: string,
  taken: boolean,
][] = [
  ['another port of the camera', {}, '127.0.0.1', false],
  ['C17: any port of a camera that names none', { named: false }, '127.0.0.1', true],
  ['another host', { named: false }, '127.0.0.2', false],
  ['the host that the camera named', { named: false, source: '127.0.0.2' }, '127.0.0.2', true],
  [
    'the camera, when what it named is no address',
    { named: false, source: 'camera.local' },
    '127.0.0.1',
    true,
  ],
  ['the camera, when it named nowhere', { named: false, source: '0.0.0.0' }, '127.0.0.1', true],
];

for (const [name, options, address, isTaken] of senders) {
  test(`packets from ${name} are ${isTaken ? 'taken' : 'not taken'}`, async (t) => {
    const { clientPorts, taken, foreign } = await setUp(t, options);
    const sender = await socket(t, address);
    sender.send(Buffer.alloc(20), clientPorts.rtp, ends.own);
    await until(() => taken.length + foreign.length === 1);
    assert.deepEqual([taken, foreign], isTaken ? [['rtp 20'], []] : [[], [address]]);
  });
}

test('ports of a SETUP that was refused serve the next, and all are free at the end', async () => {
  const sockets = new MediaSockets();
  const first = await sockets.openPorts(ends);
  assert.deepEqual(await sockets.openPorts(ends), first);
  sockets.close();
  for (const port of [first.rtp, first.rtcp]) {
    const again = createSocket('udp4').bind(port, '127.0.0.1');
    await once(again, 'listening');
    again.close();
  }
});

test('what the camera sends to a group is taken, what others send there is not', async (t) => {
  const port = (await socket(t)).address().port;
  const sockets = new MediaSockets();
  t.after(() => sockets.close());
  const taken: string[] = [];
  const foreign: string[] = [];
  const group = '239.255.17.33';
  await sockets.join(
    { kind: 'multicast', group, ports: { rtp: port, rtcp: port + 1 }, ttl: 1, source: undefined },
    ends,
    {
      onPacket: (channel, bytes) => taken.push(`${channel} ${bytes.length}`),
      onForeign: (address) => foreign.push(address),
    },
  );
  for (const address of ['127.0.0.1', '127.0.0.2']) {
    const sender = await socket(t, address);
    sender.setMulticastInterface('127.0.0.1');
    sender.send(Buffer.alloc(20), port, group);
    sender.send(Buffer.alloc(9), port + 1, group);
  }
  await until(() => taken.length === 2 && foreign.length === 1);
  assert.deepEqual([taken.toSorted(), foreign], [['rtcp 9', 'rtp 20'], ['127.0.0.2']]);
});

test('a group that cannot be joined is an error, and no port stays taken', async () => {
  const sockets = new MediaSockets();
  const listener = { onPacket: () => {}, onForeign: () => {} };
  const transport = {
    kind: 'multicast',
    group: '239.255.17.34',
    ports: { rtp: 6000, rtcp: 6001 },
    ttl: 1,
    source: undefined,
  } as const;
  await assert.rejects(sockets.join(transport, { own: '203.0.113.9', server: '203.0.113.1' }, listener));
  sockets.close();
});
