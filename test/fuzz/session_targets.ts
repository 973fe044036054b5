import assert from 'node:assert/strict';
import { formatRequest, formatResponse, type RtspMessage } from '../../src/rtsp/message.ts';
import { RtspReader } from '../../src/rtsp/reader.ts';
import { advance } from '../../src/rtsp/session_machine.ts';
import {
  isElsewhere,
  type SessionEvent,
  type SessionState,
  startSession,
} from '../../src/rtsp/session_state.ts';
import { unixMillis } from '../../src/units/time.ts';
import { type FuzzTarget, texts, textTokens } from './fuzz_target.ts';

const sdp = [
  'v=0',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=control:trackID=1',
  'm=audio 0 RTP/AVP 8',
  'a=control:trackID=2',
  '',
].join('\r\n');

const reply = (status: string, fields: readonly string[] = [], body = ''): string =>
  [`RTSP/1.0 ${status}`, ...fields, ...(body ? [`Content-Length: ${body.length}`] : []), '', body].join(
    '\r\n',
  );

const options = reply('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER']);
const challenge = reply('401 Unauthorized', ['WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"']);
const described = reply(
  '200 OK',
  ['Content-Base: rtsp://camera/live/', 'Content-Type: application/sdp'],
  sdp,
);
const setUp = (transport: string): string =>
  reply('200 OK', ['Session: 12345678;timeout=30', `Transport: ${transport}`]);
const playing = reply('200 OK', [
  'Session: 12345678',
  'Range: npt=0.000-',
  'RTP-Info: url=rtsp://camera/live/trackID=1;seq=1;rtptime=1',
]);

const dialogues = [
  [options, described, setUp('RTP/AVP/TCP;interleaved=0-1'), setUp('RTP/AVP/TCP;interleaved=2-3'), playing],
  [
    options,
    challenge,
    described,
    setUp('RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001;source=10.0.0.9'),
    reply('461 Unsupported Transport'),
    playing,
    'OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n',
    'REDIRECT rtsp://camera/live RTSP/1.0\r\nCSeq: 10\r\nLocation: rtsp://other/live\r\n\r\n',
  ],
  [
    reply('302 Moved', ['Location: rtsp://other:8554/stream']),
    options,
    challenge,
    described,
    setUp(''),
    playing,
  ],
  [
    options,
    described,
    setUp('RTP/AVP;multicast;destination=239.1.1.1;port=5000-5001;ttl=16'),
    setUp('RTP/AVP;multicast;destination=239.1.1.1;port=5002-5003'),
    playing,
    reply('454 Session Not Found'),
  ],
].map((messages) => messages.join(''));

/** What a client does at each turn of a dialogue, until it is over or the server says no more. */
class Dialogue {
  #state: SessionState;
  #events = 0;

  constructor(carrier: 'tcp' | 'udp' | 'multicast') {
    const credentials = { username: 'admin', password: 'secret' };
    this.#state = startSession(
      'rtsp://camera/live',
      { credentials, userAgent: 'fuzz', replyTimeoutMs: 10_000, carrier },
      'c0ffee',
    );
    this.#take({ kind: 'connected' });
  }

  message(message: RtspMessage): void {
    if (message.kind === 'response') this.#take({ kind: 'response', response: message });
    else this.#take({ kind: 'request', request: message, nowMs: unixMillis(0) });
  }

  close(): void {
    for (const timer of ['keepAlive', 'reply', 'teardown'] as const) this.#take({ kind: 'timer', timer });
    this.#take({ kind: 'stop' });
    this.#take({ kind: 'timer', timer: 'teardown' });
    assert.equal(this.#state.phase, 'ended', 'a session that was stopped does not end');
  }

  #take(event: SessionEvent): void {
    assert.ok(++this.#events < 20_000, 'the dialogue has no end');
    let here = this.#state;
    const { state, commands } = advance(here, event);
    this.#state = state;
    if (!commands.some(({ kind }) => kind === 'reconnect')) here = state;
    assert.ok(commands.length < 20, `${commands.length} commands follow from one event`);
    assert.ok(state.pending.length <= 2, 'requests pile up');
    for (const command of commands) {
      // What is sent before the connection is left goes to whom it was made with.
      if (command.kind === 'send') this.#send(command.message, here);
      else if (command.kind === 'reconnect') this.#take({ kind: 'connected' });
      else if (command.kind === 'openPorts')
        this.#take({ kind: 'portsOpen', ports: { rtp: 5000, rtcp: 5001 } });
      else if (command.kind === 'setUp' && command.media.transport.kind === 'multicast')
        this.#take({ kind: 'joined' });
      else if (command.kind === 'described') {
        const selection = command.description.media.flatMap((media, mediaIndex) =>
          media.formats.slice(0, 1).map((format) => ({ mediaIndex, format })),
        );
        if (selection.length > 0) this.#take({ kind: 'play', selection });
      }
    }
  }

  #send(message: RtspMessage, state: SessionState): void {
    const bytes = message.kind === 'request' ? formatRequest(message) : formatResponse(message);
    const text = Buffer.from(bytes).toString('latin1');
    if (isElsewhere(state)) assert.doesNotMatch(text, /^Authorization:/im, 'credentials go to a stranger');
    assert.equal(text.split('\r\n\r\n').length, 2, 'what the server said smuggled a line into a request');
  }
}

const target = (carrier: 'tcp' | 'udp' | 'multicast'): FuzzTarget => ({
  name: `rtsp-session-${carrier}`,
  seeds: dialogues.map((dialogue) => Buffer.from(dialogue, 'latin1')),
  tokens: [
    ...textTokens,
    ...texts(
      ...dialogues[1]!.match(/RTSP\/1\.0[\s\S]*?\r\n\r\n/g)!,
      'Location: rtsp://other/x',
      'Session: ',
      'CSeq: 1',
    ),
  ],
  run(input) {
    const dialogue = new Dialogue(carrier);
    const reader = new RtspReader({
      onInterleaved: () => {},
      onRequest: (request) => dialogue.message(request),
      onResponse: (response) => dialogue.message(response),
      onLostBytes: () => {},
    });
    reader.push(input, 0, input.length);
    dialogue.close();
  },
});

export const sessionTargets: readonly FuzzTarget[] = [target('tcp'), target('udp'), target('multicast')];
