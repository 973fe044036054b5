import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { frontDoor, startApi } from '../../../test/fixtures/api_server.ts';
import { liveFrame, liveInit } from '../../../test/fixtures/live_items.ts';
import { LiveWatcher } from '../../../test/fixtures/live_watcher.ts';
import { until } from '../../../test/fixtures/until.ts';
import { systemClock } from '../../clock/system_clock.ts';
import { LiveHub } from '../../live/live_hub.ts';

/** The API on a real port, with a hub whose frames come from the test. */
async function listening(context: TestContext, changes: { isStopping?: () => boolean } = {}) {
  const hub = new LiveHub({
    clock: systemClock,
    source: { watch() {}, unwatch() {}, liveStatus: () => undefined },
  });
  const api = await startApi(context, { live: hub, clock: systemClock, ...changes });
  const url = await api.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = new URL(url);
  const headers = { host: `127.0.0.1:${port}` };
  const { id, streams } = (await api.ask('POST', '/api/v1/cameras', frontDoor, headers)).json;
  return {
    ...api,
    hub,
    port,
    headers,
    cameras: `${url}/api/v1/cameras`,
    camera: id,
    streamId: streams[0].id,
  };
}

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

/** Asks for a WebSocket and resolves with the status and the body, or with the open connection. */
function handshake(url: string, headers: Record<string, string>) {
  return new Promise<{ status: number; body: string; socket?: Socket }>((resolve, reject) => {
    const asked = request(url, { headers: { ...upgrade, ...headers } });
    asked.on('upgrade', (response, socket) =>
      resolve({ status: response.statusCode!, body: '', socket: socket as Socket }),
    );
    asked.on('response', async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode!, body });
    });
    asked.on('error', reject);
    asked.end();
  });
}

const handshakes: [who: string, headers: Record<string, string>, status: number, code?: string][] = [
  ['a page of ours', { origin: 'http://127.0.0.1:PORT' }, 101],
  ['a program', {}, 101],
  ['a page of another site', { origin: 'https://evil.example' }, 403, 'origin_forbidden'],
  ['a page without an origin', { origin: 'null' }, 403, 'origin_forbidden'],
  ['a page of another port', { origin: 'http://127.0.0.1:1' }, 403, 'origin_forbidden'],
  ['a page whose name was bent to this machine', { host: 'evil.example:PORT' }, 403, 'host_forbidden'],
  ['a foreign page that a browser tells of', { 'sec-fetch-site': 'cross-site' }, 403, 'origin_forbidden'],
];

for (const [who, headers, status, code] of handshakes) {
  test(`${who} is answered ${status} when it wants to watch`, async (context) => {
    const { hub, cameras, camera, port } = await listening(context);
    const named = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', port)]),
    );
    const answer = await handshake(`${cameras}/${camera}/live`, named);
    assert.equal(answer.status, status);
    if (code !== undefined) assert.equal(JSON.parse(answer.body).code, code);
    assert.equal(hub.watchers, status === 101 ? 1 : 0);
    answer.socket?.destroy();
    await until(() => hub.watchers === 0);
  });
}

const refusals: [what: string, path: string, closed: { code: number; reason: string }][] = [
  ['an unknown camera', '/gone/live', { code: 4404, reason: 'There is no camera "gone".' }],
  [
    'an unknown stream',
    '/CAMERA/live?stream=sub',
    { code: 4404, reason: 'stream is "sub", but must be one of main, or the id of one.' },
  ],
  [
    'a name that is too long for a reason',
    `/${'ö'.repeat(60)}/live`,
    { code: 4404, reason: `There is no camera "${'ö'.repeat(51)}` },
  ],
];

for (const [what, path, closed] of refusals) {
  test(`who wants to watch ${what} is told so by the close`, async (context) => {
    const { cameras, camera } = await listening(context);
    const watcher = new LiveWatcher(`${cameras}${path.replace('CAMERA', camera)}`);
    await until(() => watcher.closed !== undefined);
    assert.deepEqual(watcher.closed, closed);
    assert.deepEqual(watcher.messages, []);
  });
}

test('a request that is none for a WebSocket, or has unknown fields, is refused in words', async (context) => {
  const { ask, headers, cameras, camera } = await listening(context);
  const plain = await ask('GET', `/api/v1/cameras/${camera}/live`, undefined, headers);
  assert.equal(plain.status, 400);
  assert.equal(plain.json.detail, 'Live pictures are sent over a WebSocket only.');
  const { status, body } = await handshake(`${cameras}/${camera}/live?streem=sub`, {});
  assert.equal(status, 400);
  assert.equal(JSON.parse(body).detail, 'streem is not known here.');
});

test('a WebSocket to another address is not left open', async (context) => {
  const { cameras } = await listening(context);
  const watcher = new LiveWatcher(cameras);
  await until(() => watcher.closed !== undefined);
  assert.deepEqual(watcher.messages, []);
});

test('a watcher gets hello, the state, the header and the frames in this order', async (context) => {
  const { hub, cameras, camera, streamId } = await listening(context);
  const watcher = new LiveWatcher(`${cameras}/${camera}/live`);
  await until(() => watcher.messages.length === 2);
  hub.live(streamId, [liveInit(9), liveFrame({ key: true, bytes: 300_000 }), liveFrame({ number: 2 })]);
  await watcher.untilFragments(2);
  assert.deepEqual(watcher.order, ['hello', 'state', 'state', 'init', 'media', 'media', 'media']);
  const { nowMs, ...hello } = watcher.of('hello')[0]!;
  assert.deepEqual(hello, { kind: 'hello', streamId, role: 'main' });
  assert.ok(Math.abs(nowMs - Date.now()) < 10_000);
  assert.deepEqual(watcher.inputs[0]!.said, {
    kind: 'init',
    mimeType: 'video/mp4; codecs="avc1.64001f"',
    width: 640,
    height: 360,
    hasAudio: false,
  });
  assert.deepEqual(
    watcher.inputs[0]!.parts.map((part) => part.length),
    [1, 300_000, 100],
  );
  await watcher.close();
  await until(() => hub.watchers === 0);
});

test('a watcher that talks too much is cut off', async (context) => {
  const { hub, cameras, camera } = await listening(context);
  const watcher = new LiveWatcher(`${cameras}/${camera}/live`);
  await until(() => watcher.messages.length === 2);
  watcher.socket.send('a few words');
  watcher.socket.send('x'.repeat(2_000));
  await until(() => watcher.closed !== undefined);
  await until(() => hub.watchers === 0);
});

test('a stopping server takes no watcher on, and its end closes all', async (context) => {
  let stopping = false;
  const { server, cameras, camera } = await listening(context, { isStopping: () => stopping });
  const watcher = new LiveWatcher(`${cameras}/${camera}/live`);
  await until(() => watcher.messages.length === 2);
  stopping = true;
  const { status } = await handshake(`${cameras}/${camera}/live`, {});
  assert.equal(status, 503);
  await server.close();
  await until(() => watcher.closed !== undefined);
  assert.deepEqual(watcher.closed, { code: 1001, reason: 'The server stops.' });
});

/** The unmasked messages of a server (RFC 6455 section 5.2): texts, and the first byte of binary ones. */
function* messagesIn(bytes: Buffer): Generator<string> {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes[at + 1]! & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : short;
    const body = bytes.subarray(at + head, at + head + length);
    yield (bytes[at]! & 0x0f) === 1 ? body.toString() : `binary ${body[0]}`;
    at += head + length;
  }
}

test('a watcher that does not read is spared pictures up to a key frame, and told how many', async (context) => {
  const { hub, port, camera, streamId } = await listening(context);
  const socket = connect(Number(port), '127.0.0.1');
  const received: Buffer[] = [];
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...upgrade }).map((line) => line.join(': '));
  socket.write(`GET /api/v1/cameras/${camera}/live HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  await until(() => hub.watchers === 1);
  hub.live(streamId, [liveInit(), liveFrame({ key: true, number: 1 })]);
  // More than the kernel takes and the bound allows.
  const group = [liveFrame({ key: true, number: 2, bytes: 1_000_000 })];
  for (let count = 0; count < 4; count++) group.push(liveFrame({ number: 3, bytes: 1_000_000 }));
  let sent = 0;
  for (; sent < 40; sent += group.length) hub.live(streamId, group);
  socket.on('data', (chunk) => received.push(chunk));
  const text = () => {
    const bytes = Buffer.concat(received);
    return [...messagesIn(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4))];
  };
  await until(() => {
    hub.live(streamId, group);
    sent += group.length;
    return Buffer.concat(received).includes('"kind":"dropped"');
  });
  const messages = text();
  const dropped = messages.findIndex((message) => message.includes('"kind":"dropped"'));
  const pictures = messages.slice(0, dropped).filter((message) => /^binary [23]$/.test(message)).length;
  const { frames } = JSON.parse(messages[dropped]!);
  assert.ok(frames >= 10, `${frames} pictures were dropped`);
  assert.ok(pictures + frames <= sent);
  assert.equal((pictures + frames) % group.length, 0, 'it goes on with a key frame');
  await until(() => text().length > dropped + 1);
  assert.equal(text()[dropped + 1], 'binary 2');
  socket.destroy();
  await until(() => hub.watchers === 0);
});
