import type { Clock } from '../clock/clock.ts';
import type {
  FirstPacket,
  InterleavedChannels,
  ServerOutput,
  ServerPlayback,
} from '../rtsp/server_resource.ts';
import type { CameraCounters } from './camera.ts';
import { rubbishBytes } from './faults.ts';
import { writePacket } from './prepared_clip.ts';
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
  /** Made at the first PLAY. */
  readonly plan: (startMs: number) => SendPlan;
  /** In the order of the plan's media. */
  readonly media: readonly { readonly index: number; readonly channels: InterleavedChannels }[];
  /** Whether the first packets go out before the reply to PLAY. */
  readonly early: boolean;
}

type UnitStep = Extract<SendStep, { kind: 'unit' }>;

/** One session's playing: carries out what its plan decides. */
export class CameraPlayback implements ServerPlayback {
  readonly #options: CameraPlaybackOptions;
  #plan: SendPlan | undefined;
  #pausedMs: number | undefined;
  #playing = false;

  constructor(options: CameraPlaybackOptions) {
    this.#options = options;
  }

  play(): ReadonlyMap<number, FirstPacket> {
    const { clock, counters, media, plan, wheel, early } = this.#options;
    const now = clock.monotonic();
    if (!this.#plan) {
      this.#plan = plan(now);
      counters.sessions++;
    } else if (this.#pausedMs !== undefined) {
      this.#plan.delay(now - this.#pausedMs);
    }
    this.#pausedMs = undefined;
    const first = this.#plan.firstPackets();
    if (!this.#playing) {
      this.#playing = true;
      counters.playing++;
      wheel.add(this);
    }
    if (early) this.send(now);
    return new Map(media.map((medium, position) => [medium.index, first[position]!]));
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
      if (!step) return;
      this.#carryOut(step);
    }
  }

  #stop(): void {
    if (!this.#playing) return;
    this.#playing = false;
    this.#options.counters.playing--;
    this.#options.wheel.remove(this);
  }

  #carryOut(step: SendStep): void {
    const { clock, output, media } = this.#options;
    switch (step.kind) {
      case 'unit':
        return this.#sendUnit(step);
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

  #sendUnit(step: UnitStep): void {
    const { buffer, output, media, counters } = this.#options;
    const { unit } = step;
    const target = buffer.take(unit.bytes.length);
    const identity = {
      channel: media[step.medium]!.channels.rtp,
      sequenceNumber: step.sequenceNumber,
      rtpTimestamp: step.rtpTimestamp,
      ssrc: step.ssrc,
    };
    let end = 0;
    let packets = 0;
    for (let index = 0; index < step.packets; index++) {
      if (step.omitted?.has(index)) continue;
      end = writePacket(unit, index, identity, target, end);
      packets++;
    }
    if (step.cut) end += (writePacket(unit, step.packets, identity, target, end) - end) >> 1;
    const outcome = output.send(target.subarray(0, end));
    if (outcome === 'kept') buffer.giveAway();
    if (step.foreign || outcome === 'gone') return;
    if (outcome === 'refused') {
      counters.unitsRefused++;
      return;
    }
    counters.packetsSent += packets;
    counters.bytesSent += end;
    const whole = packets === unit.starts.length - 1;
    if (whole && step.medium === 0) counters.framesSent++;
    else if (whole) counters.audioFramesSent++;
  }
}
