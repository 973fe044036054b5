import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NightjarError } from '../errors/nightjar_error.ts';
import { formatResponse, Headers } from './message.ts';
import { maximumBodyBytes, maximumHeadBytes, maximumLostBytes, RtspReader } from './reader.ts';

/** What came out, in words, so that two ways of cutting the input can be compared. */
class Record {
  readonly events: string[] = [];
  lost = 0;
  readonly reader = new RtspReader({
    onInterleaved: (channel, bytes, start, end) => {
      this.events.push(`${channel}: ${Buffer.from(bytes.subarray(start, end)).toString('hex')}`);
    },
    onRequest: (request) => this.events.push(`request ${request.method} ${request.url}`),
    onResponse: (response) => {
      this.events.push(
        `response ${response.status} ${[...response.headers].join()} ${Buffer.from(response.body).toString('hex')}`,
      );
    },
    onLostBytes: (count) => {
      this.lost += count;
    },
  });

  constructor() {
    this.reader.expectRtp(0, [96]);
    this.reader.expectRtcp(1);
  }

  /** Pushes the input in pieces, each in a buffer that is overwritten afterwards as a receive buffer is. */
  push(input: Uint8Array, pieces: readonly number[] = [input.length]): string | undefined {
    let at = 0;
    try {
      for (let turn = 0; at < input.length; turn++) {
        const length = Math.min(pieces[turn % pieces.length]!, input.length - at);
        const buffer = Buffer.alloc(length + 6, 0x24);
        buffer.set(input.subarray(at, at + length), 3);
        this.reader.push(buffer, 3, 3 + length);
        buffer.fill(0xee);
        at += length;
      }
    } catch (error) {
      assert.ok(error instanceof NightjarError, String(error));
      return error.code;
    }
    return undefined;
  }

  get frames(): string[] {
    return this.events.filter((event) => /^\d/.test(event));
  }
}

function frame(channel: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(0x24, channel, payload.length >> 8, payload.length & 0xff), payload]);
}

/** An RTP frame on channel 0 whose payload tells it apart. */
function rtp(number: number, length = 20, payloadType = 96): Uint8Array {
  const packet = Buffer.alloc(12 + length, number & 0xff);
  packet[0] = 0x80;
  packet[1] = payloadType;
  packet.writeUInt16BE(number & 0xffff, 2);
  return frame(0, packet);
}

const rtcp = frame(1, Buffer.of(0x80, 201, 0, 1, 1, 2, 3, 4));
const response = formatResponse({
  status: 200,
  reason: 'OK',
  headers: new Headers([['CSeq', '4']]),
  body: Buffer.from('hello'),
});
const request = Buffer.from('OPTIONS rtsp://camera/ RTSP/1.0\r\nCSeq: 9\r\n\r\n');

const eventOf = (bytes: Uint8Array) => `${bytes[1]}: ${Buffer.from(bytes.subarray(4)).toString('hex')}`;

test('messages and frames come out in their order', () => {
  const record = new Record();
  record.push(Buffer.concat([response, rtp(1), rtcp, request, rtp(2)]));
  assert.deepEqual(record.events, [
    'response 200 CSeq,4,Content-Length,5 68656c6c6f',
    eventOf(rtp(1)),
    eventOf(rtcp),
    'request OPTIONS rtsp://camera/',
    eventOf(rtp(2)),
  ]);
  assert.equal(record.lost, 0);
  assert.equal(record.reader.pendingBytes, 0);
});

test('a frame that is whole comes out at once, in place, without waiting for the next', () => {
  let place: Uint8Array | undefined;
  const reader = new RtspReader({
    onInterleaved: (_channel, bytes) => {
      place = bytes;
    },
    onRequest: () => assert.fail(),
    onResponse: () => assert.fail(),
    onLostBytes: () => assert.fail(),
  });
  reader.expectRtp(0, [96]);
  const input = rtp(1);
  reader.push(input, 0, input.length);
  assert.equal(place, input);
});

test('C7: line ends before a frame and bare LF in a message are accepted', () => {
  const record = new Record();
  record.push(
    Buffer.concat([
      Buffer.from('RTSP/1.0 200 OK\nCSeq: 1\n\n\r\n'),
      rtp(1),
      Buffer.from('\r\n'),
      rtp(2),
      Buffer.from('\n'),
      response,
    ]),
  );
  assert.equal(record.events.length, 4);
  assert.equal(record.lost, 0);
});

test('C10: a frame on a channel that was never set up is passed on, and nothing is lost', () => {
  const record = new Record();
  const stranger = frame(7, Buffer.from('anything at all'));
  record.push(Buffer.concat([response, rtp(1), stranger, rtp(2)]));
  assert.deepEqual(record.frames, [rtp(1), stranger, rtp(2)].map(eventOf));
  assert.equal(record.lost, 0);
});

test('an unexpected payload type amid good frames is passed on for the receiver to count', () => {
  const record = new Record();
  record.push(Buffer.concat([rtp(1), rtp(2, 20, 50), rtp(3)]));
  assert.equal(record.frames.length, 3);
});

test('RTCP on the channel of RTP is believable', () => {
  const record = new Record();
  record.push(frame(0, Buffer.of(0x80, 200, 0, 1, 1, 2, 3, 4)));
  assert.equal(record.frames.length, 1);
});

test('C25: rubbish between frames is passed over and counted, up to the next believable frame', () => {
  const record = new Record();
  // The rubbish has a frame header on a known channel in it whose content is no RTP, and one on an unknown channel.
  const rubbish = Buffer.concat([
    Buffer.from('\x01\x02'),
    frame(0, Buffer.alloc(30)),
    frame(9, Buffer.alloc(3)),
  ]);
  record.push(Buffer.concat([rtp(1), rubbish, rtp(2), rtp(3)]));
  assert.deepEqual(record.frames, [rtp(1), rtp(2), rtp(3)].map(eventOf));
  assert.equal(record.lost, rubbish.length);
});

const doubtful: readonly [name: string, bytes: Uint8Array][] = [
  ['of another payload type', rtp(9, 20, 50)],
  ['of another version of RTP', frame(0, Buffer.from([0x40, 96, ...new Uint8Array(20)]))],
  ['too short for RTP', frame(0, Buffer.of(0x80, 96, 0, 0, 0, 0, 0, 0))],
  ['on an unknown channel', frame(6, rtp(9).subarray(4))],
  ['with another such frame behind it', Buffer.concat([rtp(9), frame(6, rtp(8).subarray(4))])],
  ['with rubbish behind it', Buffer.concat([rtp(9), Buffer.of(1)])],
];

for (const [name, bytes] of doubtful) {
  test(`C25: a frame ${name} does not end the search, though it would do amid good ones`, () => {
    const record = new Record();
    record.push(Buffer.concat([rtp(1), Buffer.of(0xfe), bytes, rtp(2), rtp(3)]));
    assert.deepEqual(record.frames, [rtp(1), rtp(2), rtp(3)].map(eventOf));
    assert.equal(record.lost, 1 + bytes.length);
  });
}

test('C25: after a frame whose end was never sent, the frames behind it come out again', () => {
  const record = new Record();
  const cut = rtp(2, 600).subarray(0, 300);
  const rest = Array.from({ length: 40 }, (_, index) => rtp(3 + index));
  record.push(Buffer.concat([rtp(1), cut, ...rest]));
  // The cut frame swallows the beginning of what follows; all from the first whole frame behind that is there.
  assert.deepEqual(record.frames.slice(-28), rest.slice(-28).map(eventOf));
  assert.ok(record.lost > 0);
});

test('C25: a message ends the search as well as a frame does', () => {
  const record = new Record();
  record.push(Buffer.concat([response, Buffer.from([1, 2, 3, 4]), response]));
  assert.equal(record.events.length, 2);
  assert.equal(record.lost, 4);
});

for (const banner of [
  'SSH-2.0-OpenSSH_9.2p1\r\n',
  'HTTP/1.1 400 Bad Request\r\n\r\n',
  '220 mail ready\r\n',
  '\x00\x01',
]) {
  test(`a server that says ${JSON.stringify(banner)} does not speak RTSP`, () => {
    for (const pieces of [[1], [banner.length]]) {
      assert.equal(new Record().push(Buffer.from(banner, 'latin1'), pieces), 'rtsp_malformed');
    }
  });
}

test('what came instead of RTSP is not quoted: it would tell strangers what listens at a port', () => {
  assert.throws(
    () => new Record().reader.push(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 0, 28),
    /^NightjarError: This is not RTSP\.$/,
  );
});

test('an endless header ends at its bound, however it is cut', () => {
  const endless = Buffer.concat([
    Buffer.from('RTSP/1.0 200 OK\r\n'),
    Buffer.from('X-Filler: aaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(2000)),
  ]);
  assert.ok(endless.length > maximumHeadBytes);
  for (const pieces of [[endless.length], [1000], [37]]) {
    const record = new Record();
    assert.equal(record.push(endless, pieces), 'rtsp_limit');
    assert.ok(record.reader.pendingBytes <= maximumHeadBytes + 2048);
  }
});

test('a start line without an end ends at the same bound', () => {
  assert.equal(new Record().push(Buffer.from(`OPTIONS ${'x'.repeat(70_000)}`), [4000]), 'rtsp_limit');
});

test('a huge Content-Length is refused before its body is waited for', () => {
  for (const length of [maximumBodyBytes + 1, '99999999999999999999999']) {
    const head = Buffer.from(`RTSP/1.0 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
    assert.equal(new Record().push(head), 'rtsp_limit');
  }
});

test('a framing that stays lost ends the connection', () => {
  const record = new Record();
  assert.equal(
    record.push(Buffer.concat([response, Buffer.alloc(maximumLostBytes + 2)]), [65536]),
    'rtsp_desynchronised',
  );
  assert.equal(record.reader.pendingBytes, 0);
});

test('what is cut off at the end of the connection is known', () => {
  const record = new Record();
  record.push(rtp(1).subarray(0, 20));
  assert.equal(record.reader.pendingBytes, 20);
});

const pieces = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });
const rubbish = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.constant(Buffer.from('RTSP/1.0 ')),
  fc.constant(Buffer.from('PLAY rub\nbish')),
  fc.constant(Buffer.of(0x24, 0, 0, 40, 0x80, 96)),
  fc.constant(Buffer.of(0x24, 5, 0, 4)),
);
const good = fc.oneof(
  fc
    .integer({ min: 0, max: 65535 })
    .chain((n) => fc.integer({ min: 0, max: 120 }).map((length) => rtp(n, length))),
  fc.constant(rtcp),
  fc.constant(response),
  fc.constant(request),
);

test('any cutting of any input gives the same result', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(good, rubbish), { maxLength: 12 }), pieces, (parts, cuts) => {
      const input = Buffer.concat([response, ...parts]);
      const whole = new Record();
      const code = whole.push(input);
      const cut = new Record();
      assert.equal(cut.push(input, cuts), code);
      assert.deepEqual(cut.events, whole.events);
      assert.equal(cut.lost, whole.lost);
    }),
    { numRuns: 400 },
  );
});

test('after rubbish between frames, later frames still come out, and no byte is unaccounted for', () => {
  fc.assert(
    fc.property(fc.array(rubbish, { minLength: 1, maxLength: 4 }), pieces, (parts, cuts) => {
      const record = new Record();
      // Rubbish can look like the beginning of a frame of up to 64 KiB, which is then waited for.
      const later = Array.from({ length: 60 }, (_, index) => rtp(index, 1388));
      const input = Buffer.concat([rtp(1), ...parts, ...later]);
      assert.equal(record.push(input, [...cuts, 20_000]), undefined);
      assert.deepEqual(record.frames.slice(-5), later.slice(-5).map(eventOf));
    }),
    { numRuns: 60 },
  );
});

test('random bytes never make the reader throw outside the catalogue or hold more than its bounds', () => {
  const noise = fc.array(fc.oneof(fc.uint8Array({ maxLength: 300 }), rubbish, good), { maxLength: 30 });
  fc.assert(
    fc.property(noise, pieces, (parts, cuts) => {
      const record = new Record();
      record.push(Buffer.concat(parts), cuts);
      assert.ok(record.reader.pendingBytes <= maximumHeadBytes + maximumBodyBytes);
    }),
    { numRuns: 200, seed: 2326 },
  );
});
