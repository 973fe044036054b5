import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import {
  describeLine,
  type Exchange,
  frame,
  optionsLine,
  playLine,
  reply,
  rtpPacket,
  ScriptedCamera,
  setupLine,
  videoSdp,
} from '../../test/rtsp/scripted_camera.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { RtspClient } from './client.ts';

const all = (description: { media: readonly { formats: readonly never[] }[] }) =>
  description.media.map(({ formats }, mediaIndex) => ({ mediaIndex, format: formats[0]! }));

/** Opens a session that must fail; returns its error, with the port of the camera written as PORT. */
async function failure(url: string, credentials: { username?: string; password?: string } = {}) {
  const clock = new SimulatedClock();
  const client = new RtspClient(
    { url, clock, ...credentials },
    {
      onRtp: () => undefined,
      onRtcp: () => undefined,
      onEnd: () => assert.fail('a session that never played does not end'),
    },
  );
  const opening = client.describe().then(() => client.play(all as never));
  const error = await opening.then(
    () => assert.fail('the session must not open'),
    (thrown: unknown) => thrown,
  );
  await client.stop();
  assert.ok(error instanceof NightjarError, String(error));
  assert.equal(clock.pendingTimers, 0);
  return { code: error.code, message: error.message.replaceAll(/127\.0\.0\.1:\d+/g, 'CAMERA'), error };
}

const digest = { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' };
const unauthorized: Exchange = ['DESCRIBE', reply('401 Unauthorized', digest)];
const describeUrl = 'DESCRIBE rtsp://CAMERA/live: ';
const withSdp = (sdp: string): Exchange => ['DESCRIBE', reply('200 OK', {}, sdp)];

const dialogues: readonly [name: string, script: Exchange[], code: string, message: string][] = [
  [
    'a wrong path',
    [optionsLine, ['DESCRIBE', reply('404 Stream Not Found')]],
    'camera_path_not_found',
    `${describeUrl}404 Stream Not Found.`,
  ],
  [
    'a wrong password',
    [optionsLine, unauthorized, unauthorized, unauthorized],
    'camera_authentication',
    `${describeUrl}401 Unauthorized; the user name or the password is wrong.`,
  ],
  [
    'a challenge that is not known',
    [optionsLine, ['DESCRIBE', reply('401 No', { 'WWW-Authenticate': 'Negotiate' })]],
    'camera_authentication_unsupported',
    `${describeUrl}401; only this is offered: Negotiate.`,
  ],
  [
    'no challenge at all',
    [optionsLine, ['DESCRIBE', reply('401 No')]],
    'camera_authentication_unsupported',
    `${describeUrl}401; no way to authenticate is offered.`,
  ],
  [
    'another status',
    [optionsLine, ['DESCRIBE', reply('503 Service Unavailable')]],
    'camera_rejected',
    `${describeUrl}503 Service Unavailable.`,
  ],
  [
    'a transport that the camera refuses',
    [optionsLine, describeLine, ['SETUP', reply('461 Unsupported Transport')], ['TEARDOWN']],
    'camera_transport_unsupported',
    'SETUP rtsp://CAMERA/live/trackID=0: 461 Unsupported Transport.',
  ],
  [
    'a camera that insists on UDP',
    [
      optionsLine,
      describeLine,
      ['SETUP', reply('200 OK', { Transport: 'RTP/AVP;unicast;server_port=5000-5001' })],
    ],
    'camera_transport_unsupported',
    'SETUP rtsp://CAMERA/live/trackID=0: the camera insists on UDP.',
  ],
  [
    'PLAY that is refused',
    [optionsLine, describeLine, setupLine, ['PLAY', reply('455 Not Now')]],
    'camera_rejected',
    'PLAY rtsp://CAMERA/live: 455 Not Now.',
  ],
  [
    'an answer of HTTP',
    [['OPTIONS', 'HTTP/1.1 400 Bad Request\r\n\r\n']],
    'rtsp_malformed',
    'OPTIONS rtsp://CAMERA/live: This is not RTSP.',
  ],
  [
    'an endless header',
    [['OPTIONS', 'RTSP/1.0 200 OK\r\n', 'X: y\r\n'.repeat(20_000)]],
    'rtsp_limit',
    'OPTIONS rtsp://CAMERA/live: The header of a message is longer than 65536 bytes.',
  ],
  [
    'a huge Content-Length',
    [optionsLine, ['DESCRIBE', 'RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 5000000000\r\n\r\n']],
    'rtsp_limit',
    `${describeUrl}A message announces a body of 5000000000 bytes; at most 1048576 are read.`,
  ],
  [
    'rubbish without end',
    [optionsLine, ['DESCRIBE', Buffer.alloc(1_100_000, 0xfe)]],
    'rtsp_desynchronised',
    `${describeUrl}Nothing believable came in 1048576 bytes after the framing was lost.`,
  ],
  [
    'a connection that is closed instead of a reply',
    [optionsLine, ['DESCRIBE', 'close']],
    'camera_closed',
    `${describeUrl}the connection was closed before the reply came.`,
  ],
  [
    'a connection that is closed within a reply',
    [optionsLine, ['DESCRIBE', 'RTSP/1.0 200 OK\r\nContent-Le', 'close']],
    'camera_closed',
    `${describeUrl}the connection was closed in the middle of a packet or message before the reply came.`,
  ],
  [
    'a description of nothing',
    [optionsLine, withSdp('')],
    'sdp_malformed',
    `${describeUrl}The description of the stream names no media.`,
  ],
  [
    'a description without video',
    [optionsLine, withSdp('m=audio 0 RTP/AVP 0\r\n')],
    'sdp_no_video',
    `${describeUrl}no usable video is described, only: audio.`,
  ],
  [
    'a description of video in no known encoding',
    [optionsLine, withSdp(videoSdp.replace('a=rtpmap', 'a=other'))],
    'sdp_no_video',
    `${describeUrl}no usable video is described, only: video.`,
  ],
  [
    'a redirect to nowhere',
    [optionsLine, ['DESCRIBE', reply('302 Moved')]],
    'camera_redirected',
    `${describeUrl}302 Moved; the camera redirects to "", which is no address of a stream.`,
  ],
];

for (const [name, script, code, message] of dialogues) {
  test(`${name} is a clear error`, async (t) => {
    const camera = await ScriptedCamera.start(script);
    t.after(() => camera.close());
    const found = await failure(camera.url, { username: 'admin', password: 'hunter2' });
    assert.deepEqual([found.code, found.message], [code, message]);
    assert.equal(found.error.place.request, message.split(' ')[0]);
    assert.ok(!JSON.stringify([found.error.place, found.message]).includes('hunter2'));
  });
}

test('a camera that wants a password and gets none says so', async (t) => {
  const camera = await ScriptedCamera.start([['OPTIONS', reply('401 Unauthorized', digest)], unauthorized]);
  t.after(() => camera.close());
  const { code, message } = await failure(camera.url);
  assert.deepEqual(
    [code, message],
    ['camera_authentication', `${describeUrl}401 Unauthorized; a user name and a password are needed.`],
  );
});

test('a server that greets with a banner of SSH is not a camera', async (t) => {
  const camera = await ScriptedCamera.start([], 'SSH-2.0-OpenSSH_9.2p1 Debian\r\n');
  t.after(() => camera.close());
  const { code, message } = await failure(camera.url);
  assert.equal(code, 'rtsp_malformed');
  assert.match(message, /: This is not RTSP\.$/);
});

test('a port where nobody listens is refused', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const { code, message } = await failure(`rtsp://joe:hunter2@127.0.0.1:${port}/live`);
  assert.deepEqual([code, message], ['camera_refused', 'rtsp://CAMERA/live: connect ECONNREFUSED CAMERA.']);
});

test('a host that does not exist is named', async () => {
  const { code, message } = await failure('rtsp://no-such-camera.invalid/live');
  assert.equal(code, 'camera_name_unknown');
  assert.match(message, /no-such-camera\.invalid/);
});

const timeouts: readonly [name: string, script: Exchange[], code: string, message: RegExp][] = [
  ['a camera that never answers OPTIONS', [], 'camera_timeout', /^OPTIONS \S+: no reply within 10 s\.$/],
  [
    'a camera that never answers DESCRIBE',
    [optionsLine],
    'camera_timeout',
    /^DESCRIBE \S+: no reply within 10 s\.$/,
  ],
];

for (const [name, script, code, message] of timeouts) {
  test(`${name} is given up after 10 s`, async (t) => {
    const camera = await ScriptedCamera.start(script);
    t.after(() => camera.close());
    const clock = new SimulatedClock();
    const handler = { onRtp: () => undefined, onRtcp: () => undefined, onEnd: () => undefined };
    const describing = new RtspClient({ url: camera.url, clock }, handler).describe();
    const rejected = assert.rejects(describing, { code, message });
    await camera.received(script.length + 1);
    clock.advance(10_000);
    await rejected;
  });
}

test('a connection that is never made is given up after 10 s', async (t) => {
  const camera = await ScriptedCamera.start([]);
  t.after(() => camera.close());
  const clock = new SimulatedClock();
  const handler = { onRtp: () => undefined, onRtcp: () => undefined, onEnd: () => undefined };
  const describing = new RtspClient({ url: camera.url, clock }, handler).describe();
  // The clock runs out before the event loop can tell that the connection was made.
  clock.advance(10_000);
  await assert.rejects(describing, { code: 'camera_unreachable', message: /no connection within 10 s\.$/ });
});

const endings: readonly [name: string, bytes: Uint8Array, code: string, message: RegExp][] = [
  ['closes', Buffer.alloc(0), 'camera_closed', /^rtsp:\S+: the connection was closed\.$/],
  [
    'closes mid-packet',
    frame(0, rtpPacket(2)).subarray(0, 9),
    'camera_closed',
    /closed in the middle of a packet or message\.$/,
  ],
  [
    'sends only rubbish any more',
    Buffer.alloc(1_100_000),
    'rtsp_desynchronised',
    /^rtsp:\S+: Nothing believable came/,
  ],
];

for (const [name, bytes, code, message] of endings) {
  test(`a camera that ${name} while it plays ends the session once, with the reason`, async (t) => {
    const camera = await ScriptedCamera.start([optionsLine, describeLine, setupLine, playLine]);
    t.after(() => camera.close());
    const { promise, resolve } = Promise.withResolvers<NightjarError | undefined>();
    let ends = 0;
    let packets = 0;
    const clock = new SimulatedClock();
    const client = new RtspClient(
      { url: camera.url, clock },
      {
        onRtp: () => packets++,
        onRtcp: () => undefined,
        onEnd: (error) => {
          ends++;
          resolve(error);
        },
      },
    );
    await client.describe();
    await client.play(all as never);
    camera.send(Buffer.concat([frame(0, rtpPacket(1)), bytes]));
    camera.hangUp();
    const error = await promise;
    assert.equal(error?.code, code);
    assert.match(error.message, message);
    assert.equal(packets, 1);
    await client.stop();
    await assert.rejects(client.pause(), { code });
    assert.equal(ends, 1);
    assert.equal(clock.pendingTimers, 0);
  });
}

test('a camera that asks on and on without reading the answers is left', async (t) => {
  // The number of a question comes back with its answer.
  const question = Buffer.from(`OPTIONS * RTSP/1.0\r\nCSeq: ${'7'.repeat(32_000)}\r\n\r\n`);
  const server = createServer((socket) => {
    socket.pause();
    socket.on('error', () => {});
    const ask = () => {
      while (!socket.destroyed && socket.write(question));
    };
    socket.on('drain', ask);
    ask();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const { code, message } = await failure(`rtsp://127.0.0.1:${port}/live`);
  assert.equal(code, 'rtsp_limit');
  assert.match(message, /asks on and on without reading the answers/);
});

test('a session that is stopped while it opens gives up at once', async (t) => {
  const camera = await ScriptedCamera.start([]);
  t.after(() => camera.close());
  const clock = new SimulatedClock();
  const handler = { onRtp: () => undefined, onRtcp: () => undefined, onEnd: () => assert.fail() };
  const client = new RtspClient({ url: camera.url, clock }, handler);
  const rejected = assert.rejects(client.describe(), { code: 'camera_closed' });
  await camera.received(1);
  await client.stop();
  await rejected;
  assert.equal(clock.pendingTimers, 0);
});

test('a URL or a user name that cannot be used is refused before anything happens', () => {
  const handler = { onRtp: () => undefined, onRtcp: () => undefined, onEnd: () => undefined };
  const make = (url: string, username?: string) => () =>
    new RtspClient(
      { url, clock: new SimulatedClock(), ...(username !== undefined && { username }) },
      handler,
    );
  assert.throws(make('http://camera/'), { code: 'request_invalid' });
  assert.throws(make('rtsp://camera/', 'a\r\nX: y'), { code: 'request_invalid' });
});
