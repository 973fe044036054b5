/**
 * A camera whose every connection goes wrong in another way, and that knows of each picture whether all of it was sent.
 * Pictures have numbers in their bytes and decode to nothing: whoever judges compares bytes.
 */
import { createHash } from 'node:crypto';
import type { Clock, Timer } from '../../src/clock/clock.ts';
import { H264Packetizer } from '../../src/rtp/h264_packetizer.ts';
import { defaultAuthentication } from '../../src/rtsp/server_authentication.ts';
import type {
  PlaybackRequest,
  Playing,
  ServerPlayback,
  ServerResource,
} from '../../src/rtsp/server_resource.ts';
import { rubbishBytes } from '../../src/simulator/faults.ts';
import { goodbye } from '../../src/simulator/rtcp.ts';
import { rtpTimestamp } from '../../src/units/time.ts';
import { between, type ConnectionPlan, type Fault, uniform } from './fault_plan.ts';

const frameMs = 40;
const frameTicks = 3_600;
const payloadType = 96;
/** The receiver takes another SSRC for a stranger until its own has been silent for a second. */
const strangerMs = 1_200;
/** What was sent so shortly before the end may not have been read. */
const unreadMs = 1_500;

/** What became of a picture on the side of the camera. */
export interface SentPicture {
  /** MD5 of the bytes that a file has of it. */
  readonly hash: string;
  readonly keyFrame: boolean;
  /** When it would have been sent but for a stall: its place on the time line. */
  readonly takenMs: number;
  readonly sentMs: number;
  /** `whole`: it must be in a file, if a key frame came before it; `maybe`: it may be; `broken`: it must not be. */
  fate: 'whole' | 'maybe' | 'broken';
  /** Why `maybe`. */
  why?: string;
}

export interface Connection {
  readonly number: number;
  readonly plan: ConnectionPlan;
  readonly startedMs: number;
  endedMs: number | undefined;
  readonly pictures: SentPicture[];
}

/** Sequence and picture parameter sets of two formats. */
export type ParameterSets = readonly [first: readonly Uint8Array[], second: readonly Uint8Array[]];

export class TortureCamera implements ServerResource {
  readonly path: string;
  readonly credentials = undefined;
  readonly authentication = defaultAuthentication;
  readonly transports;
  readonly controls = ['trackID=0'];
  readonly description: string;
  readonly connections: Connection[] = [];
  readonly #clock: Clock;
  readonly #parameterSets: ParameterSets;
  readonly #plans: readonly ConnectionPlan[];
  readonly #number: number;

  constructor(options: {
    number: number;
    transport: 'tcp' | 'udp';
    plans: readonly ConnectionPlan[];
    parameterSets: ParameterSets;
    clock: Clock;
  }) {
    this.#number = options.number;
    this.path = `torture-${options.number}`;
    this.transports = [options.transport] as const;
    this.#clock = options.clock;
    this.#parameterSets = options.parameterSets;
    this.#plans = options.plans;
    const sets = options.parameterSets[0].map((set) => Buffer.from(set).toString('base64')).join(',');
    this.description = [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=Torture',
      't=0 0',
      `m=video 0 RTP/AVP ${payloadType}`,
      `a=rtpmap:${payloadType} H264/90000`,
      `a=fmtp:${payloadType} packetization-mode=1;sprop-parameter-sets=${sets}`,
      'a=control:trackID=0',
      '',
    ].join('\r\n');
  }

  /** All connections were made and have ended. */
  get isDone(): boolean {
    const ended = this.connections.filter(({ endedMs }) => endedMs !== undefined);
    return ended.length >= this.#plans.length;
  }

  announcedSsrc(): undefined {}

  open(request: PlaybackRequest): ServerPlayback {
    const number = this.connections.length;
    const plan = this.#plans[number]!;
    const startedMs = this.#clock.now();
    const connection: Connection = { number, plan, startedMs, endedMs: undefined, pictures: [] };
    this.connections.push(connection);
    return new TorturePlayback({
      request,
      connection,
      clock: this.#clock,
      parameterSets: this.#parameterSets,
      name: `${this.#number}/${number}`,
      seed: this.#number * 10_000 + number,
    });
  }
}

class TorturePlayback implements ServerPlayback {
  readonly #request: PlaybackRequest;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #parameterSets: ParameterSets;
  readonly #name: string;
  readonly #random: () => number;
  readonly #startMs: number;
  #timer: Timer | undefined;
  #packetizer: H264Packetizer;
  #ssrc = 1;
  #next = 0;
  #ticksOffset: number;
  #format = 0;
  #strangerUntilMs = 0;
  /** Until the next picture is whole in itself, whatever came before it. */
  #maybeNext: string | undefined;
  #maybeUntilKey: string | undefined;

  constructor(options: {
    request: PlaybackRequest;
    connection: Connection;
    clock: Clock;
    parameterSets: ParameterSets;
    name: string;
    seed: number;
  }) {
    this.#request = options.request;
    this.#connection = options.connection;
    this.#clock = options.clock;
    this.#parameterSets = options.parameterSets;
    this.#name = options.name;
    this.#random = uniform(options.seed);
    this.#startMs = options.clock.monotonic();
    this.#ticksOffset = this.#plan.firstRtpTimestamp;
    this.#packetizer = this.#newPacketizer(this.#plan.firstSequenceNumber);
  }

  get #plan(): ConnectionPlan {
    return this.#connection.plan;
  }

  play(): Playing {
    this.#timer ??= this.#clock.every(10, () => this.#sendDue());
    const { firstSequenceNumber: sequenceNumber, firstRtpTimestamp } = this.#plan;
    const first = new Map([[0, { sequenceNumber, rtpTimestamp: firstRtpTimestamp }]]);
    return { first, range: { unit: 'npt', start: 'now' } };
  }

  pause(): void {}

  close(): void {
    this.#timer?.cancel();
    this.#connection.endedMs ??= this.#clock.now();
  }

  #sendDue(): void {
    const due = Math.floor((this.#clock.monotonic() - this.#startMs) / frameMs);
    const stall = this.#stallAt(due);
    if (stall) return;
    while (this.#next <= due && this.#next < this.#plan.pictures) this.#send(this.#next++);
    if (this.#next >= this.#plan.pictures) this.#end();
  }

  #stallAt(picture: number): Fault | undefined {
    return this.#plan.faults.find(
      (fault) =>
        fault.kind === 'stall' &&
        picture >= fault.atPicture &&
        picture < Math.min(this.#plan.pictures, fault.atPicture + fault.pictures),
    );
  }

  #send(index: number): void {
    for (const fault of this.#plan.faults) if (fault.atPicture === index) this.#begin(fault);
    const keyFrame = index % this.#plan.gop === 0;
    if (keyFrame && this.#next > 0) this.#maybeUntilKey = undefined;
    const sets = keyFrame ? this.#parameterSets[this.#format]! : [];
    const slices = this.#slices(index, keyFrame);
    const ticks = rtpTimestamp((index * frameTicks + this.#ticksOffset) % 2 ** 32);
    const packets = this.#packetizer.packetize([...sets, ...slices], ticks);
    const stall = this.#stallAt(index);
    const neverSent = stall?.kind === 'stall' && stall.lose;
    const lost = packets.map(() => neverSent || this.#random() < this.#share('loss', index));
    const sent = this.#shuffled(
      packets.filter((_, at) => !lost[at]),
      index,
    );
    const outcome = sent.length > 0 ? this.#request.output.send(framed(sent, this.#channel)) : 'sent';
    const failed = outcome === 'refused' || outcome === 'gone';
    const sample = Buffer.concat(slices.flatMap((slice) => [u32(slice.length), slice]));
    const picture: SentPicture = {
      hash: createHash('md5').update(sample).digest('hex'),
      keyFrame,
      takenMs: this.#connection.startedMs + index * frameMs,
      sentMs: this.#clock.now(),
      fate: failed || lost.includes(true) ? 'broken' : 'whole',
    };
    // Packets of parameter sets may be missing where the picture itself is whole.
    const isSetPacket = (packet: Buffer) => [7, 8].includes(packet[12]! & 0x1f);
    if (
      picture.fate === 'broken' &&
      !failed &&
      packets.every((packet, at) => !lost[at] || isSetPacket(packet))
    ) {
      doubt(picture, 'its parameter sets were lost');
    }
    if (this.#clock.monotonic() < this.#strangerUntilMs) doubt(picture, 'another SSRC');
    if (this.#maybeUntilKey) doubt(picture, this.#maybeUntilKey);
    if (this.#maybeNext) doubt(picture, this.#maybeNext);
    this.#maybeNext = undefined;
    this.#connection.pictures.push(picture);
  }

  #begin(fault: Fault): void {
    switch (fault.kind) {
      case 'garbage':
        this.#request.output.send(rubbishBytes(fault.bytes));
        this.#maybeNext = 'behind garbage';
        return;
      case 'sequence jump':
        this.#packetizer = this.#newPacketizer((this.#packetizer.sequenceNumber + fault.by) & 0xffff);
        return;
      case 'SSRC change':
        this.#ssrc++;
        this.#packetizer = this.#newPacketizer(this.#packetizer.sequenceNumber);
        this.#strangerUntilMs = this.#clock.monotonic() + strangerMs;
        return;
      case 'time stamp jump':
        this.#ticksOffset = (this.#ticksOffset + fault.seconds * 90_000 + 2 ** 40) % 2 ** 32;
        return;
      case 'parameter change':
        // It comes with the next key frame.
        this.#format = 1 - this.#format;
        return;
      default:
    }
  }

  /** Slices with the picture's name in them, and without anything that looks like a start code. */
  #slices(index: number, keyFrame: boolean): Buffer[] {
    const { slices, sliceBytes } = this.#plan;
    return Array.from({ length: slices }, (_, slice) => {
      const bytes = Buffer.alloc(40 + between(this.#random, 0, sliceBytes), 0x5a);
      bytes[0] = keyFrame ? 0x65 : 0x41;
      // first_mb_in_slice, slice_type and pic_parameter_set_id (ISO/IEC 14496-10 section 7.3.3).
      bytes[1] = slice === 0 ? (keyFrame ? 0x88 : 0x9a) : 0x44;
      bytes[2] = 0x84;
      bytes.write(`${this.#name} picture ${index} slice ${slice}`, 3, 'latin1');
      for (let at = 40; at < bytes.length; at++) bytes[at] = between(this.#random, 1, 255);
      return bytes;
    });
  }

  #share(kind: 'loss' | 'reorder' | 'duplicate', index: number): number {
    const fault = this.#plan.faults.find((each) => {
      return each.kind === kind && index >= each.atPicture && index < each.atPicture + each.pictures;
    });
    return fault && 'share' in fault ? fault.share : 0;
  }

  #shuffled(packets: readonly Buffer[], index: number): Buffer[] {
    const twice = packets.flatMap((packet) => {
      return this.#random() < this.#share('duplicate', index) ? [packet, packet] : [packet];
    });
    for (let at = 1; at < twice.length; at++) {
      if (this.#random() >= this.#share('reorder', index)) continue;
      [twice[at - 1], twice[at]] = [twice[at]!, twice[at - 1]!];
    }
    return twice;
  }

  #end(): void {
    this.#timer?.cancel();
    const { ending } = this.#plan;
    const { output } = this.#request;
    this.#connection.endedMs ??= this.#clock.now();
    if (ending === 'silence') return;
    if (ending === 'goodbye') return void output.send(goodbye(this.#channel + 1, this.#ssrc));
    if (ending === 'cut') {
      const [packet] = this.#packetizer.packetize([Buffer.alloc(200, 0x41)], rtpTimestamp(0));
      output.send(framed([packet!], this.#channel).subarray(0, 77));
    }
    // By UDP the end of the connection overtakes packets that were not read yet.
    if (ending === 'reset' || this.#request.transport === 'udp') {
      const sinceMs = this.#clock.now() - unreadMs;
      for (const picture of this.#connection.pictures) {
        if (picture.sentMs >= sinceMs) doubt(picture, 'shortly before a reset, or an end by UDP');
      }
    }
    output.close(ending === 'reset' ? 'reset' : 'flush');
  }

  get #channel(): number {
    return this.#request.channels.get(0)!.rtp;
  }

  #newPacketizer(firstSequenceNumber: number): H264Packetizer {
    const { maxPayloadBytes } = this.#plan;
    return new H264Packetizer({ payloadType, ssrc: this.#ssrc, maxPayloadBytes, firstSequenceNumber });
  }
}

function doubt(picture: SentPicture, why: string): void {
  if (picture.fate === 'broken' && why !== 'its parameter sets were lost') return;
  picture.fate = 'maybe';
  picture.why = why;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function framed(packets: readonly Buffer[], channel: number): Buffer {
  return Buffer.concat(
    packets.flatMap((packet) => [
      Buffer.from([0x24, channel, packet.length >> 8, packet.length & 0xff]),
      packet,
    ]),
  );
}
