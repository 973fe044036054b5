/**
 * How fast each codec is put together from RTP, against the one copy that it cannot do without.
 *
 * Both ways run over the same packets in one receive buffer, in turns; medians and their ratio are printed. Video is 1080p25 at
 * some 4 Mbit/s in packets of 1,400 bytes, a key frame every two seconds; MJPEG has pictures of 60 kB. Sound is in packets
 * as cameras send them, so that what a packet costs, and not what a byte does, decides.
 */

import { systemClock } from '../../src/clock/system_clock.ts';
import { formatJpegHeaders } from '../../src/media/jpeg_headers.ts';
import { computedQuantizationTables } from '../../src/media/jpeg_tables.ts';
import { ChunkPool } from '../../src/media/sample_arena.ts';
import { AacPacketizer } from '../../src/rtp/aac_packetizer.ts';
import type { PayloadFormat } from '../../src/rtp/depacketizer.ts';
import { createDepacketizer, whyUnsupported } from '../../src/rtp/depacketizers.ts';
import { H264Packetizer } from '../../src/rtp/h264_packetizer.ts';
import { formatRtpPacket } from '../../src/rtp/packet.ts';
import { RtpReceiver } from '../../src/rtp/receiver.ts';
import { rtpTimestamp, unixMillis } from '../../src/units/time.ts';
import { packetizeJpeg, takeJpegApart } from '../fixtures/jpeg_packets.ts';

const payloadType = 96;
const maxPayloadBytes = 1400;
const pictures = 500;
const picturesPerKeyFrame = 50;
const pictureBytes = 15_000;
const keyFrameBytes = 250_000;
const jpegBytes = 60_000;
const soundPackets = 20_000;
const warmUpRounds = 5;
const rounds = 15;

/** Random bytes as an encoder leaves them: without start codes, and without markers. */
function codedBytes(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed + 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 24;
    const beforeTwo = at >= 2 && bytes[at - 1] === 0 && bytes[at - 2] === 0;
    if (beforeTwo && bytes[at]! < 4) bytes[at] = 4;
    if (bytes[at] === 0xff) bytes[at] = 0xfe;
  }
  return bytes;
}

function nalUnit(header: readonly number[], keyFrame: boolean, seed: number): Buffer {
  const bytes = codedBytes(keyFrame ? keyFrameBytes : pictureBytes, seed);
  bytes.set(header);
  // The first slice of its picture.
  bytes[header.length] = 0x9a;
  bytes[bytes.length - 1] = 0x80;
  return bytes;
}

let sequenceNumber = 0;

function rtp(payload: Uint8Array, timestamp: number, marker: boolean): Buffer {
  sequenceNumber = (sequenceNumber + 1) & 0xffff;
  const header = { marker, payloadType, sequenceNumber, timestamp: rtpTimestamp(timestamp), ssrc: 1 };
  const packet = formatRtpPacket(header, payload.length);
  packet.set(payload, packet.length - payload.length);
  return packet;
}

/** RFC 7798 section 4.4.3. */
function h265Fragments(unit: Buffer, timestamp: number): Buffer[] {
  const packets: Buffer[] = [];
  const step = maxPayloadBytes - 3;
  for (let from = 2; from < unit.length; from += step) {
    const to = Math.min(unit.length, from + step);
    const flags = (from === 2 ? 0x80 : 0) | (to === unit.length ? 0x40 : 0);
    const head = Buffer.of(49 << 1, unit[1]!, flags | (unit[0]! >> 1));
    packets.push(rtp(Buffer.concat([head, unit.subarray(from, to)]), timestamp, to === unit.length));
  }
  return packets;
}

const picturesOf = (packetsOf: (picture: number, keyFrame: boolean) => Buffer[]): Buffer[] =>
  Array.from({ length: pictures }, (_, picture) =>
    packetsOf(picture, picture % picturesPerKeyFrame === 0),
  ).flat();

function h264Packets(): Buffer[] {
  const packetizer = new H264Packetizer({ payloadType, ssrc: 1, maxPayloadBytes });
  return picturesOf((picture, keyFrame) =>
    packetizer.packetize(
      [nalUnit([keyFrame ? 0x65 : 0x41], keyFrame, picture)],
      rtpTimestamp(picture * 3600),
    ),
  );
}

const h265Packets = (): Buffer[] =>
  picturesOf((picture, keyFrame) =>
    h265Fragments(nalUnit([keyFrame ? 0x26 : 0x02, 0x01], keyFrame, picture), picture * 3600),
  );

function jpegPackets(): Buffer[] {
  const fields = { width: 1920, height: 1080, subsampling: '4:2:0', restartInterval: 0 } as const;
  const quantization = { bytes: computedQuantizationTables(60), precision: 0 };
  const headers = formatJpegHeaders({ ...fields, quantization });
  return Array.from({ length: pictures / 4 }, (_, picture) => {
    const file = Buffer.concat([headers, codedBytes(jpegBytes, picture), Buffer.of(0xff, 0xd9)]);
    const payloads = packetizeJpeg(takeJpegApart(file), maxPayloadBytes - 8);
    return payloads.map((payload, index) => rtp(payload, picture * 3600, index === payloads.length - 1));
  }).flat();
}

function aacPackets(): Buffer[] {
  const packetizer = new AacPacketizer({ payloadType, ssrc: 1, maxPayloadBytes });
  const frame = codedBytes(170, 1);
  return Array.from({ length: soundPackets }, (_, index) =>
    packetizer.packetize([frame], rtpTimestamp(index * 1024), 1024),
  ).flat();
}

/** RFC 6416 with the configuration in the description: how long the frame is, and the frame. */
const latmPackets = (): Buffer[] => soundOf(Buffer.concat([Buffer.of(170), codedBytes(170, 1)]), 1024);
/** One frame in the packet, 20 ms of speech in full band. */
const opusPackets = (): Buffer[] => soundOf(Buffer.concat([Buffer.of(0x78), codedBytes(159, 1)]), 960);

function soundOf(payload: Uint8Array, ticks: number): Buffer[] {
  return Array.from({ length: soundPackets }, (_, index) => rtp(payload, index * ticks, true));
}

const format = (
  encoding: string,
  clockRate: number,
  parameters: Record<string, string> = {},
  channels = 1,
): PayloadFormat => ({ encoding, clockRate, channels, parameters: new Map(Object.entries(parameters)) });

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
const h264Sets = { 'sprop-parameter-sets': 'Z2QADazTBUZ4ibARAAADAAEAAAMAMg8UKTg=,aO+Pyw==' };
const h265Sets = {
  'sprop-vps': base64('40010c01ffff01600000030090000003000003003c959409'),
  'sprop-sps': base64('42010101600000030090000003000003003ca00a480b9c9596565924caf0168080000003008000000c84'),
  'sprop-pps': base64('4401c172b46240'),
};
const aacParameters = {
  mode: 'AAC-hbr',
  config: '1188',
  sizelength: '13',
  indexlength: '3',
  indexdeltalength: '3',
};
const latmParameters = { cpresent: '0', config: '40002310' };

type Codec = readonly [name: string, kind: 'video' | 'audio', format: PayloadFormat, packets: () => Buffer[]];

const codecs: readonly Codec[] = [
  ['H.264', 'video', format('H264', 90_000, h264Sets), h264Packets],
  ['H.265', 'video', format('H265', 90_000, h265Sets), h265Packets],
  ['MJPEG', 'video', format('JPEG', 90_000), jpegPackets],
  ['AAC', 'audio', format('MPEG4-GENERIC', 48_000, aacParameters), aacPackets],
  ['AAC in LATM', 'audio', format('MP4A-LATM', 48_000, latmParameters), latmPackets],
  ['G.711', 'audio', format('PCMU', 8000), () => soundOf(codedBytes(320, 1), 320)],
  ['G.722', 'audio', format('G722', 8000), () => soundOf(codedBytes(160, 1), 160)],
  ['G.726', 'audio', format('G726-32', 8000), () => soundOf(codedBytes(160, 1), 320)],
  ['L16', 'audio', format('L16', 16_000), () => soundOf(codedBytes(640, 1), 320)],
  ['Opus', 'audio', format('OPUS', 48_000, {}, 2), opusPackets],
];

/** All packets one behind the other, as in the buffer of a socket. */
interface Stream {
  readonly bytes: Buffer;
  readonly starts: readonly number[];
  readonly payloadBytes: number;
}

function makeStream(packets: readonly Buffer[]): Stream {
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

function depacketize({ bytes, starts }: Stream, kind: 'video' | 'audio', described: PayloadFormat): number {
  const pool = new ChunkPool();
  const depacketizer = createDepacketizer(kind, described, pool);
  const { clockRate } = described;
  const receiver = new RtpReceiver({ payloadType, clockRate, reporterSsrc: 2, canonicalName: 'bench' });
  let out = 0;
  const take = () => {
    for (let unit = depacketizer.next(); unit; unit = depacketizer.next()) {
      if (unit.kind === 'damage') throw new Error(unit.reason);
      out += unit.bytes.end - unit.bytes.start;
      pool.release(unit.bytes);
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
  return out;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

function timed(work: () => number, least: number): number {
  const start = systemClock.monotonic();
  const result = work();
  const elapsed = systemClock.monotonic() - start;
  if (result < least) throw new Error(`${result} bytes instead of ${least}`);
  return elapsed;
}

function measure([name, kind, described, packetsOf]: Codec, target: Buffer): string {
  const refused = whyUnsupported(kind, described);
  if (refused !== undefined) return `${name.padEnd(12)}  ${refused}`;
  sequenceNumber = 0;
  const stream = makeStream(packetsOf());
  const copies: number[] = [];
  const ways: number[] = [];
  // Headers of packets are left out, and nothing else.
  const leastBytes = stream.payloadBytes * 0.97;
  for (let round = -warmUpRounds; round < rounds; round++) {
    const copyMs = timed(() => copyOnly(stream, target), stream.payloadBytes);
    const wayMs = timed(() => depacketize(stream, kind, described), leastBytes);
    if (round < 0) continue;
    copies.push(copyMs);
    ways.push(wayMs);
  }
  const packets = stream.starts.length - 1;
  const [copyMs, wayMs] = [median(copies), median(ways)];
  const rate = (elapsedMs: number) =>
    `${Math.round(stream.payloadBytes / 1000 / elapsedMs)} MB/s`.padStart(10);
  const ratio = (wayMs / copyMs).toFixed(1).padStart(5);
  const each = `${((wayMs * 1e6) / packets).toFixed(0)} ns`.padStart(8);
  return `${name.padEnd(12)}${rate(wayMs)}  ${ratio} times a copy at${rate(copyMs)}  ${each} a packet of ${Math.round(stream.payloadBytes / packets)} bytes`;
}

const target = Buffer.alloc(512 * 1024);
for (const codec of codecs) console.log(measure(codec, target));
