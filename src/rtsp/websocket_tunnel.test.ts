import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from '../../test/fixtures/until.ts';
import type { Credentials } from './digest.ts';
import { openWebSocketTunnel } from './websocket_tunnel.ts';

interface Handshake {
  readonly path: string;
  readonly host: string | undefined;
  readonly protocol: string | undefined;
  readonly authorization: string | undefined;
}

/** What a camera says to the handshake at a path: a refusal as it goes out, `silence`, or undefined for yes. */
type Answers = (handshake: Handshake, attempt: number) => string | undefined;

/** A camera, the handshakes that it got, and what a tunnel to it tells. */
async function tunnel(
  t: TestContext,
  options: { answers?: Answers; path?: string; credentials?: Credentials; repeatsProtocol?: boolean } = {},
) {
  const handshakes: Handshake[] = [];
  const sockets: WebSocket[] = [];
  const received: Buffer[] = [];
  const webSockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (options.repeatsProtocol === false ? false : [...offered][0]!),
  });
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    const { host, authorization, 'sec-websocket-protocol': protocol } = request.headers;
    const handshake = { path: request.url!, host, protocol, authorization };
    handshakes.push(handshake);
    const refusal = options.answers?.(handshake, handshakes.length);
    if (refusal === 'silence') return;
    if (refusal !== undefined) return void socket.end(refusal);
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      sockets.push(webSocket);
      webSocket.on('message', (bytes: Buffer, binary) => {
        assert.equal(binary, true);
        received.push(bytes);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const told: string[] = [];
  let text = '';
  const path = options.path ?? '/live?channel=1';
  const connection = openWebSocketTunnel(
    {
      host: '127.0.0.1',
      port,
      tls: false,
      url: `rtsp://127.0.0.1:${port}${path}`,
      path,
      cookie: 'c00c1e',
      userAgent: 'test',
      credentials: options.credentials,
    },
    {
      onConnected: () => told.push('connected'),
      onBytes: (bytes, count) => {
        text += Buffer.from(bytes.subarray(0, count)).toString('latin1');
      },
      onClosed: () => told.push('closed'),
      onError: ({ code, message }) => told.push(`${code}: ${message.replace(/127\S+/, 'CAMERA')}`),
    },
  );
  t.after(() => {
    connection.close();
    for (const socket of sockets) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return { connection, handshakes, sockets, received, told, port, text: () => text };
}

test('requests go out and what comes is handed on as binary messages, until the camera closes', async (t) => {
  const { connection, handshakes, sockets, received, told, port, text } = await tunnel(t);
  assert.equal(connection.writable, false);
  await until(() => told.length === 1);
  assert.deepEqual(
    [told, connection.writable, connection.ends],
    [['connected'], true, { own: '127.0.0.1', server: '127.0.0.1' }],
  );
  assert.deepEqual(handshakes, [
    {
      path: '/live?channel=1',
      host: `127.0.0.1:${port}`,
      protocol: 'rtsp.onvif.org',
      authorization: undefined,
    },
  ]);
  connection.write(Buffer.from('OPTIONS * RTSP/1.0\r\n\r\n'));
  connection.write(Uint8Array.of(9, 0x24, 1, 0, 0).subarray(1));
  await until(() => received.length === 2);
  assert.deepEqual(received.map(String), ['OPTIONS * RTSP/1.0\r\n\r\n', '$\x01\0\0']);
  sockets[0]!.send(Buffer.from('RTSP/1.0 2'));
  sockets[0]!.send('00 OK');
  await until(() => text() === 'RTSP/1.0 200 OK');
  sockets[0]!.close();
  await until(() => told.length === 2);
  assert.deepEqual(told, ['connected', 'closed']);
});

const notFound = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';

const reached: readonly [
  name: string,
  options: Parameters<typeof tunnel>[1],
  expected: (handshakes: readonly Handshake[]) => void,
][] = [
  [
    'a camera that does not repeat the subprotocol is taken',
    { repeatsProtocol: false },
    (handshakes) => assert.equal(handshakes.length, 1),
  ],
  [
    "a camera that has no WebSocket at the stream's path is asked at those that vendors use",
    { answers: ({ path }) => (path === '/rtspoverwebsocket' ? undefined : notFound) },
    (handshakes) =>
      assert.deepEqual(
        handshakes.map(({ path }) => path),
        ['/live?channel=1', '/rtsp-over-websocket', '/rtspoverwebsocket'],
      ),
  ],
  [
    'a path that leads to another host when it is joined stays a path',
    { path: '//elsewhere/live#top' },
    (handshakes) => assert.equal(handshakes[0]!.path, '//elsewhere/live'),
  ],
  [
    'a camera that asks for the password here too is told it',
    {
      credentials: { username: 'joe', password: 'x' },
      answers: ({ authorization }) =>
        authorization === undefined
          ? 'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="r"\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n'
          : undefined,
    },
    (handshakes) =>
      assert.match(
        handshakes[1]!.authorization!,
        /^Digest username="joe", realm="r", nonce="n", uri="\/live\?channel=1"/,
      ),
  ],
];

for (const [name, options, expected] of reached) {
  test(name, async (t) => {
    const { handshakes, told } = await tunnel(t, options);
    await until(() => told.length === 1);
    assert.deepEqual(told, ['connected']);
    expected(handshakes);
  });
}

const refusals: readonly [
  name: string,
  answer: string,
  credentials: Credentials | undefined,
  attempts: number,
  told: RegExp,
][] = [
  [
    'has it at no path',
    notFound,
    undefined,
    4,
    /^camera_transport_unsupported: rtsp:\/\/CAMERA the camera takes no RTSP through a WebSocket \(404 Not Found\)\.$/,
  ],
  ['speaks something else', 'SSH-2.0-x\r\n', undefined, 4, /^camera_transport_unsupported: .*\(Parse Error/],
  ['closes the connection', '', undefined, 4, /^camera_transport_unsupported: .*hang up/],
  [
    'proves no knowledge of the protocol',
    'HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
    undefined,
    4,
    /^camera_transport_unsupported: .*Invalid Sec-WebSocket-Accept header/,
  ],
  ['asks for a password', 'HTTP/1.1 401 X\r\n\r\n', undefined, 1, /^camera_authentication: .*are needed\.$/],
  [
    'refuses the password',
    'HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm="r"\r\n\r\n',
    { username: 'joe', password: 'x' },
    2,
    /^camera_authentication: .*is wrong\.$/,
  ],
];

for (const [name, answer, credentials, attempts, expected] of refusals) {
  test(`a camera that ${name} is given up`, async (t) => {
    const { handshakes, told } = await tunnel(t, {
      answers: () => answer,
      ...(credentials && { credentials }),
    });
    await until(() => told.length === 1);
    assert.match(told[0]!, expected);
    assert.equal(handshakes.length, attempts);
  });
}

test('a camera that breaks the framing of the WebSocket is said to, once', async (t) => {
  const { sockets, told } = await tunnel(t);
  await until(() => sockets.length === 1 && told.length === 1);
  const { _socket: socket } = sockets[0] as unknown as { _socket: { write(bytes: Uint8Array): void } };
  socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  await until(() => told.length > 1);
  assert.equal(told.length, 2);
  assert.match(told[1]!, /^rtsp_malformed: .*what came is no WebSocket \(Invalid WebSocket frame/);
});

test('a tunnel that is closed while it is made tells nothing any more', async (t) => {
  const { connection, told, handshakes } = await tunnel(t, { answers: () => 'silence' });
  await until(() => handshakes.length === 1);
  connection.close();
  const others = await tunnel(t, { answers: () => notFound });
  await until(() => others.told.length === 1);
  assert.deepEqual(told, []);
});
