import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { until } from '../../test/fixtures/until.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { RtspServer } from './server.ts';
import { beginsHttp } from './server_tunnels.ts';

const beginnings: readonly [bytes: string, verdict: 'yes' | 'no' | 'more'][] = [
  ['', 'more'],
  ['G', 'more'],
  ['GET', 'more'],
  ['GET ', 'yes'],
  ['POST /x', 'yes'],
  ['GET_PARAMETER', 'no'],
  ['PLAY', 'no'],
  ['P', 'more'],
  ['$', 'no'],
  ['\r', 'no'],
];

for (const [text, verdict] of beginnings) {
  test(`a connection that begins with ${JSON.stringify(text)} is ${verdict === 'yes' ? '' : verdict === 'no' ? 'not ' : 'perhaps '}HTTP`, () => {
    assert.equal(beginsHttp(Buffer.from(text)), verdict);
  });
}

async function serve(t: TestContext) {
  const clock = new SimulatedClock();
  const server = await RtspServer.listen({ clock, find: () => undefined });
  t.after(() => server.close());
  const open = async () => {
    const socket = connect(server.port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'connect');
    return { socket, text: collect(socket), ended: once(socket, 'close') };
  };
  return { server, clock, open };
}

function collect(socket: Socket): () => string {
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  return () => text;
}

const options = (number: number) => `OPTIONS * RTSP/1.0\r\nCSeq: ${number}\r\n\r\n`;
const get = 'GET /any HTTP/1.0\r\nx-sessioncookie: c1\r\nAccept: application/x-rtsp-tunnelled\r\n\r\n';
const post =
  'POST /any HTTP/1.0\r\nx-sessioncookie: c1\r\nContent-Type: application/x-rtsp-tunnelled\r\nContent-Length: 32767\r\n\r\n';

test('through HTTP requests come in Base64, each padded by itself and cut anywhere, and answers go out as they are', async (t) => {
  const { open } = await serve(t);
  const down = await open();
  down.socket.write(get.slice(0, 2));
  down.socket.write(get.slice(2));
  await until(() => down.text().includes('\r\n\r\n'));
  assert.match(down.text(), /^HTTP\/1\.0 200 OK\r\n(.*\r\n)*Content-Type: application\/x-rtsp-tunnelled\r\n/);
  const up = await open();
  const encoded = [1, 2, 3].map((number) => Buffer.from(options(number)).toString('base64'));
  assert.match(encoded.join(), /=,/, 'the requests end with padding');
  up.socket.setNoDelay(true);
  up.socket.write(post + encoded[0]!.slice(0, 7));
  for (const character of `${encoded[0]!.slice(7)}\r\n${encoded[1]}${encoded[2]}`) up.socket.write(character);
  await until(() => down.text().split('RTSP/1.0 200 OK').length === 4);
  assert.deepEqual(down.text().match(/CSeq: \d/g), ['CSeq: 1', 'CSeq: 2', 'CSeq: 3']);
  up.socket.destroy();
  await down.ended;
});

test('through a WebSocket any client speaks RTSP, a request in one message or in several', async (t) => {
  const { server } = await serve(t);
  // That of Node.js itself, which nobody of the other end wrote.
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/any`, 'rtsp.onvif.org');
  socket.binaryType = 'arraybuffer';
  let text = '';
  socket.onmessage = ({ data }) => {
    text += Buffer.from(data).toString('latin1');
  };
  await new Promise((opened) => {
    socket.onopen = opened;
  });
  assert.equal(socket.protocol, 'rtsp.onvif.org');
  socket.send(Buffer.from(options(1)));
  socket.send(Buffer.from(options(2).slice(0, 9)));
  socket.send(Buffer.from(options(2).slice(9)));
  await until(() => text.includes('CSeq: 2'));
  assert.equal(server.connections, 1);
  socket.close();
  await until(() => server.connections === 0);
});

const refused: readonly [name: string, head: string, answer: RegExp][] = [
  ['an ordinary request of HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.0 404 Not Found\r\n/],
  ['a POST without its GET', post, /^HTTP\/1\.0 404 Not Found\r\n/],
  [
    'a WebSocket for something else',
    'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    /^HTTP\/1\.1 400 Bad Request\r\n/,
  ],
  ['a head that has no end', `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(4000)}`, /^HTTP\/1\.0 404 Not Found\r\n/],
];

for (const [name, head, answer] of refused) {
  test(`${name} is refused`, async (t) => {
    const { open } = await serve(t);
    const { socket, text, ended } = await open();
    socket.write(head);
    await ended;
    assert.match(text(), answer);
  });
}

test('a tunnel that is not complete within 10 s is cut off', async (t) => {
  const { open, clock } = await serve(t);
  const half = await open();
  half.socket.write('GET /any HT');
  const alone = await open();
  alone.socket.write(get);
  await until(() => alone.text().includes('\r\n\r\n'));
  clock.advance(10_000);
  await Promise.all([half.ended, alone.ended]);
});
