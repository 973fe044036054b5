import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { RtspTestClient } from '../../test/fixtures/rtsp_test_client.ts';
import { until } from '../../test/fixtures/until.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { Headers, noBody } from './message.ts';
import { RtspServer } from './server.ts';
import { type AuthenticationPolicy, defaultAuthentication } from './server_authentication.ts';
import { maximumPendingBytes, slowClientMs } from './server_connection.ts';
import type { SendOutcome, ServerOutput, ServerResource } from './server_resource.ts';
import { RtspServerSession } from './server_session.ts';

class Resource implements ServerResource {
  readonly path = 'room/cam?channel=1';
  readonly credentials: ServerResource['credentials'];
  readonly authentication: AuthenticationPolicy;
  readonly transports: ServerResource['transports'];
  readonly description = 'v=0\r\n';
  readonly controls = ['trackID=0', 'trackID=1'];
  readonly calls: string[] = [];
  output: ServerOutput | undefined;

  constructor(
    options: {
      password?: string;
      authentication?: Partial<AuthenticationPolicy>;
      transports?: ServerResource['transports'];
    } = {},
  ) {
    this.transports = options.transports ?? ['tcp'];
    this.credentials =
      options.password === undefined ? undefined : { username: 'ann', password: options.password };
    this.authentication = { ...defaultAuthentication, ...options.authentication };
  }

  announcedSsrc() {
    return 0xabc;
  }

  open(request: { output: ServerOutput }) {
    this.output = request.output;
    this.calls.push('open');
    return {
      play: () => {
        this.calls.push('play');
        const first = new Map([[0, { sequenceNumber: 7, rtpTimestamp: 9 }]]);
        return { first, range: { unit: 'npt', start: 'now' } as const };
      },
      pause: () => void this.calls.push('pause'),
      close: () => void this.calls.push('close'),
    };
  }
}

async function withServer(
  resource: Resource,
  use: (context: {
    client: RtspTestClient;
    url: string;
    server: RtspServer;
    clock: SimulatedClock;
  }) => Promise<void>,
): Promise<void> {
  const clock = new SimulatedClock();
  const find = (path: string) => (path.startsWith(resource.path) ? resource : undefined);
  const server = await RtspServer.listen({ clock, find });
  const client = await RtspTestClient.connect(server.port);
  try {
    await use({ client, server, clock, url: `rtsp://127.0.0.1:${server.port}/${resource.path}` });
  } finally {
    client.close();
    await server.close();
  }
}

test('by UDP each frame of a playback is a datagram to its port, and receiver reports keep the session', async (t) => {
  const sockets = { rtp: createSocket('udp4'), rtcp: createSocket('udp4') };
  t.after(() => Object.values(sockets).forEach((socket) => void socket.close()));
  const received: string[] = [];
  for (const [name, socket] of Object.entries(sockets)) {
    socket.on('message', (bytes, { port }) => received.push(`${name} ${bytes.toString()} from ${port}`));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  const resource = new Resource({ transports: ['udp'] });
  await withServer(resource, async ({ client, url, clock, server }) => {
    const ports = `${sockets.rtp.address().port}-${sockets.rtcp.address().port}`;
    const offer = `RTP/AVP/TCP;unicast;interleaved=0-1,RTP/AVP/UDP;unicast;client_port=${ports}`;
    const answer = await client.request('SETUP', `${url}/trackID=0`, [['Transport', offer]]);
    const [, rtp, rtcp] = /^RTP\/AVP;unicast;client_port=[\d-]+;server_port=(\d+)-(\d+);ssrc=00000ABC$/.exec(
      answer.headers.get('Transport')!,
    )!;
    assert.equal((await client.request('PLAY', url)).status, 200);
    const frames = Buffer.concat([
      Buffer.from([0x24, 0, 0, 3]),
      Buffer.from('one'),
      Buffer.from([0x24, 1, 0, 3]),
      Buffer.from('two'),
      Buffer.from('$ rubbish'),
    ]);
    assert.equal(resource.output!.send(frames), 'sent');
    frames.fill(0);
    await until(() => received.length === 2);
    assert.deepEqual(received.toSorted(), [`rtcp two from ${rtcp}`, `rtp one from ${rtp}`]);
    for (let minutes = 0; minutes < 3; minutes++) {
      await new Promise<unknown>((sent) => sockets.rtcp.send('report', Number(rtcp), '127.0.0.1', sent));
      // The loopback has delivered it by now; it is read in the next turn of the event loop.
      await turn();
      await turn();
      clock.advance(50_000);
      assert.equal(server.connections, 1);
    }
    clock.advance(70_000);
    await client.untilEnd();
  });
});

test('a session goes from DESCRIBE to TEARDOWN', async () => {
  const resource = new Resource();
  await withServer(resource, async ({ client, url }) => {
    assert.match((await client.request('OPTIONS', url)).headers.get('Public')!, /PLAY, PAUSE, GET_PARAMETER/);
    const described = await client.request('DESCRIBE', url);
    assert.equal(described.headers.get('Content-Base'), `${url}/`);
    assert.equal(Buffer.from(described.body).toString(), 'v=0\r\n');
    const played = await client.play(url, 2);
    assert.equal(played.status, 200);
    assert.equal(played.headers.get('RTP-Info'), `url=${url}/trackID=0;seq=7;rtptime=9`);
    assert.match(played.headers.get('Session')!, /^[0-9a-f]{16};timeout=60$/);
    assert.equal((await client.request('PAUSE', url)).status, 200);
    assert.equal((await client.request('PLAY', url)).status, 200);
    assert.equal((await client.request('GET_PARAMETER', url)).status, 200);
    assert.equal((await client.request('TEARDOWN', url)).status, 200);
    assert.deepEqual(resource.calls, ['open', 'play', 'pause', 'play', 'close']);
  });
});

test('requests that do not fit get the status that says why', async () => {
  await withServer(new Resource(), async ({ client, url }) => {
    const tcp = ['Transport', 'RTP/AVP/TCP;unicast;interleaved=0-1'] as const;
    const table: [number, string, string, (readonly [string, string])[]][] = [
      [404, 'DESCRIBE', 'rtsp://127.0.0.1/nothing', []],
      [454, 'PLAY', url, []],
      [461, 'SETUP', `${url}/trackID=0`, [['Transport', 'RTP/AVP;unicast;client_port=5000-5001']]],
      [404, 'SETUP', `${url}/trackID=7`, [tcp]],
      [459, 'SETUP', url, [tcp]],
      [501, 'RECORD', url, []],
      [200, 'SETUP', `${url}/trackID=0`, [tcp]],
      [454, 'PLAY', url, [['Session', 'another']]],
      [455, 'PAUSE', url, []],
    ];
    for (const [status, method, target, fields] of table) {
      const response = await client.request(method, target, fields);
      assert.equal(response.status, status, `${method} ${target}`);
    }
  });
});

test('the server picks channels when the client leaves them open or repeats them', async () => {
  await withServer(new Resource(), async ({ client, url }) => {
    const first = await client.request('SETUP', `${url}/trackID=0`, [
      ['Transport', 'RTP/AVP;unicast;client_port=1-2,RTP/AVP/TCP;unicast'],
    ]);
    assert.equal(first.headers.get('Transport'), 'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00000ABC');
    const second = await client.request('SETUP', `${url}/trackID=1`, [
      ['Transport', 'RTP/AVP/TCP;interleaved=0-1'],
    ]);
    assert.match(second.headers.get('Transport')!, /interleaved=2-3/);
  });
});

/** The answer to a challenge, worked out here from RFC 7616 section 3.4.1 apart from the server. */
function answer(
  challenge: string,
  options: { method: string; url: string; password: string; qop: boolean },
): string {
  const parameter = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(challenge)![1]!;
  const algorithm = parameter('algorithm');
  const hash = (text: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const ha1 = hash(`ann:${parameter('realm')}:${options.password}`);
  const ha2 = hash(`${options.method}:${options.url}`);
  const middle = options.qop ? ':00000001:c0ffee:auth' : '';
  const response = hash(`${ha1}:${parameter('nonce')}${middle}:${ha2}`);
  const qop = options.qop ? ', qop=auth, nc=00000001, cnonce="c0ffee"' : '';
  return `Digest username="ann", realm="${parameter('realm')}", nonce="${parameter('nonce')}", uri="${options.url}", algorithm=${algorithm}, response="${response}"${qop}`;
}

test('Digest is demanded and judged, by SHA-256 and MD5, with qop and without', async () => {
  await withServer(new Resource({ password: 'secret' }), async ({ client, url }) => {
    const refused = await client.request('DESCRIBE', url);
    assert.equal(refused.status, 401);
    const challenges = refused.headers.getAll('WWW-Authenticate');
    assert.match(challenges[0]!, /algorithm=SHA-256, qop="auth"/);
    assert.match(challenges[1]!, /algorithm=MD5/);
    for (const challenge of challenges) {
      for (const qop of [true, false]) {
        const good = answer(challenge, { method: 'DESCRIBE', url, password: 'secret', qop });
        assert.equal((await client.request('DESCRIBE', url, [['Authorization', good]])).status, 200);
        assert.equal(
          (await client.request('PAUSE', url, [['Authorization', good]])).status,
          401,
          'other method',
        );
        const bad = answer(challenge, { method: 'DESCRIBE', url, password: 'Secret', qop });
        assert.equal((await client.request('DESCRIBE', url, [['Authorization', bad]])).status, 401);
      }
    }
    const basic = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
    assert.equal(
      (await client.request('DESCRIBE', url, [['Authorization', basic]])).status,
      401,
      'not offered',
    );
  });
});

test('Basic is judged when it is offered', async () => {
  const resource = new Resource({ password: 'secret', authentication: { schemes: ['basic'] } });
  await withServer(resource, async ({ client, url }) => {
    assert.equal(
      (await client.request('DESCRIBE', url)).headers.get('WWW-Authenticate'),
      'Basic realm="Nightjar camera"',
    );
    for (const [text, status] of [
      ['ann:secret', 200],
      ['ann:wrong', 401],
      ['bob:secret', 401],
    ] as const) {
      const basic = `Basic ${Buffer.from(text).toString('base64')}`;
      assert.equal((await client.request('DESCRIBE', url, [['Authorization', basic]])).status, status, text);
    }
  });
});

test('a nonce that was used often enough is stale', async () => {
  const resource = new Resource({
    password: 'secret',
    authentication: { schemes: ['digest-md5'], requestsPerNonce: 2 },
  });
  await withServer(resource, async ({ client, url }) => {
    const challenge = (await client.request('DESCRIBE', url)).headers.get('WWW-Authenticate')!;
    const field = [
      'Authorization',
      answer(challenge, { method: 'DESCRIBE', url, password: 'secret', qop: true }),
    ] as const;
    assert.equal((await client.request('DESCRIBE', url, [field])).status, 200);
    assert.equal((await client.request('DESCRIBE', url, [field])).status, 200);
    const stale = await client.request('DESCRIBE', url, [field]);
    assert.equal(stale.status, 401);
    assert.match(stale.headers.get('WWW-Authenticate')!, /stale=true/);
    assert.notEqual(stale.headers.get('WWW-Authenticate'), challenge);
  });
});

test('a client that says nothing for the time-out is cut, one that does is not', async () => {
  const resource = new Resource();
  await withServer(resource, async ({ client, url, clock, server }) => {
    await client.play(url);
    clock.advance(59_000);
    await client.request('GET_PARAMETER', url);
    clock.advance(59_000);
    assert.equal(server.connections, 1);
    clock.advance(3000);
    await client.untilEnd();
    assert.equal(resource.calls.at(-1), 'close');
  });
});

test('what waits for a slow client is bounded, and in the end it is cut', async () => {
  const resource = new Resource();
  await withServer(resource, async ({ client, url, clock }) => {
    await client.play(url);
    client.socket.pause();
    const frame = Buffer.alloc(64 * 1024 - 1);
    frame.set([0x24, 0, 0xff, 0xfb, 0x80, 96]);
    const outcomes: SendOutcome[] = [];
    // The kernel's buffers of both ends come before ours.
    while (outcomes.at(-1) !== 'refused' && outcomes.length < 1000) {
      outcomes.push(resource.output!.send(Buffer.from(frame)));
    }
    assert.equal(outcomes[0], 'sent');
    assert.equal(outcomes.at(-1), 'refused');
    const kept = outcomes.filter((outcome) => outcome === 'kept').length;
    assert.ok(kept * frame.length <= maximumPendingBytes + 2 * frame.length);
    clock.advance(slowClientMs + 2000);
    client.socket.resume();
    await client.untilEnd();
    assert.equal(resource.calls.at(-1), 'close');
  });
});

test('a client that does not speak RTSP is cut', async () => {
  await withServer(new Resource(), async ({ client }) => {
    client.socket.write('\x16\x03\x01 this is TLS or anything else\r\n\r\n');
    await client.untilEnd();
  });
});

test('no request, however odd, makes a session throw or leaves it without an answer', () => {
  const resource = new Resource({ password: 'secret', authentication: { schemes: ['digest-md5', 'basic'] } });
  const open = new Resource();
  const output: ServerOutput = { send: () => 'sent', close: () => {} };
  const text = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom(
      'RTP/AVP/TCP;interleaved=0-1',
      'RTP/AVP/TCP;interleaved=999-',
      'Digest response="',
      'Basic ',
    ),
  );
  const request = fc.record({
    method: fc.constantFrom(
      'OPTIONS',
      'DESCRIBE',
      'SETUP',
      'PLAY',
      'PAUSE',
      'TEARDOWN',
      'GET_PARAMETER',
      'FLY',
    ),
    url: fc.oneof(text, fc.constantFrom('*', 'rtsp://h/open/trackID=0', 'rtsp://h/open', 'rtsp://h/shut')),
    headers: fc
      .array(fc.tuple(fc.constantFrom('CSeq', 'Session', 'Transport', 'Authorization'), text))
      .map((fields) => new Headers([...fields, ['Session', 'id']])),
  });
  const known = new Set([200, 401, 404, 454, 455, 459, 461, 501]);
  fc.assert(
    fc.property(fc.array(request, { maxLength: 8 }), (requests) => {
      const find = (path: string) =>
        path.startsWith('shut') ? resource : path.startsWith('open') ? open : undefined;
      const session = new RtspServerSession({
        output,
        udp: undefined,
        find,
        sessionId: 'id',
        timeoutSeconds: 60,
      });
      for (const each of requests) {
        const response = session.handle({ kind: 'request', body: noBody, ...each });
        assert.ok(known.has(response.status));
        assert.equal(response.headers.get('CSeq'), each.headers.get('CSeq'));
      }
      session.close();
    }),
    { seed: 1, numRuns: 500 },
  );
});
