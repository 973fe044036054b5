import type { Clock } from '../clock/clock.ts';
import type { Range } from '../rtsp/range.ts';
import type {
  InterleavedChannels,
  Playing,
  PlayRequest,
  SendOutcome,
  ServerOutput,
  ServerPlayback,
} from '../rtsp/server_resource.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import { type Archive, type ArchivePart, partOf, rangeOf } from './archive.ts';
import type { CameraCounters } from './camera.ts';
import { rubbishBytes } from './faults.ts';
import { type PreparedTrack, replayExtensionBytes, writePacket } from './prepared_clip.ts';
import { goodbye, senderReport } from './rtcp.ts';
import type { SendBuffer } from './send_buffer.ts';
import type { SendPlan, SendStep } from './send_plan.ts';
import type { SendWheel } from './send_wheel.ts';

export interface CameraPlaybackOptions {
  readonly clock: Clock;
  readonly output: ServerOutput;
  readonly wheel: SendWheel;
  readonly buffer: SendBuffer;
  readonly counters: CameraCounters;
  /** Made at the first PLAY, and for each other part that is asked for. */
  readonly plan: (begin: PlanBegin) => SendPlan;
  /** What was recorded, when that is played. */
  readonly archive: Archive | undefined;
  /** In the order of the plan's media. */
  readonly media: readonly {
    readonly index: number;
    readonly channels: InterleavedChannels;
    readonly kind: PreparedTrack['kind'];
  }[];
  /** Whether the first packets go out before the reply to PLAY. */
  readonly early: boolean;
  /** Over how long the packets of a picture are spread; 0: a picture is one write. */
  readonly spreadMs: number;
}

/** How much faster than it was recorded a memory card is read. */
const cardSpeed = 16;

export interface PlanBegin {
  readonly startMs: number;
  /** Of the archive; undefined: what the camera sees, without end. */
  readonly part?: ArchivePart;
  readonly scale?: number | undefined;
  readonly speed?: number | undefined;
  /** Where the sequence numbers of each medium go on; anywhere when not given. */
  readonly sequenceNumbers?: readonly number[];
}

const sentOf = {
  video: 'framesSent',
  audio: 'audioFramesSent',
  metadata: 'metadataDocumentsSent',
} as const;

type UnitStep = Extract<SendStep, { kind: 'unit' }>;

/** One session's playing: carries out what its plan decides. */
export class CameraPlayback implements ServerPlayback {
  readonly #options: CameraPlaybackOptions;
  #plan: SendPlan | undefined;
  #part: ArchivePart | undefined;
  #unit: Range['unit'] = 'npt';
  #replay = false;
  #scale = 1;
  #speed = 1;
  #pausedMs: number | undefined;
  #playing = false;
  /** Packets that wait for their turn when pictures are spread. */
  readonly #line: { packet: Buffer; dueMs: number }[] = [];

  constructor(options: CameraPlaybackOptions) {
    this.#options = options;
  }

  play(request: PlayRequest): Playing | undefined {
    const { clock, counters, media, archive, wheel, early } = this.#options;
    const now = clock.monotonic();
    if (!this.#plan) counters.sessions++;
    if (archive && (request.range || !this.#plan)) {
      if (!this.#seek(archive, request, now)) return undefined;
    } else if (!this.#plan) {
      this.#plan = this.#options.plan({ startMs: now });
    } else if (this.#pausedMs !== undefined) {
      this.#plan.delay(now - this.#pausedMs);
    }
    const plan = this.#plan!;
    this.#pausedMs = undefined;
    const first = plan.firstPackets();
    if (!this.#playing) {
      this.#playing = true;
      counters.playing++;
      wheel.add(this);
    }
    const range = this.#range(archive);
    if (early) this.send(now);
    return {
      first: new Map(media.map((medium, position) => [medium.index, first[position]!])),
      range,
      ...(request.scale !== undefined && { scale: this.#scale }),
      ...(request.speed !== undefined && { speed: this.#speed }),
    };
  }

  /** False when there is nothing in that range. */
  #seek(archive: Archive, request: PlayRequest, startMs: number): boolean {
    const { range, scale = 1, speed = request.unlimited ? cardSpeed : 1 } = request;
    const part = partOf(archive, range ?? { unit: 'npt', start: 0 });
    if (!part) return false;
    const sequenceNumbers = this.#plan?.firstPackets().map(({ sequenceNumber }) => sequenceNumber);
    this.#part = part;
    this.#replay = request.replay === true;
    this.#unit = range?.unit ?? 'npt';
    // Nothing is played backwards.
    this.#scale = Math.max(scale, 0) || 1;
    this.#speed = Math.max(speed, 0) || 1;
    this.#plan = this.#options.plan({
      startMs,
      part,
      scale: this.#scale,
      speed: this.#speed,
      ...(sequenceNumbers && { sequenceNumbers }),
    });
    return true;
  }

  /** What is played from now on: behind a pause the rest. */
  #range(archive: Archive | undefined): Range {
    if (!archive || !this.#part) return { unit: 'npt', start: 'now' };
    const from = this.#plan!.firstSeconds + this.#plan!.playedSeconds;
    return rangeOf(archive, { from, to: this.#part.to }, this.#unit);
  }

  pause(): void {
    if (this.#playing) this.#pausedMs = this.#options.clock.monotonic();
    this.#stop();
  }

  close(): void {
    this.#stop();
  }

  /** Sends all that is due; called by the wheel. */
  send(nowMs: number): void {
    while (this.#playing) {
      const step = this.#plan?.next(nowMs);
      if (!step) break;
      this.#carryOut(step, nowMs);
    }
    if (this.#line.length > 0) this.#sendLine(nowMs);
  }

  #stop(): void {
    if (!this.#playing) return;
    this.#playing = false;
    this.#options.counters.playing--;
    this.#options.wheel.remove(this);
  }

  #carryOut(step: SendStep, nowMs: number): void {
    // Packets keep their order: what is still in line goes before anything new.
    this.#sendLine(Number.POSITIVE_INFINITY);
    const { clock, output, media } = this.#options;
    switch (step.kind) {
      case 'unit':
        return this.#sendUnit(step, nowMs);
      case 'report': {
        const channel = media[step.medium]!.channels.rtcp;
        output.send(senderReport({ ...step, channel, wallMs: clock.now() }));
        return;
      }
      case 'rubbish':
        output.send(rubbishBytes(step.bytes));
        return;
      case 'goodbye':
        output.send(goodbye(media[step.medium]!.channels.rtcp, step.ssrc));
        return;
      case 'close':
        this.#stop();
        output.close('flush');
    }
  }

  /** Puts packets in line, each to be a write of its own. The first goes at once, the last before the next picture. */
  #spread(bytes: Buffer, ends: readonly number[], nowMs: number): SendOutcome {
    const { spreadMs } = this.#options;
    // The line takes the bytes over: they are sent long after the buffer was used again.
    const copy = Buffer.from(bytes.subarray(0, ends.at(-1)));
    for (const [index, end] of ends.entries()) {
      const packet = copy.subarray(ends[index - 1] ?? 0, end);
      this.#line.push({ packet, dueMs: nowMs + (index * spreadMs) / ends.length });
    }
    return this.#sendLine(nowMs);
  }

  /** Sends the packets in line that are due. */
  #sendLine(nowMs: number): SendOutcome {
    const due = this.#line.findIndex(({ dueMs }) => dueMs > nowMs);
    let worst: SendOutcome = 'sent';
    for (const { packet } of this.#line.splice(0, due < 0 ? this.#line.length : due)) {
      const outcome = this.#options.output.send(packet);
      if (outcome !== 'sent') worst = outcome;
    }
    return worst;
  }

  /** Undefined unless ONVIF's replay was asked for. */
  #recordedMs({ mediaSeconds }: UnitStep): UnixMillis | undefined {
    const { archive } = this.#options;
    if (!archive || !this.#replay) return undefined;
    return unixMillis(Math.round(archive.startMs + (this.#plan!.firstSeconds + mediaSeconds) * 1000));
  }

  #sendUnit(step: UnitStep, nowMs: number): void {
    const { buffer, media, counters } = this.#options;
    const { unit } = step;
    const recordedMs = this.#recordedMs(step);
    const added = recordedMs === undefined ? 0 : step.packets * replayExtensionBytes;
    const target = buffer.take(unit.bytes.length + added);
    const identity = {
      channel: media[step.medium]!.channels.rtp,
      sequenceNumber: step.sequenceNumber,
      rtpTimestamp: step.rtpTimestamp,
      ssrc: step.ssrc,
      recordedMs,
    };
    const ends: number[] = [];
    let end = 0;
    for (let index = 0; index < step.packets; index++) {
      if (step.omitted?.has(index)) continue;
      end = writePacket(unit, index, identity, target, end);
      ends.push(end);
    }
    const packets = ends.length;
    if (step.cut) end += (writePacket(unit, step.packets, identity, target, end) - end) >> 1;
    const spread = this.#options.spreadMs > 0;
    const outcome = spread
      ? this.#spread(target, [...ends.slice(0, -1), end], nowMs)
      : this.#options.output.send(target.subarray(0, end));
    if (outcome === 'kept') buffer.giveAway();
    if (step.foreign || outcome === 'gone') return;
    if (outcome === 'refused') {
      counters.unitsRefused++;
      return;
    }
    counters.packetsSent += packets;
    counters.bytesSent += end;
    if (packets === unit.starts.length - 1) counters[sentOf[media[step.medium]!.kind]]++;
  }
}
