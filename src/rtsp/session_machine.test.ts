import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { videoAndAudioSdp, videoSdp } from '../../test/rtsp/scripted_camera.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { unixMillis } from '../units/time.ts';
import { Headers, noBody, type RtspRequest, type RtspResponse } from './message.ts';
import { advance, maximumRedirects } from './session_machine.ts';
import {
  type PlaybackAnswer,
  type PlaybackWish,
  type SessionCommand,
  type SessionEvent,
  type SessionSettings,
  type SessionState,
  startSession,
} from './session_state.ts';

const settings: SessionSettings = {
  userAgent: 'test',
  replyTimeoutMs: 10_000,
  carrier: 'tcp',
  credentials: { username: 'admin', password: 'secret' },
};

function response(status: number, fields: Record<string, string> = {}, body = ''): RtspResponse {
  return {
    kind: 'response',
    status,
    reason: 'x',
    headers: new Headers(Object.entries(fields)),
    body: Buffer.from(body),
  };
}

/** A session that is fed by hand; replies without CSeq belong to the request that is waited for. */
class Session {
  state: SessionState;
  last: SessionCommand[] = [];

  constructor(
    url = 'rtsp://camera/live',
    carrier: SessionSettings['carrier'] = 'tcp',
    playback?: PlaybackWish,
  ) {
    this.state = startSession(url, { ...settings, carrier, ...(playback && { playback }) }, 'c0ffee');
  }

  take(event: SessionEvent): this {
    ({ state: this.state, commands: this.last } = advance(this.state, event));
    return this;
  }

  reply(status: number, fields: Record<string, string> = {}, body = ''): this {
    return this.take({ kind: 'response', response: response(status, fields, body) });
  }

  describe(sdp = videoSdp): this {
    return this.take({ kind: 'connected' }).reply(200).reply(200, {}, sdp);
  }

  select(...indices: number[]): this {
    const media = this.state.description!.media;
    const selection = indices.map((mediaIndex) => ({ mediaIndex, format: media[mediaIndex]!.formats[0]! }));
    return this.take({ kind: 'play', selection });
  }

  get sent(): RtspRequest | undefined {
    const messages = this.last.flatMap((each) => (each.kind === 'send' ? [each.message] : []));
    return messages.findLast((message) => message.kind === 'request');
  }

  get keepAliveMs(): number | undefined {
    const timers = this.last.filter((each) => each.kind === 'timer');
    return timers.find(({ timer }) => timer === 'keepAlive')?.afterMs;
  }

  get error(): NightjarError | undefined {
    return this.last.find((each) => each.kind === 'failed')?.error;
  }

  get warnings(): number {
    return this.last.filter(({ kind }) => kind === 'warn').length;
  }
}

const playing = (setUp: Record<string, string>, play: Record<string, string> = {}) =>
  new Session().describe().select(0).reply(200, setUp).reply(200, play);

test('with UDP ports are opened before each SETUP, and PLAY follows the last', () => {
  const session = new Session(undefined, 'udp').describe(videoAndAudioSdp).select(0, 1);
  for (const rtp of [5000, 6000]) {
    assert.deepEqual(session.last.at(-1), { kind: 'openPorts' });
    assert.ok(!session.last.some(({ kind }) => kind === 'send'));
    session.take({ kind: 'portsOpen', ports: { rtp, rtcp: rtp + 1 } });
    assert.equal(session.sent?.headers.get('Transport'), `RTP/AVP;unicast;client_port=${rtp}-${rtp + 1}`);
    session.reply(200, { Session: 'a', Transport: `RTP/AVP;unicast;server_port=8000-8001` });
  }
  assert.equal(session.sent?.method, 'PLAY');
  assert.deepEqual(
    session.state.media.map(({ transport }) => transport.kind === 'udp' && transport.clientPorts.rtp),
    [5000, 6000],
  );
});

test('with multicast nothing is asked before the group is joined', () => {
  const session = new Session(undefined, 'multicast').describe().select(0);
  session.reply(200, { Transport: 'RTP/AVP;multicast;destination=239.2.2.2;port=7000-7001' });
  assert.equal(session.sent, undefined);
  assert.deepEqual(session.last.filter(({ kind }) => kind === 'setUp').length, 1);
  assert.equal(session.take({ kind: 'joined' }).sent?.method, 'PLAY');
});

test('ports that could not be opened end the session', () => {
  const session = new Session(undefined, 'udp').describe().select(0);
  session.take({
    kind: 'broken',
    error: new NightjarError('udp_unusable', 'No ports.', { place: { url: 'x' } }),
  });
  assert.equal(session.error?.code, 'udp_unusable');
});

const intervals: readonly [name: string, setUp: string, play: string, milliseconds: number][] = [
  ['C19: no timeout means 60 s, so every 30 s', 'a', 'a', 30_000],
  ['C19: blanks in the header', 'a ; timeout = 20', '', 10_000],
  ['C19: a timeout of 0 means 60 s', 'a;timeout=0', '', 30_000],
  ['C20: the smaller of SETUP and PLAY counts when PLAY says more', 'a;timeout=40', 'a;timeout=120', 20_000],
  ['C20: the smaller of SETUP and PLAY counts when PLAY says less', 'a;timeout=60', 'a;timeout=10', 5_000],
  ['never less often than every 30 s', 'a;timeout=600', 'a;timeout=600', 30_000],
  ['without any session, every 30 s', '', '', 30_000],
];

for (const [name, setUp, play, milliseconds] of intervals) {
  test(`keep-alive: ${name}`.replace(/^keep-alive: (C\d+): /, '$1: keep-alive: '), () => {
    assert.equal(playing({ Session: setUp }, { Session: play }).keepAliveMs, milliseconds);
  });
}

test('C18: when the session id changes between SETUPs the newest is used', () => {
  const session = new Session().describe(videoAndAudioSdp).select(0, 1);
  assert.equal(session.sent?.headers.get('Session'), undefined);
  session.reply(200, { Session: 'one' });
  assert.equal(session.sent?.headers.get('Session'), 'one');
  session.reply(200, { Session: 'two;timeout=30' });
  assert.equal(session.sent?.method, 'PLAY');
  assert.equal(session.sent?.headers.get('Session'), 'two');
});

test('C27: keep-alives that are never answered change nothing and do not pile up', () => {
  const session = playing({ Session: 'a' });
  for (let count = 0; count < 5; count++) {
    session.take({ kind: 'timer', timer: 'keepAlive' });
    assert.equal(session.sent?.method, 'OPTIONS');
    assert.equal(session.keepAliveMs, 30_000);
    assert.equal(
      session.last.some((each) => each.kind === 'timer' && each.timer === 'reply'),
      false,
    );
    assert.equal(session.state.pending.length, 1);
  }
  assert.equal(session.state.phase, 'playing');
});

test('C29: keep-alives answered 400 with an old CSeq are logged once', () => {
  const session = playing({ Session: 'a' });
  const warnings: number[] = [];
  for (let count = 0; count < 3; count++) {
    session.take({ kind: 'timer', timer: 'keepAlive' });
    const old = Number(session.sent!.headers.get('CSeq')) - 1;
    session.reply(400, { CSeq: String(old) });
    warnings.push(session.warnings);
  }
  assert.deepEqual(warnings, [1, 0, 0]);
  assert.equal(session.state.phase, 'playing');
});

test('C30: a refused GET_PARAMETER gives way to OPTIONS', () => {
  const session = new Session().take({ kind: 'connected' });
  session
    .reply(200, { Public: 'SETUP,get_parameter' })
    .reply(200, {}, videoSdp)
    .select(0)
    .reply(200)
    .reply(200);
  session.take({ kind: 'timer', timer: 'keepAlive' });
  assert.equal(session.sent?.method, 'GET_PARAMETER');
  assert.equal(session.reply(501).warnings, 1);
  session.take({ kind: 'timer', timer: 'keepAlive' });
  assert.equal(session.sent?.method, 'OPTIONS');
});

test('C3: a keep-alive with a stale nonce is sent again at once with the new one', () => {
  const session = new Session().take({ kind: 'connected' });
  session.reply(401, { 'WWW-Authenticate': 'Digest realm="r", nonce="one"' });
  session.reply(200).reply(200, {}, videoSdp).select(0).reply(200, { Session: 'a' }).reply(200);
  session.take({ kind: 'timer', timer: 'keepAlive' });
  assert.match(session.sent!.headers.get('Authorization')!, /nonce="one"/);
  session.reply(401, { 'WWW-Authenticate': 'Digest realm="r", nonce="two", stale=true' });
  assert.equal(session.sent?.method, 'OPTIONS');
  assert.equal(session.sent.headers.get('Session'), 'a');
  assert.match(session.sent.headers.get('Authorization')!, /nonce="two"/);
});

test('a keep-alive that is refused for good does not end the session', () => {
  const session = playing({ Session: 'a' }).take({ kind: 'timer', timer: 'keepAlive' });
  session.reply(401, { 'WWW-Authenticate': 'Negotiate' });
  assert.deepEqual([session.state.phase, session.warnings], ['playing', 1]);
});

test('S18: audio that cannot be set up never costs the video', () => {
  const session = new Session().describe(videoAndAudioSdp).select(0, 1).reply(200).reply(500);
  assert.equal(session.warnings, 1);
  assert.equal(session.sent?.method, 'PLAY');
  assert.deepEqual(
    session.state.media.map(({ index }) => index),
    [0],
  );
});

test('a server that gives two media the same channels gets what was asked for', () => {
  const same = { Transport: 'RTP/AVP/TCP;interleaved=0-1' };
  const session = new Session().describe(videoAndAudioSdp).select(0, 1).reply(200, same).reply(200, same);
  assert.deepEqual(
    session.state.media.map(({ transport }) => transport.kind === 'tcp' && transport.channels.rtp),
    [0, 2],
  );
});

const redirects: readonly [name: string, from: string, location: string, to: string | RegExp][] = [
  ['to another host', 'rtsp://a/1', 'rtsp://b:8554/2', 'rtsp://b:8554/2'],
  ['with credentials in it, which are dropped', 'rtsp://a/1', 'rtsp://u:hunter2@b/2', 'rtsp://b/2'],
  ['from rtsp to rtsps', 'rtsp://a/1', 'rtsps://b/2', 'rtsps://b/2'],
  ['from rtsps to rtsp', 'rtsps://a/1', 'rtsp://b/2', /"rtsp:\/\/b\/2", which is not encrypted\.$/],
  [
    'to no address',
    'rtsp://a/1',
    'http://u:hunter2@b/2',
    /"http:\/\/b\/2", which is no address of a stream\.$/,
  ],
];

for (const [name, from, Location, to] of redirects) {
  for (const status of [301, 302, 305]) {
    test(`C36: a redirect (${status}) ${name}`, () => {
      const session = new Session(from).take({ kind: 'connected' }).reply(200).reply(status, { Location });
      const command = session.last.at(-1)!;
      if (typeof to === 'string') return assert.deepEqual(command, { kind: 'reconnect', url: to });
      assert.equal(session.error?.code, 'camera_redirected');
      assert.match(session.error.message, to);
      assert.doesNotMatch(session.error.message, /hunter2/);
    });
  }
}

const basic = { 'WWW-Authenticate': 'Basic realm="r"' };

test('C36: redirects in circles end', () => {
  const session = new Session();
  for (let count = 0; count < maximumRedirects; count++) {
    session.take({ kind: 'connected' }).reply(302, { Location: `rtsp://h${count}/` });
    assert.equal(session.last.at(-1)?.kind, 'reconnect');
  }
  session.take({ kind: 'connected' });
  assert.equal(session.reply(302, { Location: 'rtsp://again/' }).error?.code, 'camera_redirected');
});

const elsewhere: readonly [name: string, ...locations: string[]][] = [
  ['another host', 'rtsp://b/2'],
  ['another port of the same host', 'rtsp://a:8554/2'],
  ['another host, with credentials in the address', 'rtsp://u:hunter2@b/2'],
  ['another host after others', 'rtsp://c/', 'rtsp://a/', 'rtsp://b/2'],
];

for (const [name, ...locations] of elsewhere) {
  test(`C36: credentials do not follow a redirect to ${name}`, () => {
    const session = new Session('rtsp://a/1');
    for (const Location of locations) session.take({ kind: 'connected' }).reply(302, { Location });
    const { url } = session.state;
    session.take({ kind: 'connected' }).reply(401, basic);
    assert.equal(session.sent?.method, 'DESCRIBE');
    assert.equal(session.sent.headers.get('Authorization'), undefined);
    session.reply(401, basic);
    assert.equal(session.sent, undefined);
    assert.equal(session.error?.code, 'camera_redirected');
    assert.match(session.error.message, new RegExp(`redirects to ${url}.*address`));
    assert.doesNotMatch(session.error.message, /hunter2/);
  });
}

test('C36: a host that a redirect leads to needs no credentials when it asks for none', () => {
  const session = new Session('rtsp://a/1')
    .take({ kind: 'connected' })
    .reply(302, { Location: 'rtsp://b/2' });
  assert.equal(session.describe().state.phase, 'described');
});

for (const [name, ...locations] of [
  ['to another path', 'rtsp://a/2'],
  ['to the same host and port, written otherwise', 'rtsp://A:554/2'],
  ['there and back', 'rtsp://b/', 'rtsp://a/2'],
] as const) {
  test(`C36: credentials follow a redirect ${name}`, () => {
    const session = new Session('rtsp://a/1');
    for (const Location of locations) session.take({ kind: 'connected' }).reply(302, { Location });
    session.take({ kind: 'connected' }).reply(401, basic);
    assert.equal(session.sent?.headers.get('Authorization'), 'Basic YWRtaW46c2VjcmV0');
  });
}

test('C36: a tunnel whose new host wants credentials ends with the address to give', () => {
  const session = new Session('rtsp://a/1')
    .take({ kind: 'connected' })
    .reply(302, { Location: 'rtsp://b/2' });
  const error = new NightjarError('camera_authentication', 'GET rtsp://b/2: 401.', {
    place: { url: 'rtsp://b/2' },
  });
  assert.match(session.take({ kind: 'broken', error }).error!.message, /redirects to rtsp:\/\/b\/2/);
});

test('PAUSE that is refused leaves the session playing', () => {
  const session = playing({ Session: 'a' }).take({ kind: 'pause' }).reply(501);
  assert.equal(session.last.at(-1)?.kind, 'refused');
  assert.equal(session.state.phase, 'playing');
});

test('a redirect leaves the nonce of the old host behind', () => {
  const session = new Session().take({ kind: 'connected' });
  session.reply(401, { 'WWW-Authenticate': 'Digest realm="r", nonce="one"' });
  assert.notEqual(session.sent?.headers.get('Authorization'), undefined);
  session.reply(301, { Location: 'rtsp://b/' }).take({ kind: 'connected' });
  assert.equal(session.sent?.url, 'rtsp://b/');
  assert.equal(session.sent.headers.get('Authorization'), undefined);
});

const noon = unixMillis(Date.UTC(2026, 0, 31, 12));

/** A request of the server to a session that plays. */
function asked(method: string, fields: Record<string, string> = {}, body = ''): Session {
  const headers = new Headers(Object.entries({ CSeq: '9', ...fields }));
  const request = { kind: 'request', method, url: '*', headers, body: Buffer.from(body) } as const;
  return playing({ Session: 'a' }).take({ kind: 'request', request, nowMs: noon });
}

const questions: readonly [method: string, body: string, status: number][] = [
  ['OPTIONS', '', 200],
  ['GET_PARAMETER', '', 200],
  ['GET_PARAMETER', 'packets_received\r\n', 451],
  ['SET_PARAMETER', '', 200],
  ['SET_PARAMETER', 'barparam: barstuff\r\n', 451],
  ['ANNOUNCE', 'v=0\r\n', 200],
  ['REDIRECT', '', 200],
  ['PLAY_NOTIFY', '', 501],
  ['TEARDOWN', '', 501],
];

for (const [method, body, status] of questions) {
  test(`C32: a server that asks ${method}${body && ' with a body'} is answered ${status}`, () => {
    const [command] = asked(method, {}, body).last;
    assert.ok(command?.kind === 'send' && command.message.kind === 'response');
    assert.deepEqual([command.message.status, command.message.headers.get('CSeq')], [status, '9']);
  });
}

test('C36: a server that redirects while it plays is taken leave of and left at once', () => {
  const session = asked('REDIRECT', { Location: 'rtsp://b/2' });
  assert.deepEqual(
    session.last.map((command) => (command.kind === 'send' ? command.message.kind : command.kind)),
    ['response', 'request', 'timer', 'reconnect'],
  );
  assert.equal(session.sent?.method, 'TEARDOWN');
  session.describe();
  assert.deepEqual(
    [session.state.url, session.state.session, session.state.media],
    ['rtsp://b/2', undefined, []],
  );
  session.select(0).reply(200, { Session: 'b' }).reply(200);
  assert.equal(session.state.phase, 'playing');
  assert.equal(session.state.redirects, 1);
  session.take({ kind: 'timer', timer: 'settled' });
  assert.equal(session.state.redirects, 0, 'a server may redirect again and again, when it plays in between');
});

test('C36: a server that redirects as soon as it plays sends in circles, too', () => {
  const session = playing({ Session: 'a' });
  const redirect = () => {
    const headers = new Headers([
      ['CSeq', '9'],
      ['Location', 'rtsp://camera/live'],
    ]);
    const request = { kind: 'request', method: 'REDIRECT', url: '*', headers, body: Buffer.of() } as const;
    return session.take({ kind: 'request', request, nowMs: noon });
  };
  for (let count = 0; count < maximumRedirects; count++) {
    assert.equal(redirect().last.at(-1)?.kind, 'reconnect');
    session.describe().select(0).reply(200, { Session: 'b' }).reply(200);
  }
  assert.match(
    (redirect().last.at(-1) as { message?: string }).message!,
    /after 5 others; it is not followed/,
  );
  assert.equal(
    session.state.phase,
    'playing',
    'if it sends nothing there, the session ends as silent ones do',
  );
});

test('C36: a server that will redirect later is left then', () => {
  const session = asked('REDIRECT', { Location: 'rtsp://b/2', Range: 'clock=20260131T120130Z-' });
  assert.deepEqual(session.last.slice(1), [{ kind: 'timer', timer: 'redirect', afterMs: 90_000 }]);
  assert.equal(session.take({ kind: 'timer', timer: 'redirect' }).sent?.method, 'TEARDOWN');
  assert.equal(session.state.url, 'rtsp://b/2');
});

test('C36: a redirect to nowhere is not followed, and one without an address begins the session anew', () => {
  assert.deepEqual(
    asked('REDIRECT', { Location: 'http://b/' }).last.map(({ kind }) => kind),
    ['send', 'warn'],
  );
  const session = asked('REDIRECT');
  assert.deepEqual(session.last.at(-1), { kind: 'reconnect', url: 'rtsp://camera/live' });
});

for (const [name, session] of [
  ['SETUP', () => new Session().describe().select(0)],
  ['PLAY', () => new Session().describe().select(0).reply(200, { Session: 'a' })],
] as const) {
  test(`C36: a redirect in reply to ${name} is followed from the description on`, () => {
    const redirected = session();
    assert.equal(redirected.sent?.method, name);
    redirected.reply(302, { Location: 'rtsp://b/2' });
    assert.deepEqual(redirected.last.at(-1), { kind: 'reconnect', url: 'rtsp://b/2' });
    redirected.describe().select(0);
    assert.deepEqual(
      [redirected.sent?.method, redirected.sent?.headers.get('Session')],
      ['SETUP', undefined],
    );
  });
}

const wishes: readonly [name: string, playback: PlaybackWish, play: Record<string, string | undefined>][] = [
  [
    'a part of a file',
    { range: { unit: 'npt', start: 10, end: 20 }, scale: 2 },
    { Range: 'npt=10.000-20.000', Scale: '2.000', Speed: undefined, Require: undefined },
  ],
  [
    'recorded footage, as fast as it can be sent',
    { range: { unit: 'clock', start: noon } },
    { Range: 'clock=20260131T120000Z-', Require: 'onvif-replay', 'Rate-Control': 'no' },
  ],
  [
    'recorded footage at a speed',
    { range: { unit: 'clock', start: noon }, speed: 4 },
    { Require: 'onvif-replay', Speed: '4.000', 'Rate-Control': undefined },
  ],
];

for (const [name, playback, fields] of wishes) {
  test(`PLAY can ask for ${name}`, () => {
    const session = new Session(undefined, undefined, playback).describe().select(0);
    assert.equal(session.sent?.headers.get('Require'), fields.Require);
    session.reply(200, { Session: 'a' });
    const sent = Object.keys(fields).map((field) => [field, session.sent?.headers.get(field)]);
    assert.deepEqual(Object.fromEntries(sent), fields);
  });
}

for (const refused of ['SETUP', 'PLAY']) {
  test(`a server that answers ${refused} with 551 is asked for the same without the replay of ONVIF`, () => {
    const playback: PlaybackWish = { range: { unit: 'clock', start: noon } };
    const session = new Session(undefined, undefined, playback).describe().select(0);
    if (refused === 'PLAY') session.reply(200, { Session: 'a' });
    session.reply(551);
    assert.deepEqual([session.sent?.method, session.sent?.headers.get('Require')], [refused, undefined]);
    assert.equal(session.sent?.headers.get('Rate-Control'), undefined);
    session.reply(200, { Session: 'a' });
    if (refused === 'PLAY') return;
    assert.equal(session.sent?.headers.get('Range'), 'clock=20260131T120000Z-');
    assert.equal(session.sent?.headers.get('Require'), undefined);
    assert.equal(session.reply(551).error?.code, 'camera_rejected', 'but only once');
  });
}

const answers: readonly [fields: Record<string, string>, answer: PlaybackAnswer][] = [
  [{}, {}],
  [
    { Range: 'npt=9.5-20', Scale: ' 2 ' },
    { range: { unit: 'npt', start: 9.5, end: 20 }, scale: 2 },
  ],
  [{ Range: 'rubbish', Scale: '1e9' }, {}],
  [{ Scale: '0' }, {}],
];

for (const [fields, answer] of answers) {
  test(`a reply to PLAY with ${JSON.stringify(fields)} is understood`, () => {
    const session = playing({ Session: 'a' }, fields);
    const command = session.last.find(({ kind }) => kind === 'playing');
    assert.deepEqual(command?.kind === 'playing' && command.answer, answer);
  });
}

test('a reply that only says to go on waiting is not the reply', () => {
  const session = new Session().take({ kind: 'connected' }).reply(100);
  assert.deepEqual([session.last, session.state.pending.length], [[], 1]);
});

for (const [name, event] of [
  ['a refusal', { kind: 'response', response: response(401) }],
  ['an end of the connection', { kind: 'closed', pendingBytes: 0 }],
  ['an error of the connection', { kind: 'broken', error: new NightjarError('camera_closed', 'reset') }],
  ['one second', { kind: 'timer', timer: 'teardown' }],
] as const) {
  test(`TEARDOWN is over with ${name}`, () => {
    const session = playing({ Session: 'a' }).take({ kind: 'stop' });
    assert.equal(session.sent?.method, 'TEARDOWN');
    assert.deepEqual(session.take(event).last.at(-1), { kind: 'stopped' });
  });
}

test('without a session there is nothing to tear down', () => {
  assert.deepEqual(new Session().describe().take({ kind: 'stop' }).last, [{ kind: 'stopped' }]);
});

const anyHeaders = fc.dictionary(
  fc.constantFrom(
    'CSeq',
    'Session',
    'Transport',
    'WWW-Authenticate',
    'Public',
    'Location',
    'RTP-Info',
    'Content-Base',
  ),
  fc.oneof(
    fc.constantFrom(
      '1',
      '2',
      '3',
      'a;timeout=1',
      'RTP/AVP/TCP;interleaved=0-1',
      'RTP/AVP;server_port=1',
      'rtsp://b/',
    ),
    fc.constantFrom('Digest nonce="n", stale=true', 'Basic realm="r"', 'url=rtsp://b/;seq=1'),
    fc.string({ maxLength: 10 }),
  ),
  { maxKeys: 4, noNullPrototype: true },
);
const anyEvent: fc.Arbitrary<SessionEvent> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(200, 200, 200, 100, 302, 401, 404, 454, 461, 500),
      anyHeaders,
      fc.constantFrom(videoAndAudioSdp, '', 'x'),
    )
    .map(
      ([status, fields, body]): SessionEvent => ({
        kind: 'response',
        response: response(status, fields, body),
      }),
    ),
  fc.constantFrom<SessionEvent>(
    { kind: 'connected' },
    { kind: 'pause' },
    { kind: 'resume' },
    { kind: 'timer', timer: 'keepAlive' },
    {
      kind: 'request',
      request: { kind: 'request', method: 'OPTIONS', url: '*', headers: new Headers(), body: noBody },
      nowMs: unixMillis(0),
    },
    {
      kind: 'request',
      request: {
        kind: 'request',
        method: 'REDIRECT',
        url: '*',
        headers: new Headers([['Location', 'rtsp://c/']]),
        body: noBody,
      },
      nowMs: unixMillis(0),
    },
    { kind: 'stop' },
  ),
);

test('any events in any order keep the session in its bounds, and an end is final', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      const session = new Session();
      for (const event of events) {
        const ended = session.state.phase === 'ended';
        session.take(event);
        if (session.state.phase === 'described') session.select(0, 1);
        assert.ok(session.state.pending.length <= 2);
        if (ended) assert.deepEqual(session.last, []);
        if (session.state.phase === 'ended' && !ended) {
          assert.ok(['failed', 'stopped'].includes(session.last.at(-1)!.kind));
        }
        if (session.error) assert.ok(session.error instanceof NightjarError);
      }
    }),
    { numRuns: 300, seed: 2326 },
  );
});
