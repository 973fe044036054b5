import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { formatDialogue, parseDialogue } from '../dialogue/dialogue_text.ts';
import { Headers, type RtspRequest, type RtspResponse } from '../rtsp/message.ts';
import { SecretMask } from '../rtsp/secret_mask.ts';
import type { MediaTransport, SetupMedia } from '../rtsp/session_state.ts';
import type { DialogueMedia } from '../simulator/dialogue_media.ts';
import { DialogueReplies } from '../simulator/dialogue_replies.ts';
import { Capture } from './capture.ts';

const password = 'Tr1cky-W0rd';

const request = (method: string, url: string, number: number): RtspRequest => ({
  kind: 'request',
  method,
  url,
  headers: new Headers([['CSeq', String(number)]]),
  body: Buffer.alloc(0),
});

const response = (status: number, fields: [string, string][], body = ''): RtspResponse => ({
  kind: 'response',
  status,
  reason: status === 200 ? 'OK' : 'Other',
  headers: new Headers(fields),
  body: Buffer.from(body),
});

const medium = (controlUrl: string, transport: MediaTransport): SetupMedia => ({
  index: 0,
  description: { kind: 'video', formats: [] },
  format: { payloadType: 96, encoding: 'H264', clockRate: 90_000, channels: 1, parameters: new Map() },
  controlUrl,
  transport,
});

/** The text of what was captured; it must be read as the same dialogue. */
function textOf(
  transport: 'auto' | 'multicast',
  tell: (capture: Capture, clock: SimulatedClock) => void,
): string {
  const clock = new SimulatedClock();
  const capture = new Capture({ clock, transport, mask: new SecretMask({ username: 'joe', password }) });
  tell(capture, clock);
  const { dialogue } = capture.finish('a test');
  const text = formatDialogue(dialogue);
  assert.equal(formatDialogue(parseDialogue(text, 'captured')), text);
  return text;
}

test('a redirect, odd fields, a request of the camera and what is no RTSP are played as they were', () => {
  const text = textOf('auto', (capture, clock) => {
    capture.onConnecting('rtsp://10.0.0.5/live?token=abcdef');
    capture.onConnected();
    capture.onSent(request('OPTIONS', 'rtsp://10.0.0.5/live?token=abcdef', 1));
    clock.advance(250);
    capture.onReceived(
      response(302, [
        ['Cseq', '1'],
        ['Location', `rtsp://joe:${password}@10.0.0.6:8554/main`],
      ]),
    );
    capture.onConnecting('rtsp://10.0.0.6:8554/main');
    capture.onConnected();
    capture.onSent(request('OPTIONS', 'rtsp://10.0.0.6:8554/main', 1));
    capture.onReceived(response(200, [['Server', 'Acme {x}']]));
    capture.onSent(request('DESCRIBE', 'rtsp://10.0.0.6:8554/main', 2));
    capture.onReceived(
      response(
        200,
        [
          ['CSeq', '7'],
          ['Content-Length', '40'],
        ],
        'o=joe 1 1 IN IP4 10.0.0.6\r\ns=\tx\r\n',
      ),
    );
    capture.onReceived(request('OPTIONS', 'rtsp://10.0.0.6:8554/main', 9));
    capture.onSent(response(200, [['CSeq', '9']]));
    capture.onLostBytes(3);
    capture.onForeignFrame(6, Buffer.from('80c90001', 'hex'), 0, 4);
    capture.onClosed();
  });
  assert.equal(
    text,
    `camera: Acme {x}
source: a test
behaviour: As captured.
transport: auto
path: /live?token=hidden

C: OPTIONS rtsp://{host}:{port}/live?token=hidden
wait: 250ms
S: RTSP/1.0 302 Other
S: Cseq: {cseq}
S: Location: rtsp://{host}:{port}/main

C: connect

C: OPTIONS rtsp://{host}:{port}/main
S: RTSP/1.0 200 OK
S: Server: Acme {0x7b}x}
S: CSeq: {none}

C: DESCRIBE rtsp://{host}:{port}/main
S: RTSP/1.0 200 OK
S: CSeq: 7
S:
S: o=*** 1 1 IN IP4 {host}
S: s={tab}x

S: OPTIONS rtsp://{host}:{port}/main RTSP/1.0
S: CSeq: 9

C: 200
X: 000000
$6: 80c90001
close:
`.replace('o=***', 'o=hidden'),
  );
});

test('multicast is played as UDP, and packets of a medium by the order of its SETUP', () => {
  const [first, second] = ['rtsp://10.0.0.5/live/a', 'rtsp://10.0.0.5/live/b'];
  const text = textOf('multicast', (capture) => {
    capture.onConnecting('rtsp://10.0.0.5/live');
    capture.onConnected();
    for (const [index, url] of [first!, second!].entries()) {
      capture.onSent(request('SETUP', url, index + 1));
      const field = 'RTP/AVP;multicast;destination=239.1.2.3;port=5000-5001;ttl=16;ssrc=1f2e';
      capture.onReceived(
        response(200, [
          ['CSeq', String(index + 1)],
          ['Transport', field],
        ]),
      );
    }
    const transport: MediaTransport = {
      kind: 'multicast',
      group: '239.1.2.3',
      ports: { rtp: 5000, rtcp: 5001 },
      ttl: 16,
      source: undefined,
    };
    capture.onPacket(medium(second!, transport), 'rtcp', Buffer.from('80c90001', 'hex'), 0, 4);
  });
  assert.match(text, /^transport: udp$/m);
  assert.match(
    text,
    /^S: Transport: RTP\/AVP;unicast;ssrc=1f2e;client_port=\{client_port\};server_port=\{server_port\}$/m,
  );
  assert.match(text, /^\$3: 80c90001$/m);
});

test('what a camera says is played as it was, braces, tabs and bytes that are no letters, too', () => {
  const unit = fc.constantFrom(...'{}[]abcdeport:none{host}{tab}0x7b*+- \t\x00\x7f\xe9"\\'.split(''));
  // Three stars stand for a secret, and are played as one.
  const text = fc.string({ unit }).filter((each) => !each.includes('***'));
  const inHead = text.map((each) => each.trim());
  fc.assert(
    fc.property(
      fc.array(inHead, { maxLength: 4 }),
      fc.array(text, { minLength: 1, maxLength: 6 }),
      fc.constantFrom('\r\n', '\n'),
      (values, lines, end) => {
        const body = lines.map((line) => line + end).join('');
        const said = response(200, [
          ['CSeq', '1'],
          ...values.map((value, index): [string, string] => [`X-${index}`, value]),
        ]);
        const written = textOf('auto', (capture) => {
          capture.onConnecting('rtsp://10.0.0.5/live');
          capture.onSent(request('OPTIONS', 'rtsp://10.0.0.5/live', 1));
          capture.onReceived({ ...said, body: Buffer.from(body, 'latin1') });
        });
        const dialogue = parseDialogue(written, 'captured');
        const [action] = dialogue.steps[0]!.actions;
        assert(action?.kind === 'reply');
        const replies = new DialogueReplies(dialogue, {} as DialogueMedia);
        replies.listensAt('127.0.0.1', 554, [1, 2]);
        const played = replies.written(action.lines, request('OPTIONS', 'rtsp://127.0.0.1/live', 1));
        const [head = '', ...rest] = played.toString('latin1').split('\r\n\r\n');
        assert.equal(rest.join('\r\n\r\n'), body);
        assert.deepEqual(
          head.split('\r\n').filter((line) => line.startsWith('X-')),
          values.map((value, index) => `X-${index}: ${value}`),
        );
      },
    ),
    { numRuns: 500 },
  );
});

test('a camera that sends packets without a byte, or replies without end, fills no memory', () => {
  const clock = new SimulatedClock();
  const mask = new SecretMask({ username: 'joe', password });
  const capture = new Capture({ clock, transport: 'tcp', mask });
  capture.onConnecting('rtsp://10.0.0.5/live');
  const nothing = Buffer.alloc(0);
  for (let count = 0; count < 1_000_000; count++) capture.onForeignFrame(0, nothing, 0, 0);
  const flood = { ...response(200, [['CSeq', '9']]), body: Buffer.alloc(60_000, 'x') };
  for (let count = 0; count < 10_000; count++) {
    capture.onReceived(flood);
    capture.onReceived(response(200, []));
    capture.onLostBytes(1);
    capture.onForeignBytes(nothing);
  }
  const { dialogue, cut } = capture.finish('a test');
  const actions = dialogue.steps.reduce((sum, step) => sum + step.actions.length, 0);
  assert(cut);
  assert.match(dialogue.behaviour!, /Cut/);
  assert(actions < 100_000, `${actions} actions`);
  assert(formatDialogue(dialogue).length < 8 * 1024 * 1024);
});
