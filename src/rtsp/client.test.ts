import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  describeLine,
  type Exchange,
  frame,
  optionsLine,
  playLine,
  reply,
  rtcpPacket,
  rtpPacket,
  ScriptedCamera,
  setupLine,
  teardownLine,
  videoAndAudioSdp,
  videoSdp,
} from '../../test/rtsp/scripted_camera.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import type { NightjarError } from '../errors/nightjar_error.ts';
import type { SessionDescription } from '../sdp/session_description.ts';
import { RtspClient, type RtspClientOptions } from './client.ts';

const all = (description: SessionDescription) =>
  description.media.map(({ formats }, mediaIndex) => ({ mediaIndex, format: formats[0]! }));

/** A client and what came to its handler. */
class Recording {
  readonly clock = new SimulatedClock();
  readonly packets: string[] = [];
  readonly warnings: string[] = [];
  readonly ends: (NightjarError | undefined)[] = [];
  readonly ended: Promise<NightjarError | undefined>;
  readonly client: RtspClient;
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor(url: string, options: Partial<RtspClientOptions> = {}) {
    const { promise, resolve } = Promise.withResolvers<NightjarError | undefined>();
    this.ended = promise;
    const logger = {
      info: () => undefined,
      warn: (_: object, message: string) => this.warnings.push(message),
    };
    this.client = new RtspClient(
      { url, clock: this.clock, logger, receiveBuffer: Buffer.alloc(4096), ...options },
      {
        onRtp: (media, bytes, start, end) => {
          this.#packet(`${media.index} rtp ${Buffer.from(bytes.subarray(start, end)).readUInt16BE(2)}`);
        },
        onRtcp: (media, _bytes, start, end) => this.#packet(`${media.index} rtcp ${end - start}`),
        onEnd: (error) => {
          this.ends.push(error);
          resolve(error);
        },
      },
    );
  }

  async play() {
    await this.client.describe();
    return this.client.play(all);
  }

  /** Resolves when `count` packets have come since the start. */
  received(count: number): Promise<void> {
    if (this.packets.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  #packet(packet: string): void {
    this.packets.push(packet);
    for (const { count, resolve } of this.#waiting) if (this.packets.length >= count) resolve();
  }
}

async function conversation(
  t: TestContext,
  script: readonly Exchange[],
  options: Partial<RtspClientOptions> = {},
) {
  const camera = await ScriptedCamera.start(script);
  const recording = new Recording(camera.url, options);
  t.after(async () => {
    // The last line of the script may be silent, and the clock stands still.
    const stopped = recording.client.stop();
    recording.clock.advance(1_000);
    await stopped;
    await camera.close();
    assert.deepEqual(camera.surprises, []);
  });
  return { camera, recording, client: recording.client };
}

const usual = [optionsLine, describeLine, setupLine, playLine];
const digest = (nonce: string, more = '') => ({
  'WWW-Authenticate': `Digest realm="r", nonce="${nonce}"${more}`,
});
const login = { username: 'admin', password: 'hunter2' };

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
    media.map(({ index, controlUrl, rtpChannel, rtcpChannel }) => [
      index,
      controlUrl,
      rtpChannel,
      rtcpChannel,
    ]),
    [[0, `${camera.url}/trackID=0`, 0, 1]],
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

// --- What cameras do to the dialogue

test('C6: Cseq in odd casing, trailing blanks and no CSeq at all are accepted', async (t) => {
  const { recording } = await conversation(t, [
    ['OPTIONS', 'RTSP/1.0 200 OK\r\nCseq:1  \r\n\r\n'],
    ['DESCRIBE', `RTSP/1.0 200 OK\r\ncontent-LENGTH : ${videoSdp.length} \r\n\r\n${videoSdp}`],
    ['SETUP', 'RTSP/1.0 200 OK\r\nSESSION: abc \r\n\r\n'],
    ['PLAY', 'RTSP/1.0 200 OK\r\n\r\n'],
    teardownLine,
  ]);
  assert.equal((await recording.play()).length, 1);
});

test('C7: bare LF line ends, empty values and line ends before a frame are accepted', async (t) => {
  const { recording } = await conversation(t, [
    ['OPTIONS', 'RTSP/1.0 200 OK\nCSeq: 1\nPublic:\n\n'],
    describeLine,
    ['SETUP', 'RTSP/1.0 200 OK\nCSeq: 3\nSession: abc\nTransport:\n\n'],
    [
      'PLAY',
      'RTSP/1.0 200 OK\nCSeq: 4\nRange: \n\n',
      '\r\n',
      frame(0, rtpPacket(1)),
      '\r\n',
      frame(0, rtpPacket(2)),
    ],
    teardownLine,
  ]);
  await recording.play();
  await recording.received(2);
  assert.equal(recording.client.stats.lostFramingBytes, 0);
});

for (const [name, bytes, packet] of [
  ['C8: RTCP before the PLAY reply is handed on', frame(1, rtcpPacket), '0 rtcp 8'],
  ['C9: RTP before the PLAY reply is handed on', frame(0, rtpPacket(3)), '0 rtp 3'],
] as const) {
  test(name, async (t) => {
    const { camera, recording } = await conversation(t, [
      optionsLine,
      describeLine,
      setupLine,
      ['PLAY', bytes],
      teardownLine,
    ]);
    await recording.client.describe();
    const playing = recording.client.play(all);
    await recording.received(1);
    assert.deepEqual(recording.packets, [packet]);
    camera.send('RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n');
    await playing;
  });
}

test('C10: data on a channel that was never set up are counted, logged once and cost nothing', async (t) => {
  const { camera, recording } = await conversation(t, [...usual, teardownLine]);
  await recording.play();
  camera.send(Buffer.concat([frame(8, rtpPacket(1)), frame(9, rtcpPacket), frame(0, rtpPacket(2))]));
  await recording.received(1);
  assert.deepEqual(recording.packets, ['0 rtp 2']);
  const { bytesReceived: _, ...stats } = recording.client.stats;
  assert.deepEqual(stats, { lostFramingBytes: 0, unknownChannelFrames: 2 });
  assert.equal(recording.warnings.length, 1);
});

const setups: readonly [name: string, transport: Record<string, string>, channels: [number, number]][] = [
  [
    'C11: the channels that the server chooses are used',
    { Transport: 'RTP/AVP/TCP;unicast;interleaved=4-5' },
    [4, 5],
  ],
  ['C12: interleaved=0 alone means 0 and 1', { Transport: 'RTP/AVP/TCP;unicast;interleaved=0' }, [0, 1]],
  ['C12: a Transport without /TCP is TCP', { Transport: 'RTP/AVP;unicast;interleaved=2-3' }, [2, 3]],
  [
    'C12: a Transport that names neither TCP nor ports is what was asked',
    { Transport: 'RTP/AVP;unicast' },
    [0, 1],
  ],
  ['C13: without a Transport header what was asked counts', {}, [0, 1]],
  ['C14: a comma inside the Transport header', { Transport: 'RTP/AVP/TCP,unicast;interleaved=6-7' }, [6, 7]],
  ['C15: parameters in any order', { Transport: 'RTP/AVP/TCP;ssrc=1;interleaved=2-3;unicast' }, [2, 3]],
  ['C16: an SSRC that is blank or odd', { Transport: 'RTP/AVP/TCP;interleaved=0-1;ssrc= d6d6627' }, [0, 1]],
];

for (const [name, transport, channels] of setups) {
  test(name, async (t) => {
    const setUp: Exchange = ['SETUP', reply('200 OK', { Session: 'abc', ...transport })];
    const { camera, recording } = await conversation(t, [
      optionsLine,
      describeLine,
      setUp,
      playLine,
      teardownLine,
    ]);
    const [media] = await recording.play();
    assert.deepEqual([media?.rtpChannel, media?.rtcpChannel], channels);
    camera.send(Buffer.concat([frame(channels[0], rtpPacket(1)), frame(channels[1], rtcpPacket)]));
    await recording.received(2);
    assert.deepEqual(recording.packets, ['0 rtp 1', '0 rtcp 8']);
  });
}

test('C25: packets behind a corrupt frame are recorded, and what was lost is counted', async (t) => {
  const { camera, recording } = await conversation(t, [...usual, teardownLine]);
  await recording.play();
  const rubbish = Buffer.from('corrupt');
  camera.send(
    Buffer.concat([frame(0, rtpPacket(1)), rubbish, frame(0, rtpPacket(2)), frame(0, rtpPacket(3))]),
  );
  await recording.received(3);
  assert.deepEqual(recording.packets, ['0 rtp 1', '0 rtp 2', '0 rtp 3']);
  assert.equal(recording.client.stats.lostFramingBytes, rubbish.length);
});

for (const status of ['454 Session Not Found', '500 Internal Server Error']) {
  test(`C26: TEARDOWN answered ${status} means gone`, async (t) => {
    const { recording } = await conversation(t, [...usual, ['TEARDOWN', reply(status)]]);
    await recording.play();
    await recording.client.stop();
    assert.deepEqual(recording.ends, [undefined]);
  });
}

test('TEARDOWN that nobody answers is waited for one second', async (t) => {
  const { camera, recording } = await conversation(t, [...usual, ['TEARDOWN', undefined]]);
  await recording.play();
  const stopped = recording.client.stop();
  await camera.received(5);
  recording.clock.advance(999);
  assert.deepEqual(recording.ends, []);
  recording.clock.advance(1);
  await stopped;
  assert.deepEqual(recording.ends, [undefined]);
});

test('C27, C31: keep-alives carry Session and Authorization, and a camera may ignore them', async (t) => {
  const { camera, recording } = await conversation(
    t,
    [
      ['OPTIONS', reply('401 Unauthorized', digest('n'))],
      ...usual,
      ['GET_PARAMETER', undefined],
      ['GET_PARAMETER', undefined],
      teardownLine,
    ],
    login,
  );
  await recording.play();
  for (const count of [6, 7]) {
    recording.clock.advance(30_000);
    await camera.received(count);
    const { headers, url } = camera.requests[count - 1]!;
    assert.equal(url, camera.url);
    assert.equal(headers.get('Session'), 'abc');
    assert.match(headers.get('Authorization')!, /^Digest username="admin"/);
  }
  camera.send(frame(0, rtpPacket(1)));
  await recording.received(1);
  assert.deepEqual(recording.ends, []);
});

test('C32: requests of the camera are answered, OPTIONS with 200 and others with 501', async (t) => {
  const { camera, recording } = await conversation(t, [...usual, teardownLine]);
  await recording.play();
  camera.send(`OPTIONS ${camera.url} RTSP/1.0\r\nCSeq: 77\r\n\r\nANNOUNCE * RTSP/1.0\r\nCSeq: 78\r\n\r\n`);
  await camera.until(() => camera.responses.length === 2);
  assert.deepEqual(
    camera.responses.map(({ status, headers }) => [status, headers.get('CSeq')]),
    [
      [200, '77'],
      [501, '78'],
    ],
  );
});

test('C36: a redirect is followed to another camera with the same credentials', async (t) => {
  const { camera: second, client: _ } = await conversation(t, [
    optionsLine,
    ['DESCRIBE', reply('401 No', { 'WWW-Authenticate': 'Basic realm="r"' })],
    describeLine,
    setupLine,
    playLine,
    teardownLine,
  ]);
  const moved: Exchange = ['DESCRIBE', reply('302 Moved', { Location: second.url })];
  const { recording } = await conversation(t, [optionsLine, moved], login);
  const [media] = await recording.play();
  assert.equal(media?.controlUrl, `${second.url}/trackID=0`);
  assert.equal(second.requests[2]?.headers.get('Authorization'), `Basic ${btoa('admin:hunter2')}`);
  await recording.client.stop();
});

test('OPTIONS may fail', async (t) => {
  for (const status of ['404 Not Found', '405 Method Not Allowed', '500 Oops']) {
    const { client } = await conversation(t, [['OPTIONS', reply(status)], describeLine]);
    assert.equal((await client.describe()).media.length, 1);
  }
});

test('PAUSE that the camera refuses is an error of pause alone', async (t) => {
  const { camera, recording, client } = await conversation(t, [
    ...usual,
    ['PAUSE', reply('501 Not Implemented')],
    teardownLine,
  ]);
  await recording.play();
  await assert.rejects(client.pause(), { code: 'camera_rejected' });
  camera.send(frame(0, rtpPacket(1)));
  await recording.received(1);
  assert.deepEqual(recording.ends, []);
});

// --- Descriptions and URLs

const bases: readonly [
  name: string,
  fields: Record<string, string>,
  sdp: string,
  setUp: string,
  play: string,
][] = [
  ['S1: a description without Content-Type is read', {}, videoSdp, '/live/trackID=0', '/live'],
  [
    'S2: a Content-Base with another host keeps ours',
    { 'Content-Base': 'rtsp://rtsp://192.0.2.1/a/' },
    videoSdp,
    '/a/trackID=0',
    '/a/',
  ],
  [
    'S2: a Content-Base without scheme',
    { 'Content-Base': '192.0.2.1:554/a/' },
    videoSdp,
    '/a/trackID=0',
    '/a/',
  ],
  [
    'S3: the control goes behind the query',
    { 'Content-Base': 'rtsp://h/a?b=1' },
    videoSdp,
    '/a?b=1/trackID=0',
    '/a?b=1',
  ],
  [
    'S4: a control that begins with a slash',
    {},
    videoSdp.replace('trackID=0', '/trackID=0'),
    '/live/trackID=0',
    '/live',
  ],
  [
    'an absolute control of the session',
    {},
    videoSdp.replace('control:*', 'control:rtsp://h/b/'),
    '/b/trackID=0',
    '/b/',
  ],
  ['an absolute control of a medium', {}, videoSdp.replace('trackID=0', 'rtsp://h/c/1'), '/c/1', '/live'],
];

for (const [name, fields, sdp, setUp, play] of bases) {
  test(name, async (t) => {
    const describe: Exchange = ['DESCRIBE', reply('200 OK', fields, sdp)];
    const { camera, recording } = await conversation(t, [
      optionsLine,
      describe,
      setupLine,
      playLine,
      teardownLine,
    ]);
    await recording.play();
    const origin = camera.url.replace('/live', '');
    assert.deepEqual([camera.requests[2]?.url, camera.requests[3]?.url], [origin + setUp, origin + play]);
  });
}

test('S15: media that share a payload type are told apart by their channels', async (t) => {
  const sdp = `${videoSdp}m=audio 0 RTP/AVP 96\r\na=rtpmap:96 OPUS/48000/2\r\na=control:trackID=1\r\n`;
  const second: Exchange = ['SETUP', reply('200 OK', { Transport: 'RTP/AVP/TCP;interleaved=2-3' })];
  const script = [
    optionsLine,
    ['DESCRIBE', reply('200 OK', {}, sdp)],
    setupLine,
    second,
    playLine,
    teardownLine,
  ] as const;
  const { camera, recording } = await conversation(t, script);
  assert.equal((await recording.play()).length, 2);
  camera.send(Buffer.concat([frame(2, rtpPacket(1)), frame(0, rtpPacket(2)), frame(3, rtcpPacket)]));
  await recording.received(3);
  assert.deepEqual(recording.packets, ['1 rtp 1', '0 rtp 2', '1 rtcp 8']);
});

const rtpInfos: readonly [name: string, value: string | undefined, expected: object | undefined][] = [
  ['P1: no RTP-Info', undefined, undefined],
  ['P2: RTP-Info with an unknown URL', 'url=rtsp://elsewhere/x;seq=1;rtptime=1', undefined],
  [
    'P2: RTP-Info with a relative URL and a trailing semicolon',
    'url=trackID=0;seq=5;',
    { url: 'trackID=0', sequenceNumber: 5 },
  ],
  [
    'P3: RTP-Info with a negative time',
    'url=trackID=0;seq=5;rtptime=-1',
    { url: 'trackID=0', sequenceNumber: 5 },
  ],
  [
    'P4: RTP-Info with a bogus first sequence number',
    'url=trackID=0;seq=0',
    { url: 'trackID=0', sequenceNumber: 0 },
  ],
];

for (const [name, value, expected] of rtpInfos) {
  test(`${name} holds no packet back`, async (t) => {
    const play: Exchange = ['PLAY', reply('200 OK', value === undefined ? {} : { 'RTP-Info': value })];
    const { camera, recording } = await conversation(t, [
      optionsLine,
      describeLine,
      setupLine,
      play,
      teardownLine,
    ]);
    const [media] = await recording.play();
    assert.deepEqual(media?.rtpInfo, expected);
    camera.send(frame(0, rtpPacket(40_000)));
    await recording.received(1);
    assert.deepEqual(recording.packets, ['0 rtp 40000']);
  });
}

test('S18: audio that cannot be set up is left out with a warning', async (t) => {
  const describe: Exchange = ['DESCRIBE', reply('200 OK', {}, videoAndAudioSdp)];
  const refused: Exchange = ['SETUP', reply('500 Internal Server Error')];
  const { recording } = await conversation(t, [
    optionsLine,
    describe,
    setupLine,
    refused,
    playLine,
    teardownLine,
  ]);
  assert.deepEqual(
    (await recording.play()).map(({ description }) => description.kind),
    ['video'],
  );
  assert.equal(recording.warnings.length, 1);
});
