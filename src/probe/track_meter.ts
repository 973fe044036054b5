import { RtpTimeline } from '../rtp/timeline.ts';
import { type RtpTimestamp, ticksToMillis, type UnixMillis } from '../units/time.ts';

/** Seconds that bitrates are counted for; a probe is never so long. */
const maximumSeconds = 3600;
const maximumKeyFrames = 10_000;
/** Time stamps that are compared to find pictures that are not in the order of showing. */
const reorderWindow = 16;

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface TrackFigures {
  /** Pictures, or frames of sound. */
  readonly units: number;
  /** From the first unit to the last, by the camera's time stamps. */
  readonly mediaMs: number;
  readonly bytes: number;
  readonly bitsPerSecond: number;
  /** Of the second with most; the same as the above when no whole second was seen. */
  readonly peakBitsPerSecond: number;
  readonly keyFrames: number;
  /** Undefined when fewer than two key frames came. */
  readonly keyFrameIntervalMs?: Spread;
  /** Between neighbours in the order of showing; undefined when fewer than two came. */
  readonly unitIntervalMs?: Spread;
  /** Pictures that are shown before one that came earlier: B-frames. */
  readonly reorderedUnits: number;
  /** Most pictures that came before one and are shown after it. */
  readonly reorderDepth: number;
  /** Single time stamps that made no sense. */
  readonly strays: number;
  /** Times that the time stamps moved to another time line. */
  readonly timelineBreaks: number;
  /** By how much the first unit was older than the least delayed one: what the camera had kept for us. */
  readonly burstMs: number;
  /** Of the camera's media clock; undefined while it is lost in the jitter. */
  readonly drift?: Drift;
}

export interface Drift {
  /** Parts per million that the camera's clock is fast; negative when it is slow. */
  readonly ppm: number;
  /** How far off that may be. */
  readonly uncertaintyPpm: number;
}

/** Measures the units of one track: what was put together of the packets. */
export class TrackMeter {
  readonly #timescale: number;
  #timeline: RtpTimeline;
  #breaks = 0;
  #straysBefore = 0;
  /** Where the present time line begins, so that breaks do not show as time. */
  #baseMs = 0;
  #units = 0;
  #bytes = 0;
  #latestMs = 0;
  #keyFrames = 0;
  readonly #keyFramesMs: number[] = [];
  readonly #unitsMs: number[] = [];
  readonly #bytesBySecond: number[] = [];
  readonly #recentMs: number[] = [];
  #reordered = 0;
  #reorderDepth = 0;
  readonly #delays: { readonly atMs: number; readonly delayMs: number }[] = [];

  /** @param timescale of the time stamps, Hz */
  constructor(timescale: number) {
    this.#timescale = timescale;
    this.#timeline = new RtpTimeline(timescale);
  }

  get units(): number {
    return this.#units;
  }

  take(unit: {
    readonly rtpTimestamp: RtpTimestamp;
    readonly arrivalMs: UnixMillis;
    readonly bytes: { readonly start: number; readonly end: number };
    readonly keyFrame?: boolean;
  }): void {
    const { rtpTimestamp, arrivalMs, bytes } = unit;
    let place = this.#timeline.place(rtpTimestamp, arrivalMs);
    if (place.kind === 'break') {
      this.#breaks++;
      this.#straysBefore += this.#timeline.strays;
      this.#timeline = new RtpTimeline(this.#timescale);
      this.#baseMs = this.#latestMs;
      this.#recentMs.length = 0;
      this.#delays.length = 0;
      place = this.#timeline.place(rtpTimestamp, arrivalMs);
      if (place.kind === 'break') return;
    }
    const mediaMs = this.#baseMs + ticksToMillis(place.ticks, this.#timescale);
    this.#units++;
    this.#count(mediaMs, bytes.end - bytes.start);
    if (unit.keyFrame) {
      this.#keyFrames++;
      if (this.#keyFramesMs.length < maximumKeyFrames) this.#keyFramesMs.push(mediaMs);
    }
    if (place.kind === 'stray') return;
    this.#noteOrder(mediaMs);
    if (this.#delays.length < maximumSeconds * 100) {
      this.#delays.push({ atMs: arrivalMs, delayMs: arrivalMs - mediaMs });
      this.#unitsMs.push(mediaMs);
    }
  }

  get figures(): TrackFigures {
    const seconds = this.#latestMs / 1000;
    const bitsPerSecond = seconds > 0 ? Math.round((this.#bytes * 8) / seconds) : 0;
    const whole = this.#bytesBySecond.slice(0, Math.floor(seconds)).map((bytes) => (bytes ?? 0) * 8);
    const keyFrameIntervalMs = spreadOfSteps(this.#keyFramesMs);
    const unitIntervalMs = spreadOfSteps(this.#unitsMs);
    const drift = driftOf(this.#delays);
    return {
      units: this.#units,
      mediaMs: this.#latestMs,
      bytes: this.#bytes,
      bitsPerSecond,
      peakBitsPerSecond: Math.max(bitsPerSecond, ...whole),
      keyFrames: this.#keyFrames,
      ...(keyFrameIntervalMs && { keyFrameIntervalMs }),
      ...(unitIntervalMs && { unitIntervalMs }),
      reorderedUnits: this.#reordered,
      reorderDepth: this.#reorderDepth,
      strays: this.#straysBefore + this.#timeline.strays,
      timelineBreaks: this.#breaks,
      burstMs: Math.max(0, Math.round(burstOf(this.#delays))),
      ...(drift && { drift }),
    };
  }

  #count(mediaMs: number, bytes: number): void {
    this.#bytes += bytes;
    this.#latestMs = Math.max(this.#latestMs, mediaMs);
    const second = Math.floor(mediaMs / 1000);
    if (second < 0 || second >= maximumSeconds) return;
    while (this.#bytesBySecond.length <= second) this.#bytesBySecond.push(0);
    this.#bytesBySecond[second]! += bytes;
  }

  #noteOrder(mediaMs: number): void {
    const later = this.#recentMs.filter((before) => before > mediaMs).length;
    if (later > 0) this.#reordered++;
    this.#reorderDepth = Math.max(this.#reorderDepth, later);
    this.#recentMs.push(mediaMs);
    if (this.#recentMs.length > reorderWindow) this.#recentMs.shift();
  }
}

/** Least, middle and greatest; undefined of none. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const rounded = (value: number) => Math.round(value * 10) / 10;
  return {
    min: rounded(sorted[0]!),
    median: rounded(sorted[sorted.length >> 1]!),
    max: rounded(sorted.at(-1)!),
  };
}

function spreadOfSteps(times: readonly number[]): Spread | undefined {
  const sorted = [...times].sort((a, b) => a - b);
  return spreadOf(sorted.slice(1).map((time, index) => time - sorted[index]!));
}

type Delay = { readonly atMs: number; readonly delayMs: number };

function burstOf(delays: readonly Delay[]): number {
  return delays.length === 0 ? 0 : delays[0]!.delayMs - least(delays).delayMs;
}

/** Drift is told when it is known this well. */
const mostUncertainPpm = 1000;
/** The least that the delay of one frame is uncertain by, with arrivals in whole milliseconds. */
const leastUncertainMs = 1;

/**
 * Least delays are what a network adds least to: where they lie in the first and in the last third of the time tells
 * how the two clocks part. What came in the first third before the least delayed is a burst, and does not count.
 */
function driftOf(delays: readonly Delay[]): Drift | undefined {
  if (delays.length < 30) return undefined;
  const third = Math.floor(delays.length / 3);
  const [early, late] = [delays.slice(0, third), delays.slice(-third)];
  const [first, last] = [least(early), least(late)];
  const apartMs = last.atMs - first.atMs;
  if (apartMs <= 0) return undefined;
  const noiseMs = Math.max(leastUncertainMs, typicalNoise(early, first), typicalNoise(late, last));
  const uncertaintyPpm = Math.round((2 * noiseMs * 1e6) / apartMs);
  if (uncertaintyPpm > mostUncertainPpm) return undefined;
  const ppm = Math.round(((first.delayMs - last.delayMs) * 1e6) / apartMs);
  return { ppm: ppm === 0 ? 0 : ppm, uncertaintyPpm };
}

/** How far above the least delay the tenth part with the least lies: how sure that one is. */
function typicalNoise(delays: readonly Delay[], { delayMs: leastMs }: Delay): number {
  const sorted = delays.map(({ delayMs }) => delayMs).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 10)]! - leastMs;
}

function least(delays: readonly Delay[]): Delay {
  return delays.reduce((best, delay) => (delay.delayMs < best.delayMs ? delay : best));
}
