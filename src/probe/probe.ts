import { type Clock, sleep } from '../clock/clock.ts';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import { type SessionTarget, StreamSession } from '../recorder/stream_session.ts';
import { TransportChoice, type TransportSetting } from '../recorder/transport_choice.ts';
import { SecretMask } from '../rtsp/secret_mask.ts';
import { splitCredentials } from '../rtsp/url.ts';
import { adviceFor } from './advice.ts';
import { allObservers } from './all_observers.ts';
import { Capture, type Captured } from './capture.ts';
import { findingsOf, type SessionFindings } from './findings.ts';
import type { FailedAttempt, ProbeReport } from './probe_report.ts';
import { SessionWitness } from './session_witness.ts';
import { Transcript } from './transcript.ts';
import { UnitMeter } from './unit_meter.ts';

/** How long a camera may take until its first key frame. */
const maxWaitMs = 20_000;
const pollMs = 100;
const maximumNotes = 100;

export interface ProbeOptions {
  /** Credentials in it count when there are none apart. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** SHA-256 of the only certificate to trust. */
  readonly tlsFingerprint?: string;
  /** `auto` unless given. */
  readonly transport?: TransportSetting;
  readonly clock: Clock;
  /** How long to look after the first key frame. */
  readonly seconds?: number;
  /** Write down what the camera says, so that it can be played again. */
  readonly capture?: {
    /** Of media; 4 MiB unless given. */
    readonly maximumBytes?: number;
    /** Leave out what pictures show and sound says. */
    readonly concealed?: boolean;
    /** Who makes it. */
    readonly source: string;
  };
  /** Ends the look early. */
  readonly signal?: AbortSignal | undefined;
}

/** What was found; and why it cannot be recorded, in words without secrets. */
export interface ProbeOutcome {
  readonly report: ProbeReport;
  readonly error?: NightjarError;
  readonly captured?: Captured;
}

/** Of a stream that can be recorded. */
export type RecordableReport = Omit<ProbeReport, 'error'> & Required<Pick<ProbeReport, 'video'>>;

/**
 * Looks at what a camera sends, for whoever wants to record it.
 *
 * @throws NightjarError that says in words why it cannot be recorded
 */
export async function probe(options: ProbeOptions): Promise<RecordableReport> {
  const { report, error } = await examine(options);
  const { video } = report;
  if (error) throw error;
  return { ...report, video: video! };
}

/**
 * Looks at what a camera says and sends, whatever comes of it.
 *
 * @throws NightjarError `request_invalid` when the URL is none; what a camera does wrong is in the outcome
 */
export async function examine(options: ProbeOptions): Promise<ProbeOutcome> {
  const { clock, signal, seconds = 3 } = options;
  const { url, ...inUrl } = splitCredentials(options.url);
  const username = options.username ?? inUrl.username;
  const password = options.password ?? inUrl.password;
  const target = {
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(options.tlsFingerprint !== undefined && { tlsFingerprint: options.tlsFingerprint }),
  };
  const mask = new SecretMask(target);
  const startedMs = clock.now();
  const zeroMs = clock.monotonic();
  const dialogue = new Transcript(mask, () => clock.monotonic() - zeroMs);
  const transports = new TransportChoice(options.transport ?? 'auto', url);
  const failedAttempts: FailedAttempt[] = [];
  const capture =
    options.capture &&
    new Capture({ clock, mask, transport: options.transport ?? 'auto', ...options.capture });
  let metadata = true;
  for (;;) {
    const { current: transport } = transports;
    const { findings, error, askedForMetadata } = await observe({
      target: { ...target, transport },
      metadata,
      patienceMs: transports.patienceMs,
      dialogue,
      mask,
      capture,
      clock,
      observeMs: seconds * 1000,
      signal,
    });
    const failed = error && { ...transports.failed(error, findings.packets > 0), at: error };
    if (failed) dialogue.note(`over ${transport}: ${failed.at.message}`);
    if (failed?.another && !signal?.aborted) {
      failedAttempts.push({ transport, code: failed.at.code, message: mask.text(failed.at.message) });
      continue;
    }
    if (failed && askedForMetadata && findings.packets === 0 && !signal?.aborted) {
      // Some cameras fail as a whole where their metadata do.
      metadata = false;
      dialogue.note('Trying again without the metadata.');
      continue;
    }
    const thrown = failed && withoutSecrets(failed.error.at({ url }), mask);
    const facts = {
      startedMs,
      url: mask.text(url),
      transport,
      failedAttempts,
      ...findings,
      ...(thrown && {
        error: { code: thrown.code, message: thrown.message, advice: thrown.entry.advice },
      }),
    };
    const known = {
      scheme: url.startsWith('rtsps:') ? 'rtsps' : 'rtsp',
      withPassword: password !== undefined,
    } as const;
    const report = { ...facts, advice: adviceFor(facts, known), dialogue: dialogue.entries };
    const captured = capture?.finish(options.capture!.source);
    return { report, ...(thrown && { error: thrown }), ...(captured && { captured }) };
  }
}

function withoutSecrets(error: NightjarError, mask: SecretMask): NightjarError {
  return new NightjarError(error.code, mask.text(error.message), { place: error.place, cause: error });
}

/** One session, from its connection to its end; and why it showed less than was to be seen. */
async function observe(options: {
  target: SessionTarget;
  metadata: boolean;
  patienceMs: number;
  dialogue: Transcript;
  mask: SecretMask;
  capture: Capture | undefined;
  clock: Clock;
  observeMs: number;
  signal: AbortSignal | undefined;
}): Promise<{ findings: SessionFindings; error?: NightjarError; askedForMetadata: boolean }> {
  const { target, metadata, patienceMs, dialogue, mask, capture, clock, observeMs, signal } = options;
  const pool = new ChunkPool();
  const witness = new SessionWitness(clock, dialogue, mask);
  const meter = new UnitMeter();
  const warnings: string[] = [];
  const session = new StreamSession({
    target,
    metadata,
    patienceMs,
    clock,
    pool,
    observer: capture ? allObservers([witness, capture]) : witness,
    logger: {
      info: (_, message) => dialogue.note(message),
      warn: (_, message) => {
        dialogue.note(message);
        if (warnings.length < maximumNotes && !warnings.includes(message)) warnings.push(message);
      },
    },
    events: {
      onUnit(unit: MediaUnit) {
        meter.take(unit);
        if (unit.kind === 'accessUnit' && unit.keyFrame) witness.sawKeyFrame();
        if (unit.kind !== 'damage') pool.release(unit.bytes);
      },
      onSenderReport() {},
      onTick: () => undefined,
    },
  });
  const stop = () => void session.stop();
  signal?.addEventListener('abort', stop, { once: true });
  let error: NightjarError | undefined;
  try {
    if (signal?.aborted) stop();
    await session.open();
    const ended = session.ended().then((reason) => {
      if (reason) throw reason;
      if (!signal?.aborted) throw new NightjarError('camera_closed', `${target.url}: the session was ended.`);
    });
    await Promise.race([ended, watch({ clock, meter, observeMs, signal })]);
    ended.catch(() => {});
    if (!session.videoTrack || meter.keyFrames === 0) {
      throw new NightjarError('no_key_frame', 'The look was ended before a key frame had come.');
    }
  } catch (thrown) {
    error = toNightjarError(thrown);
  }
  // What the session has now is what was seen: its end may still deliver units that were being put together.
  const findings = findingsOf({ session, witness, meter, warnings, mask });
  const { askedForMetadata } = session;
  signal?.removeEventListener('abort', stop);
  await session.stop();
  return { findings, askedForMetadata, ...(error && { error }) };
}

/** Resolves when the look is over or ended early. */
async function watch(options: {
  clock: Clock;
  meter: UnitMeter;
  observeMs: number;
  signal: AbortSignal | undefined;
}): Promise<void> {
  const { clock, meter, observeMs, signal } = options;
  const rest = (delayMs: number) => sleep(clock, delayMs, signal).catch(() => {});
  const startMs = clock.monotonic();
  while (meter.keyFrames === 0 && !signal?.aborted) {
    await rest(pollMs);
    if (clock.monotonic() - startMs < maxWaitMs) continue;
    const seconds = maxWaitMs / 1000;
    throw new NightjarError('no_key_frame', `The camera sent no key frame within ${seconds} s.`);
  }
  await rest(observeMs);
}
