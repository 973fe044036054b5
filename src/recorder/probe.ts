import { type Clock, sleep } from '../clock/clock.ts';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { AccessUnit, MediaUnit } from '../media/media_unit.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import { splitCredentials } from '../rtsp/url.ts';
import { ticksToMillis } from '../units/time.ts';
import { type SessionTarget, StreamSession } from './stream_session.ts';
import { type Transport, TransportChoice, type TransportSetting } from './transport_choice.ts';

/** How long a camera may take until its first key frame. */
const maxWaitMs = 20_000;
const pollMs = 100;

export interface VideoFindings {
  readonly codec: string;
  readonly codecString: string;
  readonly width: number;
  readonly height: number;
  /** Measured, by the camera's time stamps. */
  readonly framesPerSecond: number;
  readonly bitsPerSecond: number;
  /** Undefined when fewer than two key frames came. */
  readonly keyFrameIntervalMs?: number;
}

export interface AudioFindings {
  readonly codec: string;
  readonly codecString: string;
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSecond: number;
}

/** What a camera sends, as measured. */
export interface ProbeReport {
  /** Without credentials. */
  readonly url: string;
  /** The one that worked. */
  readonly transport: Transport;
  readonly observedMs: number;
  readonly video: VideoFindings;
  readonly audio?: AudioFindings;
  readonly packets: number;
  readonly packetsLost: number;
  readonly damagedUnits: number;
  /** What the camera offers that is not recorded, and why. */
  readonly notes: readonly string[];
}

/**
 * Looks at what a camera sends.
 *
 * @param options.seconds how long to look after the first key frame
 * @throws NightjarError that says in words why there is nothing to see
 */
export async function probe(options: {
  url: string;
  username?: string;
  password?: string;
  /** SHA-256 of the only certificate to trust. */
  tlsFingerprint?: string;
  /** `auto` unless given. */
  transport?: TransportSetting;
  clock: Clock;
  seconds?: number;
  signal?: AbortSignal;
}): Promise<ProbeReport> {
  const { clock, signal, seconds = 3 } = options;
  const { url, ...found } = splitCredentials(options.url);
  const username = options.username ?? found.username;
  const password = options.password ?? found.password;
  const target = {
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(options.tlsFingerprint !== undefined && { tlsFingerprint: options.tlsFingerprint }),
  };
  const transports = new TransportChoice(options.transport ?? 'auto', url);
  for (;;) {
    const found = await probeOnce({ target, transports, clock, observeMs: seconds * 1000, signal });
    if ('report' in found) return found.report;
    if (!found.another) throw found.error.at({ url });
  }
}

/** What one session shows; or why it shows nothing, and whether another transport may show more. */
async function probeOnce(options: {
  target: Omit<SessionTarget, 'transport'>;
  transports: TransportChoice;
  clock: Clock;
  observeMs: number;
  signal: AbortSignal | undefined;
}): Promise<{ report: ProbeReport } | { error: NightjarError; another: boolean }> {
  const { target, transports, clock, observeMs, signal } = options;
  const pool = new ChunkPool();
  const meter = new ProbeMeter();
  const transport = transports.current;
  const session = new StreamSession({
    target: { ...target, transport },
    patienceMs: transports.patienceMs,
    clock,
    pool,
    events: {
      onUnit(unit) {
        meter.note(unit);
        if (unit.kind !== 'damage') pool.release(unit.bytes);
      },
      onSenderReport() {},
      onTick: () => undefined,
    },
  });
  try {
    await session.open();
    const failed = session.ended().then((error) => {
      throw error ?? new NightjarError('camera_closed', `${target.url}: the session was ended.`);
    });
    await Promise.race([failed, observe({ clock, meter, observeMs, signal })]);
    failed.catch(() => {});
    return { report: report({ url: target.url, transport, session, meter }) };
  } catch (error) {
    return transports.failed(toNightjarError(error), session.heard);
  } finally {
    await session.stop();
  }
}

async function observe(options: {
  clock: Clock;
  meter: ProbeMeter;
  observeMs: number;
  signal: AbortSignal | undefined;
}): Promise<void> {
  const { clock, meter, observeMs, signal } = options;
  const startMs = clock.monotonic();
  while (meter.keyFrames === 0) {
    await sleep(clock, pollMs, signal);
    if (clock.monotonic() - startMs < maxWaitMs) continue;
    const seconds = maxWaitMs / 1000;
    throw new NightjarError('no_key_frame', `The camera sent no key frame within ${seconds} s.`);
  }
  await sleep(clock, observeMs, signal);
}

/** Counts units from the first key frame on. */
class ProbeMeter {
  keyFrames = 0;
  frames = 0;
  videoBytes = 0;
  audioBytes = 0;
  damagedUnits = 0;
  firstRtp = 0;
  lastRtp = 0;
  firstArrivalMs = 0;
  lastArrivalMs = 0;
  readonly #keyRtp: number[] = [];

  note(unit: MediaUnit): void {
    if (unit.kind === 'damage') this.damagedUnits++;
    else if (unit.kind === 'accessUnit') this.#picture(unit);
    else if (this.keyFrames > 0) this.audioBytes += unit.bytes.end - unit.bytes.start;
  }

  /** In RTP ticks; undefined with fewer than two key frames. */
  get keyFrameTicks(): number | undefined {
    const count = this.#keyRtp.length - 1;
    return count < 1 ? undefined : ((this.#keyRtp[count]! - this.#keyRtp[0]!) >>> 0) / count;
  }

  #picture(unit: AccessUnit): void {
    if (this.keyFrames === 0 && !unit.keyFrame) return;
    if (this.frames === 0) {
      this.firstRtp = unit.rtpTimestamp;
      this.firstArrivalMs = unit.arrivalMs;
    }
    if (unit.keyFrame) {
      this.keyFrames++;
      if (this.#keyRtp.length < 1000) this.#keyRtp.push(unit.rtpTimestamp);
    }
    this.frames++;
    this.videoBytes += unit.bytes.end - unit.bytes.start;
    this.lastRtp = unit.rtpTimestamp;
    this.lastArrivalMs = unit.arrivalMs;
  }
}

function report(options: {
  url: string;
  transport: Transport;
  session: StreamSession;
  meter: ProbeMeter;
}): ProbeReport {
  const { url, transport, session, meter } = options;
  const { videoTrack: video, audioTrack: audio, figures, notes } = session;
  if (!video)
    throw new NightjarError('parameter_sets_malformed', 'The camera never sent usable parameter sets.');
  const mediaMs = ticksToMillis((meter.lastRtp - meter.firstRtp) >>> 0, video.timescale);
  const observedMs = meter.lastArrivalMs - meter.firstArrivalMs;
  const perSecond = (count: number) => (mediaMs > 0 ? Math.round((count * 10_000) / mediaMs) / 10 : 0);
  const keyFrameTicks = meter.keyFrameTicks;
  return {
    url,
    transport,
    observedMs,
    video: {
      codec: video.codec,
      codecString: video.codecString,
      width: video.width,
      height: video.height,
      framesPerSecond: perSecond(meter.frames - 1),
      bitsPerSecond: Math.round(perSecond(meter.videoBytes * 8)),
      ...(keyFrameTicks !== undefined && {
        keyFrameIntervalMs: Math.round(ticksToMillis(keyFrameTicks, video.timescale)),
      }),
    },
    ...(audio && {
      audio: {
        codec: audio.codec,
        codecString: audio.codecString,
        sampleRate: audio.sampleRate,
        channels: audio.channels,
        bitsPerSecond: Math.round(perSecond(meter.audioBytes * 8)),
      },
    }),
    packets: figures.packets,
    packetsLost: figures.packetsLost,
    damagedUnits: meter.damagedUnits,
    notes,
  };
}
