import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { until } from '../../test/fixtures/until.ts';
import {
  type Answer,
  frame,
  optionsLine,
  playLine,
  reply,
  ScriptedCamera,
  teardownLine,
  videoAndAudioSdp,
} from '../../test/rtsp/scripted_camera.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import { writePps, writeSlice, writeSps } from '../media/test_support.ts';
import type { RtspRequest } from '../rtsp/message.ts';
import { unixMillis } from '../units/time.ts';
import { StreamSession } from './stream_session.ts';

const rtp = (payloadType: number, sequenceNumber: number, timestamp: number, payload: Uint8Array): Buffer => {
  const header = Buffer.alloc(12);
  header.set([0x80, payloadType]);
  header.writeUInt16BE(sequenceNumber, 2);
  header.writeUInt32BE(timestamp, 4);
  header.writeUInt32BE(payloadType, 8);
  return Buffer.concat([header, payload]);
};

const [plainSlice, keySlice] = [1, 5];
/** A picture, and the beginning of the next one, which tells where it ends. */
const picture = Buffer.concat(
  [writeSps(), writePps(), writeSlice(keySlice, 0), writeSlice(plainSlice, 0)].map((nalUnit, index) =>
    frame(0, rtp(96, index, index < 3 ? 0 : 3_600, nalUnit)),
  ),
);
const sound = frame(2, rtp(8, 0, 0, Buffer.alloc(160, 0xd5)));

const described = reply('200 OK', { 'Content-Type': 'application/sdp' }, videoAndAudioSdp);
const setUp = (channels: string) =>
  reply('200 OK', { Session: 'abc', Transport: `RTP/AVP/TCP;unicast;interleaved=${channels}` });
const playing = playLine[1] as (request: RtspRequest) => Uint8Array;

/** In one write, as one read of the connection finds it. */
const atOnce =
  (...parts: (Uint8Array | 'the reply')[]) =>
  (request: RtspRequest): Uint8Array =>
    Buffer.concat(parts.map((part) => (part === 'the reply' ? playing(request) : part)));

const soundFirst = ['audioFrame, sound is pcma', 'accessUnit, sound is pcma'];
const pictureFirst = soundFirst.toReversed();

const cases: readonly [when: string, units: readonly string[], ...answers: Answer[]][] = [
  ['before the reply to PLAY', soundFirst, atOnce(sound, 'the reply', picture)],
  ['together with the reply', soundFirst, atOnce('the reply', sound, picture)],
  ['with all else before the reply', soundFirst, atOnce(sound, picture, 'the reply')],
  ['after a key frame before the reply', pictureFirst, atOnce(picture, 'the reply', sound)],
  ['after a key frame together with the reply', pictureFirst, atOnce('the reply', picture, sound)],
  ['after the reply and before the first picture', soundFirst, playing, sound, picture],
];

/** NTP second 3,891,374,080; RTP time stamp 90,000. */
const report = (ssrc: number): Buffer => {
  const bytes = Buffer.from('80c8000600000000e7f1a8000000000000015f900000006400010000', 'hex');
  bytes.writeUInt32BE(ssrc, 4);
  return bytes;
};

const reports: readonly [where: string, media: Buffer][] = [
  ['before the first packet', Buffer.concat([frame(1, report(96)), picture])],
  ['after the first packet', Buffer.concat([picture, frame(1, report(96))])],
  ['on the channel of RTP (P15)', Buffer.concat([picture, frame(0, report(96))])],
];

for (const [where, media] of reports) {
  test(`a sender report ${where} is told once`, async (context) => {
    const told: unknown[] = [];
    const { session, camera, sounds } = await play(context, {
      answers: [playing, media, sound],
      onSenderReport: ({ media, rtpTimestamp }) => told.push([media, rtpTimestamp]),
    });
    await until(() => sounds.length === 1);
    await session.stop();
    await session.ended();
    assert.deepEqual(told, [['video', 90_000]]);
    assert.deepEqual(camera.surprises, []);
  });
}

test('sound that comes after the goodbye of the pictures is delivered', async (context) => {
  const goodbye = Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 96]);
  const { session, camera, sounds, clock } = await play(context, {
    answers: [playing, picture, frame(1, goodbye), sound],
  });
  await until(() => sounds.length === 1);
  clock.advance(1_000);
  camera.send(frame(2, rtp(8, 1, 160, Buffer.alloc(160, 0xd5))));
  await until(() => sounds.length === 2);
  clock.advance(1_000);
  assert.equal((await session.ended())?.code, 'camera_closed');
});

for (const [when, expected, ...answers] of cases) {
  test(`sound that comes ${when} is delivered, and its track is known to the first picture`, async (context) => {
    const camera = await ScriptedCamera.start([
      optionsLine,
      ['DESCRIBE', described],
      ['SETUP', setUp('0-1')],
      ['SETUP', setUp('2-3')],
      ['PLAY', ...answers],
      teardownLine,
    ]);
    context.after(() => camera.close());
    const pool = new ChunkPool();
    const arrived = Promise.withResolvers<void>();
    const units: string[] = [];
    const session = new StreamSession({
      target: { url: camera.url, transport: 'tcp' },
      patienceMs: 10_000,
      clock: new SimulatedClock(),
      pool,
      events: {
        onUnit(unit) {
          units.push(`${unit.kind}, sound is ${session.audioTrack?.codec}`);
          if (unit.kind !== 'damage') pool.release(unit.bytes);
          if (units.length === 2) arrived.resolve();
        },
        onSenderReport() {},
        onTick: () => undefined,
      },
    });
    await session.open();
    await arrived.promise;
    await session.stop();
    await session.ended();
    assert.deepEqual(units.slice(0, 2), expected);
    assert.deepEqual(camera.surprises, []);
  });
}

/** A session with pictures and sound that was opened against a script. */
async function play(
  context: TestContext,
  options: {
    answers: readonly Answer[];
    onSenderReport?: ConstructorParameters<typeof StreamSession>[0]['events']['onSenderReport'];
  },
) {
  const camera = await ScriptedCamera.start([
    optionsLine,
    ['DESCRIBE', described],
    ['SETUP', setUp('0-1')],
    ['SETUP', setUp('2-3')],
    ['PLAY', ...options.answers],
    teardownLine,
  ]);
  context.after(() => camera.close());
  const clock = new SimulatedClock();
  const pool = new ChunkPool();
  const sounds: MediaUnit[] = [];
  const session = new StreamSession({
    target: { url: camera.url, transport: 'tcp' },
    patienceMs: 10_000,
    clock,
    pool,
    events: {
      onUnit(unit) {
        if (unit.kind === 'audioFrame') sounds.push(unit);
        if (unit.kind !== 'damage') pool.release(unit.bytes);
      },
      onSenderReport: options.onSenderReport ?? (() => {}),
      onTick: () => undefined,
    },
  });
  await session.open();
  return { session, camera, sounds, clock };
}

/** Nobody writes what was delivered, until somebody does. */
class BusyPool extends ChunkPool {
  busy = true;

  override get lentBytes(): number {
    return this.busy ? 65 * 1024 * 1024 : 1024 * 1024;
  }
}

test('an archive that sends more than can be written is paused, and goes on where it stood', async (context) => {
  const camera = await ScriptedCamera.start([
    optionsLine,
    ['DESCRIBE', described],
    ['SETUP', setUp('0-1')],
    ['SETUP', setUp('2-3')],
    ['PLAY', playing, picture],
    ['PAUSE', reply('200 OK', { Session: 'abc' })],
    playLine,
    teardownLine,
  ]);
  context.after(() => camera.close());
  const clock = new SimulatedClock();
  const pool = new BusyPool();
  const arrivals: number[] = [];
  const start = unixMillis(Date.UTC(2026, 0, 31, 12));
  const session = new StreamSession({
    target: { url: camera.url, transport: 'tcp', playback: { range: { unit: 'clock', start } } },
    patienceMs: 10_000,
    clock,
    pool,
    events: {
      onUnit: (unit) => arrivals.push(unit.arrivalMs),
      onSenderReport() {},
      onTick: () => undefined,
    },
  });
  await session.open();
  await camera.until(() => camera.requests.at(-1)?.method === 'PAUSE');
  assert.deepEqual(arrivals, [start]);
  // The reply to PAUSE is on its way; a pause is no silence, however long it is.
  await until(() => {
    clock.advance(1_000);
    return clock.monotonic() > 14_000;
  });
  assert.equal(camera.requests.at(-1)?.method, 'PAUSE');
  pool.busy = false;
  clock.advance(1_000);
  await camera.until(() => camera.requests.at(-1)?.method === 'PLAY');
  assert.equal(camera.requests.at(-1)?.headers.get('Range'), undefined);
  await session.stop();
  assert.equal(await session.ended(), undefined);
  assert.deepEqual(camera.surprises, []);
});

test('C36: media of a camera that another one redirects to go on in the same session, and are counted on', async (context) => {
  const script = (answer: Answer) =>
    [
      optionsLine,
      ['DESCRIBE', described],
      ['SETUP', setUp('0-1')],
      ['SETUP', setUp('2-3')],
      ['PLAY', playing, answer],
      teardownLine,
    ] as const;
  const second = await ScriptedCamera.start(script(picture));
  const redirect = Buffer.from(`REDIRECT * RTSP/1.0\r\nCSeq: 9\r\nLocation: ${second.url}\r\n\r\n`);
  const first = await ScriptedCamera.start(script(Buffer.concat([picture, redirect])));
  context.after(() => Promise.all([first.close(), second.close()]));
  const pool = new ChunkPool();
  const keyFrames: boolean[] = [];
  const session = new StreamSession({
    target: { url: first.url, transport: 'tcp' },
    patienceMs: 10_000,
    clock: new SimulatedClock(),
    pool,
    events: {
      onUnit(unit) {
        if (unit.kind === 'accessUnit') keyFrames.push(unit.keyFrame);
        if (unit.kind !== 'damage') pool.release(unit.bytes);
      },
      onSenderReport() {},
      onTick: () => undefined,
    },
  });
  await session.open();
  await until(() => keyFrames.filter(Boolean).length === 2);
  assert.equal(session.figures.packets, 8);
  await session.stop();
  assert.equal(await session.ended(), undefined);
  assert.deepEqual([first.surprises, second.surprises], [[], []]);
});
