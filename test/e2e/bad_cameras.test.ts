import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock/system_clock.ts';
import type { Faults } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { until } from '../fixtures/until.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Every way in which a camera can be wrong costs only itself, and says in words what is wrong and what to do. */

interface Stream {
  state: string;
  stateReason: string;
  errorCode?: string;
  counters: { framesWritten: number; damagedUnits: number; framingBytesLost: number; packetsLost: number };
}

interface Case {
  readonly name: string;
  readonly faults?: Faults;
  readonly account?: { username: string; password: string };
  /** In place of the simulated camera's. */
  readonly url?: (base: { port: number; greeter: number; soundOnly: number }) => string;
  readonly code: string;
  readonly reason: RegExp;
}

/** What keeps a camera from being recorded at all. */
const refused: readonly Case[] = [
  {
    name: 'wrong host',
    url: () => 'rtsp://no-such-camera.invalid/main',
    code: 'camera_name_unknown',
    reason: /no-such-camera\.invalid.*Check the spelling/,
  },
  {
    name: 'nobody at the port',
    url: () => 'rtsp://127.0.0.1:9/main',
    code: 'camera_refused',
    reason: /127\.0\.0\.1:9.*Check the port/,
  },
  {
    name: 'wrong path',
    url: ({ port }) => `rtsp://127.0.0.1:${port}/nowhere`,
    code: 'camera_path_not_found',
    reason: /nowhere.*Check the path/,
  },
  {
    name: 'wrong password',
    account: { username: 'viewer', password: 'wrong' },
    code: 'camera_authentication',
    reason: /Enter the right ones/,
  },
  {
    name: 'another protocol at the port',
    url: ({ greeter }) => `rtsp://127.0.0.1:${greeter}/main`,
    code: 'rtsp_malformed',
    reason: /RTSP/,
  },
  {
    name: 'endless header',
    faults: { endlessHeader: 'DESCRIBE' },
    code: 'rtsp_limit',
    reason: /DESCRIBE|65536|64/,
  },
  {
    name: 'huge Content-Length',
    faults: { hugeContentLength: 'DESCRIBE' },
    code: 'rtsp_limit',
    reason: /4294967296/,
  },
  {
    name: 'a description without video',
    url: ({ soundOnly }) => `rtsp://127.0.0.1:${soundOnly}/main`,
    code: 'sdp_no_video',
    reason: /no usable video is described, only: audio/,
  },
  {
    name: 'too many viewers',
    faults: { refuse: { method: 'SETUP', status: 453 } },
    code: 'camera_rejected',
    reason: /453/,
  },
  {
    name: 'silent after PLAY',
    faults: { silentAfterPlay: true },
    code: 'no_packets',
    reason: /sent nothing over TCP for \d+ s/,
  },
  { name: 'no key frame ever', faults: { noKeyFrames: true }, code: 'no_key_frame', reason: /key frame/ },
];

/** What costs a part of the footage, or nothing. */
const tolerated: readonly { name: string; faults: Faults; seen: (stream: Stream) => boolean }[] = [
  {
    name: 'rubbish between the pictures',
    faults: { rubbish: { everyFrames: 10, bytes: 333 } },
    seen: ({ counters }) => counters.framingBytesLost >= 333 && counters.framesWritten > 75,
  },
  {
    name: 'cut in the middle of a packet',
    faults: { cutAfterPackets: 300 },
    seen: ({ counters }) => counters.framesWritten > 75,
  },
  {
    name: 'lost packets',
    faults: { dropEveryNthPacket: 50 },
    seen: ({ counters }) =>
      counters.packetsLost > 0 && counters.damagedUnits > 0 && counters.framesWritten > 75,
  },
  {
    name: 'another SSRC than announced',
    faults: { wrongSsrc: true },
    seen: ({ counters }) => counters.framesWritten > 75,
  },
  {
    name: 'new parameter sets',
    faults: { parameterChangeAtFrame: 50 },
    seen: ({ counters }) => counters.framesWritten > 75,
  },
  {
    name: 'a jump of the time stamps',
    faults: { timestampJump: { atFrame: 50, seconds: 7_200 } },
    seen: ({ counters }) => counters.framesWritten > 90,
  },
];

const path = (name: string): string => name.replaceAll(' ', '-');

/** Answers every connection with the same bytes. */
async function sayingServer(context: TestContext, words: (request: string) => string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => socket.write(words(bytes.toString('latin1'))));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const soundOnlySdp =
  'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:audio\r\n';

function soundOnlyAnswer(request: string): string {
  const sequence = /CSeq: *(\d+)/i.exec(request)?.[1] ?? '1';
  const body = request.startsWith('DESCRIBE') ? soundOnlySdp : '';
  const type = body ? `Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n` : '';
  return `RTSP/1.0 200 OK\r\nCSeq: ${sequence}\r\n${type}\r\n${body}`;
}

test('a bad camera says what is wrong and what to do, and takes nothing from a good one', {
  timeout: 180_000,
}, async (context) => {
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: [
      { path: 'good' },
      ...[...refused, ...tolerated].map(({ name, ...camera }) => ({
        path: path(name),
        ...('account' in camera && { username: 'viewer', password: 'right' }),
        ...('faults' in camera && { faults: camera.faults }),
      })),
    ],
  });
  context.after(() => simulator.close());
  const greeter = await sayingServer(context, () => 'SSH-2.0-OpenSSH_9.2\r\n');
  const soundOnly = await sayingServer(context, soundOnlyAnswer);
  const cwd = temporaryFolder(context);
  const words = [
    'serve',
    '--port',
    '0',
    '--segment-seconds',
    '2',
    '--min-free-bytes',
    '0',
    '--log-level',
    'error',
  ];
  const server = new NightjarProcess(context, words, { cwd });
  const api = `${await server.url()}/api/v1`;

  const add = async (name: string, url: string, account: object = {}) => {
    const answer = await fetch(`${api}/cameras`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name,
        ...account,
        streams: [{ role: 'main', url, transport: 'tcp', record: true }],
      }),
    });
    assert.equal(answer.status, 201, await answer.clone().text());
    return ((await answer.json()) as { id: string }).id;
  };
  const streams = async (): Promise<Map<string, Stream>> => {
    const { cameras } = (await (await fetch(`${api}/status`)).json()) as {
      cameras: { name: string; streams: Stream[] }[];
    };
    return new Map(cameras.map(({ name, streams }) => [name, streams[0]!]));
  };

  const goodId = await add('good', simulator.url('good'));
  const startedMs = Date.now();
  for (const { name, url, account } of refused) {
    await add(
      name,
      url?.({ port: simulator.port, greeter, soundOnly }) ?? simulator.url(path(name)),
      account,
    );
  }
  for (const { name } of tolerated) await add(name, simulator.url(path(name)));

  for (const { name, code, reason } of refused) {
    await context.test(name, async () => {
      // A state is left again at the next attempt, so what it said is collected as it goes by.
      let said: Stream | undefined;
      await until(async () => {
        const stream = (await streams()).get(name);
        if (stream?.state === 'backing_off') said = stream;
        return said !== undefined;
      });
      assert.equal(said?.errorCode, code, said?.stateReason);
      assert.match(said!.stateReason, reason);
      assert.doesNotMatch(said!.stateReason, /wrong"|right"|password=/);
    });
  }
  for (const { name, seen } of tolerated) {
    await context.test(name, () => until(async () => seen((await streams()).get(name)!)));
  }

  const timeline = (await (
    await fetch(`${api}/cameras/${goodId}/timeline?from=0&to=${Date.now()}`)
  ).json()) as {
    recordings: { startMs: number; endMs: number }[];
    gaps: { startMs: number; endMs: number }[];
  };
  assert.equal(timeline.recordings.length, 1, 'the good camera was recorded without a break');
  const [{ startMs, endMs }] = timeline.recordings as [{ startMs: number; endMs: number }];
  assert.ok(endMs - startMs > Date.now() - startedMs - 5_000);
  assert.equal(server.child.exitCode, null);
});
