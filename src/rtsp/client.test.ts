import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conversation, digest, login, Recording, usual } from '../../test/rtsp/conversation.ts';
import {
  describeLine,
  frame,
  optionsLine,
  playLine,
  reply,
  rtcpPacket,
  rtpPacket,
  ScriptedCamera,
  setupLine,
  teardownLine,
} from '../../test/rtsp/scripted_camera.ts';

test('a session is opened, played, paused, resumed and torn down', async (t) => {
  const session = { Session: 'abc' };
  const { camera, recording, client } = await conversation(t, [
    ...usual,
    ['PAUSE', reply('200 OK', session)],
    ['PLAY', reply('200 OK', session)],
    teardownLine,
  ]);
  const media = await recording.play();
  assert.deepEqual(
    media.map(({ index, controlUrl, transport }) => [index, controlUrl, transport]),
    [[0, `${camera.url}/trackID=0`, { kind: 'tcp', channels: { rtp: 0, rtcp: 1 } }]],
  );
  assert.equal(camera.requests[2]?.headers.get('Transport'), 'RTP/AVP/TCP;unicast;interleaved=0-1');
  assert.equal(camera.requests[3]?.headers.get('Range'), 'npt=0.000-');
  camera.send(Buffer.concat([frame(0, rtpPacket(7)), frame(1, rtcpPacket)]));
  await recording.received(2);
  assert.deepEqual(recording.packets, ['0 rtp 7', '0 rtcp 8']);
  await client.pause();
  await client.resume();
  client.sendRtcp(media[0]!, rtcpPacket);
  await camera.until(() => camera.frames.length === 1);
  assert.deepEqual(camera.frames, [{ channel: 1, payload: Buffer.from(rtcpPacket) }]);
  await client.stop();
  await client.stop();
  assert.deepEqual(recording.ends, [undefined]);
  assert.equal(recording.clock.pendingTimers, 0);
  assert.deepEqual(
    camera.requests.slice(3).map(({ headers }) => headers.get('Session')),
    ['abc', 'abc', 'abc', 'abc'],
  );
});

test('nothing is handed on after stop, and no timer is left but that of TEARDOWN', async (t) => {
  const { recording } = await conversation(t, [
    ...usual,
    ['TEARDOWN', frame(0, rtpPacket(1)), reply('200 OK')],
  ]);
  await recording.play();
  assert.equal(recording.clock.pendingTimers, 1);
  await recording.client.stop();
  assert.deepEqual([recording.packets, recording.clock.pendingTimers], [[], 0]);
});

test('reports to a camera that does not read are dropped, not gathered', async (t) => {
  const { camera, recording, client } = await conversation(t, [
    ...usual,
    ['PAUSE', reply('200 OK')],
    teardownLine,
  ]);
  const [media] = await recording.play();
  const report = Buffer.alloc(60_000);
  report.set(rtcpPacket);
  // More than the kernel takes while nobody reads, which is until the loop is over.
  for (let count = 0; count < 400; count++) client.sendRtcp(media!, report);
  await client.pause();
  assert.ok(camera.frames.length > 0 && camera.frames.length < 400, `${camera.frames.length} reports`);
});

test('clients share one receive buffer', async (t) => {
  const receiveBuffer = Buffer.alloc(512);
  const both = await Promise.all(
    [1, 2].map(() => conversation(t, [...usual, teardownLine], { receiveBuffer })),
  );
  await Promise.all(both.map(({ recording }) => recording.play()));
  for (const [turn, { camera }] of both.entries()) {
    for (let count = 0; count < 50; count++) camera.send(frame(0, rtpPacket(turn * 1000 + count)));
  }
  await Promise.all(both.map(({ recording }) => recording.received(50)));
  for (const [turn, { recording }] of both.entries()) {
    const expected = Array.from({ length: 50 }, (_, count) => `0 rtp ${turn * 1000 + count}`);
    assert.deepEqual(recording.packets, expected);
  }
});

// --- Authentication

test('C1, C4: the strongest challenge is answered for the whole URL, and every request names the agent', async (t) => {
  const challenges = {
    ...digest('n', ', qop="auth", algorithm=SHA-256'),
    'www-authenticate': 'Basic realm="r"',
  };
  const { camera, recording } = await conversation(
    t,
    [
      optionsLine,
      ['DESCRIBE', reply('401 Unauthorized', challenges)],
      describeLine,
      setupLine,
      playLine,
      teardownLine,
    ],
    login,
  );
  await recording.play();
  for (const request of camera.requests.slice(2)) {
    const header = request.headers.get('Authorization')!;
    assert.match(header, /^Digest .*algorithm=SHA-256/);
    assert.ok(header.includes(`uri="${request.url}"`));
  }
  assert.ok(camera.requests.every(({ headers }) => headers.get('User-Agent') === 'Nightjar'));
});

test('C2: Digest without qop and algorithm is answered in the form of RFC 2069', async (t) => {
  const script = [optionsLine, ['DESCRIBE', reply('401 Unauthorized', digest('n'))], describeLine] as const;
  const { camera, client } = await conversation(t, script, login);
  await client.describe();
  assert.doesNotMatch(camera.requests[2]!.headers.get('Authorization')!, /qop|algorithm|nc=/);
});

test('C3: a nonce that goes stale at any request is renewed and the request repeated', async (t) => {
  const stale = (nonce: string) => reply('401 Unauthorized', digest(nonce, ', stale=true'));
  const { camera, recording } = await conversation(
    t,
    [
      ['OPTIONS', reply('401 Unauthorized', digest('a'))],
      optionsLine,
      ['DESCRIBE', stale('b')],
      describeLine,
      ['SETUP', stale('c')],
      setupLine,
      ['PLAY', stale('d')],
      ['PLAY', stale('e')],
      playLine,
      ['TEARDOWN', stale('f')],
      teardownLine,
    ],
    login,
  );
  await recording.play();
  await recording.client.stop();
  const nonces = camera.requests.map(
    ({ headers }) => /nonce="(\w)"/.exec(headers.get('Authorization') ?? '')?.[1],
  );
  assert.equal(nonces.join(''), 'aabbccdeef');
});

test('C5: a camera whose SHA-256 is broken is answered with MD5', async (t) => {
  const both = { ...digest('n', ', algorithm=SHA-256'), 'www-authenticate': 'Digest realm="r", nonce="n"' };
  const { camera, client } = await conversation(
    t,
    [optionsLine, ['DESCRIBE', reply('401 No', both)], ['DESCRIBE', reply('401 No', both)], describeLine],
    login,
  );
  await client.describe();
  assert.match(camera.requests[2]!.headers.get('Authorization')!, /SHA-256/);
  assert.doesNotMatch(camera.requests[3]!.headers.get('Authorization')!, /SHA-256/);
});

test('credentials in the URL are used, and never sent in it', async (t) => {
  const camera = await ScriptedCamera.start([
    optionsLine,
    ['DESCRIBE', reply('401 No', { 'WWW-Authenticate': 'Basic' })],
    describeLine,
  ]);
  const recording = new Recording(camera.url.replace('rtsp://', 'rtsp://admin:hunter2@'));
  t.after(() => camera.close());
  await recording.client.describe();
  assert.equal(camera.requests[2]?.headers.get('Authorization'), `Basic ${btoa('admin:hunter2')}`);
  assert.ok(camera.requests.every(({ url }) => url === camera.url));
  await recording.client.stop();
});
