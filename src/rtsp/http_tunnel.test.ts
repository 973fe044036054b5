import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { until } from '../../test/fixtures/until.ts';
import type { Credentials } from './digest.ts';
import { openHttpTunnel } from './http_tunnel.ts';

const ok = 'HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n';

interface Side {
  readonly socket: Socket;
  text: string;
}

/** A server that answers the heads of GETs in turn, and what a tunnel to it tells. */
async function tunnel(t: TestContext, answers: readonly string[], credentials?: Credentials) {
  const sides: Side[] = [];
  const left = [...answers];
  const server = createServer((socket) => {
    const side: Side = { socket, text: '' };
    sides.push(side);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const answered = side.text.includes('\r\n\r\n');
      side.text += bytes.toString('latin1');
      if (!answered && side.text.startsWith('GET') && side.text.includes('\r\n\r\n'))
        socket.write(left.shift() ?? '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const told: string[] = [];
  let received = '';
  const connection = openHttpTunnel(
    {
      host: '127.0.0.1',
      port,
      tls: false,
      url: `rtsp://127.0.0.1:${port}/live?channel=1`,
      path: '/live?channel=1',
      cookie: 'c00c1e',
      userAgent: 'test',
      credentials,
      receiveBuffer: Buffer.alloc(64),
    },
    {
      onConnected: () => told.push('connected'),
      onBytes: (bytes, count) => {
        received += Buffer.from(bytes.subarray(0, count)).toString('latin1');
      },
      onClosed: () => told.push('closed'),
      onError: ({ code, message }) => told.push(`${code}: ${message.replace(/127\S+/, 'CAMERA')}`),
    },
  );
  t.after(() => {
    connection.close();
    for (const { socket } of sides) socket.destroy();
    server.close();
  });
  return { connection, sides, told, received: () => received };
}

test('requests go in Base64 behind a POST, and what comes behind the answer to GET is handed on', async (t) => {
  const { connection, sides, told, received } = await tunnel(t, [`${ok}RTSP`]);
  assert.equal(connection.writable, false);
  await until(() => told.length === 1);
  assert.deepEqual([told, received()], [['connected'], 'RTSP']);
  connection.write(Buffer.from('OPTIONS * RTSP/1.0\r\n\r\n'));
  connection.write(Uint8Array.of(0x24, 1, 0, 0).subarray(1));
  const [get, post] = sides as [Side, Side];
  const sent = `${Buffer.from('OPTIONS * RTSP/1.0\r\n\r\n').toString('base64')}AQAA`;
  await until(() => post.text.endsWith(sent));
  assert.match(get.text, /^GET \/live\?channel=1 HTTP\/1\.0\r\n(.*\r\n)*x-sessioncookie: c00c1e\r\n/);
  assert.match(post.text, /^POST \/live\?channel=1 HTTP\/1\.0\r\n(.*\r\n)*x-sessioncookie: c00c1e\r\n/);
  get.socket.write('/1.0 200 OK');
  await until(() => received() === 'RTSP/1.0 200 OK');
  get.socket.end();
  await until(() => told.length === 2);
  assert.deepEqual(told, ['connected', 'closed']);
});

test('a camera that asks for the password here too is told it', async (t) => {
  const challenge = 'HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n';
  const { sides, told } = await tunnel(t, [challenge, ok], { username: 'joe', password: 'x' });
  await until(() => told.length === 1);
  assert.deepEqual(told, ['connected']);
  const [, get, post] = sides as [Side, Side, Side];
  await until(() => post.text.includes('\r\n\r\n'));
  for (const { text } of [get, post])
    assert.match(text, /Authorization: Digest username="joe", realm="r", nonce="n"/);
});

const refusals: readonly [
  name: string,
  answers: string[],
  credentials: Credentials | undefined,
  told: RegExp,
][] = [
  [
    'has no such path',
    ['HTTP/1.1 404 Not Found\r\n\r\n'],
    undefined,
    /^camera_transport_unsupported: rtsp:\/\/CAMERA the camera takes no RTSP through HTTP \(404 Not Found\)\.$/,
  ],
  ['speaks something else', ['SSH-2.0-x\r\n\r\n'], undefined, /^camera_transport_unsupported: .*no HTTP/],
  ['never ends its answer', ['HTTP/1.0 200 OK\r\n'.repeat(2000)], undefined, /has no end/],
  ['asks for a password', ['HTTP/1.0 401 X\r\n\r\n'], undefined, /^camera_authentication: .*are needed\.$/],
  [
    'refuses the password',
    Array(3).fill('HTTP/1.0 401 X\r\nWWW-Authenticate: Basic realm="r"\r\n\r\n'),
    { username: 'joe', password: 'x' },
    /^camera_authentication: .*is wrong\.$/,
  ],
];

for (const [name, answers, credentials, expected] of refusals) {
  test(`a camera that ${name} is given up`, async (t) => {
    const { told } = await tunnel(t, answers, credentials);
    await until(() => told.length === 1);
    assert.match(told[0]!, expected);
  });
}

test('when the camera closes either connection the other goes too', async (t) => {
  const { sides, told } = await tunnel(t, [ok]);
  await until(() => told.length === 1 && sides.length === 2);
  const [get, post] = sides as [Side, Side];
  const ended = once(get.socket, 'close');
  get.socket.resume();
  post.socket.end();
  await ended;
  assert.deepEqual(told, ['connected', 'closed']);
});
