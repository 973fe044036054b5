/**
 * How fast H.264 is put together from RTP, against the one copy that it cannot do without.
 *
 * 1080p25 at 4 Mbit/s in FU-A packets of 1,400 bytes, a key frame every two seconds. Both ways run over the same
 * packets in one receive buffer, in turns; medians and their ratio are printed.
 */

import { systemClock } from '../../src/clock/system_clock.ts';
import { ChunkPool } from '../../src/media/sample_arena.ts';
import { H264Depacketizer } from '../../src/rtp/h264_depacketizer.ts';
import { H264Packetizer } from '../../src/rtp/h264_packetizer.ts';
import { RtpReceiver } from '../../src/rtp/receiver.ts';
import { rtpTimestamp, unixMillis } from '../../src/units/time.ts';

const frames = 500;
const framesPerKeyFrame = 50;
const frameBytes = 15_000;
const keyFrameBytes = 250_000;
const warmUpRounds = 5;
const rounds = 15;
const maxPayloadBytes = 1400;
const sprop = 'Z2QADazTBUZ4ibARAAADAAEAAAMAMg8UKTg=,aO+Pyw==';

/** Random bytes as an encoder leaves them: without start codes. */
function picture(keyFrame: boolean, seed: number): Buffer {
  const nalUnit = Buffer.alloc(keyFrame ? keyFrameBytes : frameBytes);
  let state = seed + 1;
  for (let at = 0; at < nalUnit.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    nalUnit[at] = state >>> 24;
    if (at >= 2 && nalUnit[at - 1] === 0 && nalUnit[at - 2] === 0 && nalUnit[at]! < 4) nalUnit[at] = 4;
  }
  nalUnit[0] = keyFrame ? 0x65 : 0x41;
  nalUnit[1] = 0x9a;
  nalUnit[nalUnit.length - 1] = 0x80;
  return nalUnit;
}

interface Stream {
  /** All packets one behind the other, as in the buffer of a socket. */
  readonly bytes: Buffer;
  readonly starts: readonly number[];
  readonly payloadBytes: number;
}

function makeStream(): Stream {
  const packetizer = new H264Packetizer({ payloadType: 96, ssrc: 1, maxPayloadBytes });
  const packets: Buffer[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const nalUnit = picture(frame % framesPerKeyFrame === 0, frame);
    packets.push(...packetizer.packetize([nalUnit], rtpTimestamp(frame * 3600)));
  }
  const starts = [0];
  for (const packet of packets) starts.push(starts.at(-1)! + packet.length);
  const payloadBytes = packets.reduce((sum, packet) => sum + packet.length - 12, 0);
  return { bytes: Buffer.concat(packets), starts, payloadBytes };
}

function copyOnly({ bytes, starts }: Stream, to: Buffer): number {
  let copied = 0;
  let at = 0;
  for (let index = 0; index + 1 < starts.length; index++) {
    const start = starts[index]! + 12;
    const end = starts[index + 1]!;
    if (at + end - start > to.length) at = 0;
    copied += bytes.copy(to, at, start, end);
    at += end - start;
  }
  return copied;
}

function depacketize({ bytes, starts }: Stream): number {
  const pool = new ChunkPool();
  const format = { clockRate: 90_000, parameters: new Map([['sprop-parameter-sets', sprop]]) };
  const depacketizer = new H264Depacketizer({ format, pool });
  const receiver = new RtpReceiver({
    payloadType: 96,
    clockRate: 90_000,
    reporterSsrc: 2,
    canonicalName: 'bench',
  });
  let units = 0;
  const take = () => {
    for (let unit = depacketizer.next(); unit; unit = depacketizer.next()) {
      if (unit.kind === 'damage') throw new Error(unit.reason);
      pool.release(unit.bytes);
      units++;
    }
  };
  for (let index = 0; index + 1 < starts.length; index++) {
    const received = receiver.accept(bytes, starts[index]!, starts[index + 1]!, unixMillis(index));
    if (received === undefined) throw new Error('a packet was dropped');
    depacketizer.push(received.packet, received.lostBefore);
    take();
  }
  depacketizer.flush();
  take();
  depacketizer.close();
  return units;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

function timed(work: () => number, expected: number): number {
  const start = systemClock.monotonic();
  const result = work();
  const elapsed = systemClock.monotonic() - start;
  if (result !== expected) throw new Error(`${result} instead of ${expected}`);
  return elapsed;
}

const stream = makeStream();
const target = Buffer.alloc(512 * 1024);
const copies: number[] = [];
const depacketized: number[] = [];
for (let round = 0; round < warmUpRounds; round++) {
  copyOnly(stream, target);
  depacketize(stream);
}
for (let round = 0; round < rounds; round++) {
  copies.push(timed(() => copyOnly(stream, target), stream.payloadBytes));
  depacketized.push(timed(() => depacketize(stream), frames));
}
const rate = (elapsedMs: number) => Math.round(stream.payloadBytes / 1000 / elapsedMs);
const packets = stream.starts.length - 1;
const [copyMs, depacketizeMs] = [median(copies), median(depacketized)];
console.log(
  `H.264 depacketizing: ${packets} packets of up to ${maxPayloadBytes} bytes, ${rounds} rounds, medians`,
);
console.log(`  copy alone            ${rate(copyMs)} MB/s`);
console.log(
  `  receive, depacketize  ${rate(depacketizeMs)} MB/s, ${(depacketizeMs / copyMs).toFixed(2)} times the copy`,
);
console.log(`  ${((depacketizeMs * 1e6) / packets).toFixed(0)} ns a packet`);
