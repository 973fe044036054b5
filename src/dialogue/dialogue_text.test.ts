import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDialogue, parseDialogue } from './dialogue_text.ts';

const text = `# A remark.
camera: Acme Box 1.2
ids: C6, P1
source: a bug report
behaviour: Says hello twice.
nightjar: Listens once.
expect: recorded pictures=0-9
expect: warning twice
login: admin hunter2 and more
transport: udp
path: /cam?channel=1

C?: GET_PARAMETER
S: RTSP/1.0 400 Bad Request
S: CSeq: {cseq-1}

C: DESCRIBE {url}
C: Authorization: {digest}
C: X-Old: {none}
S: RTSP/1.0 200 OK
L: Cseq: {cseq}{blank}
S:
S: v=0

S: RTSP/1.0 100 Continue
C: PLAY
S: usual
$1: 80c8 0001
    00000001
X: "corrupt"
X: 0d0a
wait: 1.5s
M: 0 h264 frames=10 with=no-marker burst
close:
C: connect
S: silence
`;

test('a dialogue is read', () => {
  const { steps, ...head } = parseDialogue(text, 'x');
  assert.deepEqual(head, {
    camera: 'Acme Box 1.2',
    ids: ['C6', 'P1'],
    source: 'a bug report',
    behaviour: 'Says hello twice.',
    nightjar: 'Listens once.',
    expect: ['recorded pictures=0-9', 'warning twice'],
    login: { username: 'admin', password: 'hunter2 and more' },
    transport: 'udp',
    path: '/cam?channel=1',
  });
  assert.deepEqual(
    steps.map(({ kind, what, url, actions }) => [kind, what, url, actions.map((action) => action.kind)]),
    [
      ['rule', 'GET_PARAMETER', undefined, ['reply']],
      ['event', 'DESCRIBE', '{url}', ['reply', 'reply']],
      ['event', 'PLAY', undefined, ['usual', 'frame', 'bytes', 'bytes', 'wait', 'media', 'close']],
      ['event', 'connect', undefined, ['silence']],
    ],
  );
  assert.deepEqual(steps[1]?.fields, [
    ['Authorization', '{digest}'],
    ['X-Old', '{none}'],
  ]);
  assert.deepEqual(steps[1]?.actions[0], {
    kind: 'reply',
    lines: [
      { text: 'RTSP/1.0 200 OK', end: '\r\n' },
      { text: 'Cseq: {cseq}{blank}', end: '\n' },
      { text: '', end: '\r\n' },
      { text: 'v=0', end: '\r\n' },
    ],
  });
  assert.deepEqual(steps[2]?.actions[1], {
    kind: 'frame',
    channel: 1,
    payload: Buffer.from('80c8000100000001', 'hex'),
  });
  assert.deepEqual(steps[2]?.actions[5], {
    kind: 'media',
    medium: 0,
    codec: 'h264',
    options: { frames: '10', with: 'no-marker', burst: '' },
  });
});

test('a dialogue that was written is read as the same one', () => {
  const plain = ({ steps, ...head }: ReturnType<typeof parseDialogue>) => ({
    ...head,
    steps: steps.map(({ line: _, ...step }) => step),
  });
  const dialogue = parseDialogue(text, 'x');
  const written = formatDialogue(dialogue);
  assert.deepEqual(plain(parseDialogue(written, 'x')), plain(dialogue));
  assert.equal(formatDialogue(parseDialogue(written, 'x')), written);
});

const malformed: readonly [what: string, text: string, message: RegExp][] = [
  ['a file without a camera', 'C: PLAY\n', /no line says which camera/],
  ['a line without a tag', 'camera: a\nhello\n', /line 2: "hello" has no tag/],
  ['an unknown tag', 'camera: a\nC: PLAY\nZ: 1\n', /line 3: nothing begins with "Z:"/],
  ['an action in front of all requests', 'camera: a\nS: RTSP/1.0 200 OK\n', /line 2: "S:" follows a "C:"/],
  ['a head line among the steps', 'camera: a\nC: PLAY\nids: C1\n', /line 3: "ids:" belongs in front/],
  ['half a byte', 'camera: a\nC: PLAY\n$0: 8\n', /line 3: bytes are pairs/],
  ['a channel that no frame has', 'camera: a\nC: PLAY\n$256: 80\n', /a channel is 0 to 255/],
  ['a time without a unit', 'camera: a\nC: PLAY\nwait: 5\n', /line 3: "wait:" takes a time/],
  ['a wait of more than a day', 'camera: a\nC: PLAY\nwait: 25h\n', /line 3: "wait:" takes a time/],
  ['a medium without number', 'camera: a\nC: PLAY\nM: h264\n', /line 3: "M:" takes the number/],
  ['a request without a method', 'camera: a\nC: 12\n', /line 2: "C:" takes a method/],
  [
    'a header field behind a reply',
    'camera: a\nC: PLAY\nS: usual\nC: Session: 1\n',
    /line 4: a header field/,
  ],
  ['a login without password', 'camera: a\nlogin: admin\n', /takes a name and a password/],
  ['an unknown transport', 'camera: a\ntransport: pigeon\n', /takes one of auto, tcp, udp/],
  ['a path without slash', 'camera: a\npath: live\n', /begins with a slash/],
];

for (const [what, malformedText, message] of malformed) {
  test(`${what} is an error that names file and line`, () => {
    assert.throws(() => parseDialogue(malformedText, 'dialogue.txt'), {
      code: 'dialogue_malformed',
      message,
    });
  });
}
