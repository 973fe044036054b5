import type { Faults } from './faults.ts';
import { type PreparedTrack, type PreparedUnit, packetCount, ticksOfUnit } from './prepared_clip.ts';

/** RFC 3550 section 6.2 recommends a minimum of 5 s. */
const reportIntervalMs = 5000;

export type SendStep =
  | {
      readonly kind: 'unit';
      /** Index among the media of the plan. */
      readonly medium: number;
      readonly unit: PreparedUnit;
      /** Of what it shows, since the first unit of the medium. */
      readonly mediaSeconds: number;
      readonly sequenceNumber: number;
      readonly rtpTimestamp: number;
      readonly ssrc: number;
      /** How many of its packets are sent, from the first on. */
      readonly packets: number;
      /** Indices of packets that are left out all the same. */
      readonly omitted: ReadonlySet<number> | undefined;
      /** Half of the packet behind the last one is sent too. */
      readonly cut: boolean;
      /** Not part of the stream: another sender's packet. */
      readonly foreign: boolean;
    }
  | {
      readonly kind: 'report';
      readonly medium: number;
      readonly ssrc: number;
      readonly rtpTimestamp: number;
      readonly packets: number;
      readonly octets: number;
    }
  | { readonly kind: 'rubbish'; readonly bytes: number }
  | { readonly kind: 'goodbye'; readonly medium: number; readonly ssrc: number }
  | { readonly kind: 'close' };

export interface PlannedMedium {
  readonly track: PreparedTrack;
  readonly ssrc: number;
  /** 0 to 65,535. */
  readonly firstSequenceNumber: number;
  /** 0 to 2^32 - 1. */
  readonly firstRtpTimestamp: number;
  /** The unit of the track that this session begins with. */
  readonly firstUnit: number;
}

export interface SendPlanOptions {
  /** The first is the one that `framesOf…` count; usually video. */
  readonly media: readonly PlannedMedium[];
  /** Instant of PLAY, on the same clock as all others that the plan is given. */
  readonly startMs: number;
  readonly finiteFrames?: number | undefined;
  readonly atEnd: 'close' | 'bye' | 'wait';
  readonly burstFrames: number;
  /** How fast time passes in what is sent, and how fast that is sent; 1 each unless given. */
  readonly scale?: number | undefined;
  readonly speed?: number | undefined;
  readonly faults: Faults;
  /** What the first medium shows after a change of parameters: of the same length and rate. */
  readonly changedTrack?: PreparedTrack | undefined;
}

interface Medium extends PlannedMedium {
  /** Units of which it was decided, since the first. */
  decided: number;
  sequenceNumber: number;
  packets: number;
  octets: number;
}

/** Decides what one session sends when: no sockets, no timers, the same answer for the same instants. */
export class SendPlan {
  readonly #options: SendPlanOptions;
  readonly #media: readonly Medium[];
  readonly #queue: SendStep[] = [];
  #startMs: number;
  #nextReportMs: number;
  #packets = 0;
  #changed = false;
  #ended = false;

  constructor(options: SendPlanOptions) {
    this.#options = options;
    this.#startMs = options.startMs;
    this.#nextReportMs = options.startMs;
    this.#media = options.media.map((medium) => ({
      ...medium,
      decided: 0,
      sequenceNumber: medium.firstSequenceNumber,
      packets: 0,
      octets: 0,
    }));
    this.#ended = options.faults.silentAfterPlay === true;
  }

  /** The first packet that each medium sends next, for RTP-Info. */
  firstPackets(): { sequenceNumber: number; rtpTimestamp: number }[] {
    return this.#media.map((medium) => ({
      sequenceNumber: medium.sequenceNumber,
      rtpTimestamp: this.#rtpTimestamp(medium, medium.decided),
    }));
  }

  /** Where in its track the first medium begins. */
  get firstSeconds(): number {
    const first = this.#media[0];
    return first ? this.#mediaSeconds(first, first.firstUnit) : 0;
  }

  /** How much of the first medium was decided, in seconds of what it shows. */
  get playedSeconds(): number {
    const first = this.#media[0];
    return first ? this.#mediaSeconds(first, first.decided) : 0;
  }

  /** Moves everything that is still to come, as after a pause. */
  delay(milliseconds: number): void {
    this.#startMs += milliseconds;
    this.#nextReportMs += milliseconds;
  }

  /** The next step that is due at this instant; undefined when there is none. To be asked until then. */
  next(nowMs: number): SendStep | undefined {
    for (;;) {
      const queued = this.#queue.shift();
      if (queued) return queued;
      if (this.#ended) return undefined;
      if (nowMs >= this.#nextReportMs && this.#media.some((medium) => medium.packets > 0)) {
        this.#nextReportMs = nowMs + reportIntervalMs;
        for (const index of this.#media.keys()) this.#queueReport(index, nowMs);
        continue;
      }
      const index = this.#earliest();
      const medium = this.#media[index];
      if (!medium || this.#dueMs(medium, medium.decided) > nowMs) return undefined;
      this.#decide(index, medium);
    }
  }

  #decide(index: number, medium: Medium): void {
    const { faults, finiteFrames } = this.#options;
    const number = medium.decided;
    if (index === 0 && number === finiteFrames) return this.#end();
    medium.decided++;
    const unit = this.#unit(index, medium, number);
    if (index === 0) {
      if (faults.noKeyFrames && unit.keyFrame) return;
      if (faults.rubbish && number % faults.rubbish.everyFrames === faults.rubbish.everyFrames - 1) {
        this.#queue.push({ kind: 'rubbish', bytes: faults.rubbish.bytes });
      }
      if (faults.foreignPacketEveryFrames && number % faults.foreignPacketEveryFrames === 0) {
        this.#queueForeign(medium, unit);
      }
    }
    if (this.#isLostInStall(medium, number)) return;
    this.#queueUnit(index, medium, unit, number);
  }

  #queueUnit(index: number, medium: Medium, unit: PreparedUnit, number: number): void {
    const { dropEveryNthPacket, closeAfterPackets, cutAfterPackets } = this.#options.faults;
    const count = packetCount(unit);
    const before = this.#packets;
    this.#packets += count;
    const untilClose = (closeAfterPackets ?? Number.POSITIVE_INFINITY) - before;
    const untilCut = (cutAfterPackets ?? Number.POSITIVE_INFINITY) - before;
    const cut = untilCut < count && untilCut < untilClose;
    const ends = cut || untilClose <= count;
    const omitted = this.#isDamaged(medium, number)
      ? new Set([count - 1])
      : dropEveryNthPacket === undefined
        ? undefined
        : everyNth(before, count, dropEveryNthPacket);
    this.#queue.push({
      kind: 'unit',
      medium: index,
      unit,
      mediaSeconds: this.#mediaSeconds(medium, number),
      sequenceNumber: medium.sequenceNumber,
      rtpTimestamp: this.#rtpTimestamp(medium, number),
      ssrc: medium.ssrc,
      packets: Math.max(0, Math.min(count, untilClose, untilCut)),
      omitted,
      cut,
      foreign: false,
    });
    medium.sequenceNumber = (medium.sequenceNumber + count) & 0xffff;
    medium.packets += count;
    medium.octets += unit.bytes.length - count * 16;
    if (ends) {
      this.#queue.push({ kind: 'close' });
      this.#ended = true;
    }
  }

  #queueForeign(medium: Medium, unit: PreparedUnit): void {
    this.#queue.push({
      kind: 'unit',
      medium: 0,
      unit,
      mediaSeconds: 0,
      sequenceNumber: (medium.sequenceNumber + 30_000) & 0xffff,
      rtpTimestamp: (medium.firstRtpTimestamp ^ 0x5a5a5a5a) >>> 0,
      ssrc: (medium.ssrc ^ 0x5a5a5a5a) >>> 0,
      packets: 1,
      omitted: undefined,
      cut: false,
      foreign: true,
    });
  }

  #queueReport(index: number, nowMs: number): void {
    const medium = this.#media[index]!;
    const mediaSeconds = ((nowMs - this.#startMs) / 1000) * (this.#options.speed ?? 1) + this.#burstSeconds();
    const ticks = Math.round(mediaSeconds * medium.track.clockRate);
    const { ssrc, packets, octets } = medium;
    const rtpTimestamp = (medium.firstRtpTimestamp + ticks) >>> 0;
    this.#queue.push({ kind: 'report', medium: index, ssrc, rtpTimestamp, packets, octets });
  }

  #end(): void {
    this.#ended = true;
    if (this.#options.atEnd === 'wait') return;
    for (const [medium, { ssrc }] of this.#media.entries())
      this.#queue.push({ kind: 'goodbye', medium, ssrc });
    if (this.#options.atEnd === 'close') this.#queue.push({ kind: 'close' });
  }

  /** Which medium's next unit comes first in media time, which is the order of sending; -1 without any. */
  #earliest(): number {
    let earliest = -1;
    let earliestSeconds = Number.POSITIVE_INFINITY;
    for (const [index, medium] of this.#media.entries()) {
      const seconds = this.#mediaSeconds(medium, medium.decided);
      if (seconds >= earliestSeconds) continue;
      earliestSeconds = seconds;
      earliest = index;
    }
    return earliest;
  }

  #unit(index: number, medium: Medium, number: number): PreparedUnit {
    const { changedTrack, faults } = this.#options;
    const at = (medium.firstUnit + number) % medium.track.units.length;
    if (index === 0 && changedTrack && faults.parameterChangeAtFrame !== undefined) {
      const unit = changedTrack.units[at % changedTrack.units.length]!;
      this.#changed ||= number >= faults.parameterChangeAtFrame && unit.keyFrame;
      if (this.#changed) return unit;
    }
    return medium.track.units[at]!;
  }

  #mediaSeconds(medium: Medium, number: number): number {
    const { count, seconds } = medium.track.unitsPerSecond;
    return (number * seconds) / count;
  }

  #burstSeconds(): number {
    const first = this.#media[0];
    return first ? this.#mediaSeconds(first, this.#options.burstFrames) : 0;
  }

  /** When a unit would be sent but for the stall. */
  #plannedMs(mediaSeconds: number): number {
    const drift = 1 + (this.#options.faults.driftPpm ?? 0) / 1_000_000;
    const rate = (this.#options.scale ?? 1) * (this.#options.speed ?? 1);
    return this.#startMs + (Math.max(0, mediaSeconds - this.#burstSeconds()) * 1000 * drift) / rate;
  }

  #while({ atFrame, seconds }: { atFrame: number; seconds: number }): { fromMs: number; toMs: number } {
    const fromMs = this.#plannedMs(this.#mediaSeconds(this.#media[0]!, atFrame));
    return { fromMs, toMs: fromMs + seconds * 1000 };
  }

  /** The stall, as far as it is the medium's. */
  #stallOf(medium: Medium): { fromMs: number; toMs: number } | undefined {
    const { stall } = this.#options.faults;
    return stall && (medium === this.#media[0] || !stall.pictureOnly) ? this.#while(stall) : undefined;
  }

  #dueMs(medium: Medium, number: number): number {
    const plannedMs = this.#plannedMs(this.#mediaSeconds(medium, number));
    // What will be lost is not waited for: nothing else of the camera is held up by it.
    const stall = this.#options.faults.stall?.lose ? undefined : this.#stallOf(medium);
    return stall && plannedMs >= stall.fromMs ? Math.max(plannedMs, stall.toMs) : plannedMs;
  }

  #isLostInStall(medium: Medium, number: number): boolean {
    const stall = this.#options.faults.stall?.lose ? this.#stallOf(medium) : undefined;
    return stall !== undefined && this.#isWithin(stall, medium, number);
  }

  #isDamaged(medium: Medium, number: number): boolean {
    const { damage } = this.#options.faults;
    return (
      damage !== undefined && medium === this.#media[0] && this.#isWithin(this.#while(damage), medium, number)
    );
  }

  #isWithin(time: { fromMs: number; toMs: number }, medium: Medium, number: number): boolean {
    const plannedMs = this.#plannedMs(this.#mediaSeconds(medium, number));
    return plannedMs >= time.fromMs && plannedMs < time.toMs;
  }

  #rtpTimestamp(medium: Medium, number: number): number {
    const { timestampJump } = this.#options.faults;
    const first = this.#media[0]!;
    const jumped =
      timestampJump !== undefined &&
      this.#mediaSeconds(medium, number) >= this.#mediaSeconds(first, timestampJump.atFrame);
    const jump = jumped ? Math.round(timestampJump.seconds * medium.track.clockRate) : 0;
    const ticks = Math.round(ticksOfUnit(medium.track, number) / (this.#options.scale ?? 1));
    return ((medium.firstRtpTimestamp + ticks + jump) % 2 ** 32) >>> 0;
  }
}

function everyNth(before: number, count: number, nth: number): ReadonlySet<number> {
  const omitted = new Set<number>();
  for (let index = 0; index < count; index++) if ((before + index + 1) % nth === 0) omitted.add(index);
  return omitted;
}
