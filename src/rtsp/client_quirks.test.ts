import assert from 'node:assert/strict';
import { test } from 'node:test';
import { all, conversation, digest, login, usual } from '../../test/rtsp/conversation.ts';
import {
  describeLine,
  type Exchange,
  frame,
  optionsLine,
  playLine,
  reply,
  rtcpPacket,
  rtpPacket,
  setupLine,
  teardownLine,
  videoAndAudioSdp,
  videoSdp,
} from '../../test/rtsp/scripted_camera.ts';

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
    assert.deepEqual(media?.transport.kind === 'tcp' && Object.values(media.transport.channels), channels);
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

test('C32: requests of the camera are answered, those that nobody can serve with 501', async (t) => {
  const { camera, recording } = await conversation(t, [...usual, teardownLine]);
  await recording.play();
  camera.send(`OPTIONS ${camera.url} RTSP/1.0\r\nCSeq: 77\r\n\r\nRECORD * RTSP/1.0\r\nCSeq: 78\r\n\r\n`);
  await camera.until(() => camera.responses.length === 2);
  assert.deepEqual(
    camera.responses.map(({ status, headers }) => [status, headers.get('CSeq')]),
    [
      [200, '77'],
      [501, '78'],
    ],
  );
});

test('C36: a redirect is followed to another camera', async (t) => {
  const { camera: second } = await conversation(t, [
    optionsLine,
    describeLine,
    setupLine,
    playLine,
    teardownLine,
  ]);
  const moved: Exchange = ['DESCRIBE', reply('302 Moved', { Location: second.url })];
  const { recording } = await conversation(t, [optionsLine, moved], login);
  const [media] = await recording.play();
  assert.equal(media?.controlUrl, `${second.url}/trackID=0`);
  await recording.client.stop();
});

test('C36: credentials do not follow a redirect to another camera, which must be given as the address', async (t) => {
  const asks = reply('401 No', { 'WWW-Authenticate': 'Basic realm="r"' });
  const { camera: second } = await conversation(t, [
    ['OPTIONS', asks],
    ['DESCRIBE', asks],
  ]);
  const moved: Exchange = ['DESCRIBE', reply('302 Moved', { Location: second.url })];
  const { camera: first, client } = await conversation(t, [['OPTIONS', asks], optionsLine, moved], login);
  await assert.rejects(client.describe(), {
    code: 'camera_redirected',
    message: new RegExp(`the camera redirects to ${second.url}.*give ${second.url} as the address`),
  });
  const authorized = (camera: typeof first) =>
    camera.requests.map(({ headers }) => headers.get('Authorization') !== undefined);
  assert.deepEqual(authorized(first), [false, true, true]);
  assert.deepEqual(authorized(second), [false, false]);
});

test('C36: a camera that redirects while it plays is followed, and what it sends there comes to the same handler', async (t) => {
  const { camera: second } = await conversation(t, [...usual, teardownLine]);
  const { camera: first, recording } = await conversation(t, [...usual, teardownLine]);
  await recording.play();
  first.send(frame(0, rtpPacket(1)));
  await recording.received(1);
  first.send(`REDIRECT * RTSP/1.0\r\nCSeq: 5\r\nLocation: ${second.url}\r\n\r\n`);
  await first.until(() => first.requests.at(-1)?.method === 'TEARDOWN');
  await second.until(() => second.requests.at(-1)?.method === 'PLAY');
  second.send(frame(0, rtpPacket(2)));
  await recording.received(2);
  assert.deepEqual([recording.packets, recording.ends], [['0 rtp 1', '0 rtp 2'], []]);
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

for (const [how, answer] of [
  ['refused', reply('500 Internal Server Error')],
  [
    'sent another way than was asked for',
    reply('200 OK', { Session: 'abc', Transport: 'RTP/AVP;unicast;client_port=5000-5001' }),
  ],
] as const) {
  test(`S18: audio that is ${how} is left out with a warning`, async (t) => {
    const describe: Exchange = ['DESCRIBE', reply('200 OK', {}, videoAndAudioSdp)];
    const { recording } = await conversation(t, [
      optionsLine,
      describe,
      setupLine,
      ['SETUP', answer],
      playLine,
      teardownLine,
    ]);
    assert.deepEqual(
      (await recording.play()).map(({ description }) => description.kind),
      ['video'],
    );
    assert.equal(recording.warnings.length, 1);
  });
}
