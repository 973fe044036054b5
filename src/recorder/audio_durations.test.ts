import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testVideoTrack } from '../../test/fixtures/synthetic_media.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import type { AudioTrack } from '../media/track.ts';
import { AacPacketizer } from '../rtp/aac_packetizer.ts';
import type { PayloadFormat } from '../rtp/depacketizer.ts';
import { createDepacketizer } from '../rtp/depacketizers.ts';
import { parseRtpPacket } from '../rtp/packet.ts';
import { toRtpPacket } from '../rtp/test_support.ts';
import { RtpTimeline } from '../rtp/timeline.ts';
import { rescale, rtpTimestamp, trackTicks, unixMillis } from '../units/time.ts';
import { ActivityMeter } from './activity_meter.ts';
import { RunRecorder } from './run_recorder.ts';

const startMs = Date.UTC(2026, 5, 1);

/** A sample of the file: where it begins, and how long it lasts, in ticks of its track. */
interface Placed {
  readonly ticks: number;
  readonly duration: number;
}

/** The way of sound from its packets to the samples of files, beside a key frame each two seconds. */
class SoundWay {
  readonly placed: Placed[] = [];
  readonly #pool = new ChunkPool();
  readonly #depacketizer;
  readonly #timeline: RtpTimeline;
  readonly #recorder: RunRecorder;
  #pictures = 0;

  constructor(format: PayloadFormat) {
    this.#depacketizer = createDepacketizer('audio', format, this.#pool);
    const track = this.#depacketizer.track as AudioTrack;
    this.#timeline = new RtpTimeline(track.timescale);
    this.#recorder = new RunRecorder({
      streamId: '00000000-0000-4000-8000-00000000ffff',
      segmentMs: 60_000,
      activity: new ActivityMeter(),
      audioTrack: track,
      drop: () => assert.fail('nothing is to be dropped'),
      emit: (step) => {
        if (step.kind !== 'fragment') return;
        for (const { decodeTicks, duration, bytes } of step.tracks.find(({ trackId }) => trackId === 2)
          ?.samples ?? []) {
          this.placed.push({ ticks: decodeTicks, duration });
          this.#pool.release(bytes);
        }
      },
    });
  }

  /** @param atMs when the packet's sound begins, since the first sound */
  push(bytes: Buffer, atMs: number, delayMs: number): void {
    // Sound from before the first picture would have no place.
    const sentMs = atMs + 1_000;
    while (this.#pictures * 2_000 <= sentMs) this.#picture();
    const packet = parseRtpPacket(bytes, 0, bytes.length, unixMillis(startMs + sentMs + delayMs));
    this.#depacketizer.push(packet!, 0);
    this.#take();
  }

  end(): void {
    this.#depacketizer.flush();
    this.#take();
    this.#recorder.end();
    this.#depacketizer.close();
  }

  #picture(): void {
    const ms = this.#pictures++ * 2_000;
    const ticks = trackTicks(ms * 90);
    this.#recorder.video({
      bytes: { chunk: { bytes: new Uint8Array(1), holders: 1 }, start: 0, end: 1 },
      decodeTicks: ticks,
      presentationTicks: ticks,
      keyFrame: true,
      arrivalMs: unixMillis(startMs + ms),
      track: testVideoTrack,
    });
  }

  #take(): void {
    for (let unit = this.#depacketizer.next(); unit; unit = this.#depacketizer.next()) {
      assert.ok(unit.kind === 'audioFrame');
      const placed = this.#timeline.place(unit.rtpTimestamp, unit.arrivalMs);
      assert.equal(placed.kind, 'time');
      const ticks = (placed as { ticks: ReturnType<typeof trackTicks> }).ticks;
      const { bytes, arrivalMs, durationTicks } = unit;
      this.#recorder.audio({ bytes, ticks, frameTicks: durationTicks, arrivalMs });
    }
  }
}

const aac = (config: string, clockRate: number): PayloadFormat => ({
  encoding: 'MPEG4-GENERIC',
  clockRate,
  channels: 1,
  parameters: new Map([
    ['mode', 'AAC-hbr'],
    ['sizelength', '13'],
    ['indexlength', '3'],
    ['indexdeltalength', '3'],
    ['config', config],
  ]),
});

/** AudioSpecificConfigs of AAC-LC in mono. */
const configs = new Map([
  [44_100, '1208'],
  [22_050, '1388'],
  [11_025, '1508'],
  [48_000, '1188'],
]);

/**
 * Sends frames by a camera that rounds the time of each packet to a tick of its clock.
 *
 * @param every of so many frames of the codec one is sent
 */
function sendAac(options: {
  rate: number;
  clockRate: number;
  frames: number;
  every?: number;
  perPacket?: number;
  firstTimestamp?: number;
  delayMs?: (packet: number) => number;
}): readonly Placed[] {
  const {
    rate,
    clockRate,
    frames,
    every = 1,
    perPacket = 1,
    firstTimestamp = 0,
    delayMs = () => 0,
  } = options;
  const way = new SoundWay(aac(configs.get(rate)!, clockRate));
  const packetizer = new AacPacketizer({ payloadType: 96, ssrc: 1, maxPayloadBytes: 1400 });
  const frame = Uint8Array.of(1, 2, 3);
  for (let index = 0; index < frames; index += perPacket) {
    const samples = index * every * 1024;
    const timestamp = rtpTimestamp(firstTimestamp + rescale(samples, rate, clockRate));
    const packed = Array.from({ length: Math.min(perPacket, frames - index) }, () => frame);
    for (const packet of packetizer.packetize(packed, timestamp, 1024)) {
      way.push(packet, (samples * 1000) / rate, delayMs(index / perPacket));
    }
  }
  way.end();
  return way.placed;
}

/** Each sample ends where the next begins, to a tick, and lasts its frame to less than two. */
function assertWithoutSeam(placed: readonly Placed[], frames: number, exactTicks: number): void {
  assert.equal(placed.length, frames);
  for (const [index, { ticks, duration }] of placed.entries()) {
    // The packet's time stamp is rounded, and the time of its frames from there.
    assert.ok(Math.abs(duration - exactTicks) < 1.5, `sample ${index} lasts ${duration} ticks`);
    const before = placed[index - 1];
    // The last sample of a segment has the length of a frame in whole ticks.
    if (before) assert.ok(Math.abs(before.ticks + before.duration - ticks) <= 1, `sample ${index} is apart`);
  }
}

for (const clockRate of [44_100, 90_000]) {
  test(`A1: AAC of 44.1 kHz by a clock of ${clockRate} Hz is exact to the tick after three days`, () => {
    // A frame of each two seconds: the time line sees the same leaps as between all of them.
    const every = 96;
    const frames = Math.floor((3 * 86_400 * 44_100) / (every * 1024));
    const placed = sendAac({ rate: 44_100, clockRate, frames, every });
    const start = placed[0]!.ticks;
    for (const [index, { ticks }] of placed.entries()) {
      const exact = rescale(index * every * 1024, 44_100, clockRate);
      if (ticks - start !== exact) assert.fail(`sample ${index} is ${ticks - start - exact} ticks off`);
    }
  });
}

test('A1: of any rate, clock, packing and delay no sample leaves its time, across a wrap', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...configs.keys()),
      fc.boolean(),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 2 ** 32 - 1_000_000, max: 2 ** 32 - 1 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 150 })),
      (rate, ownClock, perPacket, firstTimestamp, delays) => {
        const clockRate = ownClock ? rate : 90_000;
        const frames = 400;
        const placed = sendAac({
          ...{ rate, clockRate, frames, perPacket, firstTimestamp },
          delayMs: () => delays.next().value as number,
        });
        assertWithoutSeam(placed, frames, (1024 * clockRate) / rate);
        for (const [index, { ticks }] of placed.entries()) {
          const exact = (index * 1024 * clockRate) / rate;
          assert.ok(Math.abs(ticks - placed[0]!.ticks - exact) < 1.5, `sample ${index}`);
        }
      },
    ),
    { numRuns: 60, seed: 44_100 },
  );
});

const others: readonly [name: string, format: PayloadFormat, packet: Uint8Array, ticks: number][] = [
  ['Opus', described('OPUS', 48_000), Uint8Array.of(0x08, 1, 2), 960],
  ['G.722', described('G722', 8000), new Uint8Array(160), 160],
  ['G.711 in packets of 10 ms', described('PCMU', 8000), new Uint8Array(80), 80],
  ['L16 of 44.1 kHz in packets of 7.9 ms', described('L16', 44_100, 2), new Uint8Array(1388), 347],
  ['G.726 of 24 kbit/s', described('G726-24', 8000), new Uint8Array(60), 160],
];

function described(encoding: string, clockRate: number, channels = 1): PayloadFormat {
  return { encoding, clockRate, channels, parameters: new Map() };
}

for (const [name, format, payload, ticks] of others) {
  test(`${name} lasts as long as its packets together`, () => {
    const way = new SoundWay(format);
    const packets = 3_000;
    for (let index = 0; index < packets; index++) {
      const { bytes } = toRtpPacket({ timestamp: index * ticks, payload }, index & 0xffff);
      way.push(Buffer.from(bytes), (index * ticks * 1000) / format.clockRate, index % 7);
    }
    way.end();
    const { placed } = way;
    assert.equal(placed.at(-1)!.ticks + placed.at(-1)!.duration - placed[0]!.ticks, packets * ticks);
    for (const [index, each] of placed.slice(1).entries()) {
      assert.equal(placed[index]!.ticks + placed[index]!.duration, each.ticks);
    }
  });
}
