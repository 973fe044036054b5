import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { frontDoor, startApi } from '../../../test/fixtures/api_server.ts';
import { until } from '../../../test/fixtures/until.ts';
import type { CameraAnswer } from '../contract/camera.ts';
import { listen } from '../server.ts';
import { eventText } from '../updates/event_text.ts';

async function startListening(context: TestContext) {
  const api = await startApi(context);
  const url = await listen(api.server, { host: '127.0.0.1', port: 0 });
  const ask = (path: string, options?: RequestInit) => fetch(`${url}/api/v1${path}`, options);
  const post = (path: string, body: object, method = 'POST') =>
    ask(path, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  return { ...api, url, ask, post };
}

/** A client that collects all events as they come. */
async function listenTo(context: TestContext, url: string) {
  const end = new AbortController();
  context.after(() => end.abort());
  const response = await fetch(`${url}/api/v1/updates`, { signal: end.signal });
  const received = { text: '', isOver: false };
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      received.text += value;
    }
  };
  void read()
    .catch(() => {})
    .finally(() => {
      received.isOver = true;
    });
  const events = () =>
    [...received.text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)].map(([, name, data]) => ({
      name,
      data: JSON.parse(data!),
    }));
  const names = () => events().map(({ name }) => name);
  return { response, received, events, names, end: () => end.abort() };
}

/** A client that asks and never reads. */
async function stallOn(context: TestContext, url: string): Promise<Socket> {
  const { host, port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  context.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.pause();
  socket.write(`GET /api/v1/updates HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return socket;
}

test('what happens to cameras arrives as it happens, in order', async (context) => {
  const { url, post, ask, clock } = await startListening(context);
  const { response, events, names } = await listenTo(context, url);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.match(response.headers.get('content-security-policy')!, /default-src 'none'/);
  const added = (await (await post('/cameras', frontDoor)).json()) as { id: string };
  await post(`/cameras/${added.id}`, { name: 'Back door' }, 'PATCH');
  await ask(`/cameras/${added.id}`, { method: 'DELETE' });
  await until(() => names().length === 4);
  const [hello, first, second, last] = events();
  assert.deepEqual(hello, { name: 'hello', data: { nowMs: clock.now(), version: '1.2.3' } });
  assert.deepEqual(first, { name: 'camera', data: added });
  assert.deepEqual(second, { name: 'camera', data: { ...added, name: 'Back door' } });
  assert.deepEqual(last, { name: 'camera_removed', data: { id: added.id } });
});

test('a camera that could not be added is taken back', async (context) => {
  const { url, post, recorder } = await startListening(context);
  const { names } = await listenTo(context, url);
  recorder.failure = new Error('no');
  assert.equal((await post('/cameras', frontDoor)).status, 500);
  await until(() => names().length === 2);
  assert.deepEqual(names(), ['hello', 'camera_removed']);
});

test('a client that does not read is cut off; one that reads misses nothing', async (context) => {
  const { url, post, updates } = await startListening(context);
  // Long events fill the buffers of the sockets sooner.
  const url4k = (role: string) => ({ role, url: `rtsp://192.168.1.20/${role.padEnd(2_000, 'x')}` });
  const camera = { name: 'Front door', streams: [url4k('main'), url4k('sub')] };
  const added = (await (await post('/cameras', camera)).json()) as CameraAnswer;
  const eventLength = eventText('camera', added).length;
  const reading = await listenTo(context, url);
  await stallOn(context, url);
  await until(() => updates.clients === 2);
  let told = 0;
  while (updates.clients === 2) {
    updates.cameraChanged(added.id);
    told++;
    // Who reads must get the chance to: what may be left unread are 200 such events.
    if (told % 25 === 0) await until(() => reading.received.text.length > told * eventLength);
  }
  await until(() => reading.names().length === told + 1);
  assert.equal(updates.clients, 1);
});

test('the 65th client is told to come later, and the place of one that went is free', async (context) => {
  const { url, ask, updates } = await startListening(context);
  const clients = await Promise.all(Array.from({ length: 64 }, () => listenTo(context, url)));
  const refused = await ask('/updates');
  assert.equal(refused.status, 503);
  assert.match(refused.headers.get('content-type')!, /^application\/problem\+json/);
  assert.equal(((await refused.json()) as { code: string }).code, 'too_busy');
  clients[0]!.end();
  await until(() => updates.clients === 63);
  assert.equal((await listenTo(context, url)).response.status, 200);
});

test('nothing of a client stays behind when it goes', async (context) => {
  const { url, updates, clock, post } = await startListening(context);
  const timers = clock.pendingTimers;
  const { end } = await listenTo(context, url);
  assert.equal(updates.clients, 1);
  assert(clock.pendingTimers > timers);
  end();
  await until(() => updates.clients === 0);
  assert.equal(clock.pendingTimers, timers);
  assert.equal((await post('/cameras', frontDoor)).status, 201);
});

test('the end of the feed ends every connection', async (context) => {
  const { url, updates, ask } = await startListening(context);
  const { received } = await listenTo(context, url);
  updates.stop();
  await until(() => received.isOver);
  assert.equal((await ask('/updates')).status, 503);
});

test('only GET listens, and only from here', async (context) => {
  const { url, ask, updates } = await startListening(context);
  assert.equal((await ask('/updates', { method: 'HEAD' })).status, 404);
  assert.equal(
    (await fetch(`${url}/api/v1/updates`, { headers: { origin: 'http://evil.example' } })).status,
    403,
  );
  assert.equal(updates.clients, 0);
});
