import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { type Clock, sleep } from '../clock/clock.ts';
import { type ErrorCode, errorCatalogue } from '../errors/catalogue.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { diskError } from '../errors/system_error.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import { makeFolders } from '../roots/make_folders.ts';
import type { RtspLog } from '../rtsp/client.ts';
import type { PlaybackWish } from '../rtsp/session_state.ts';
import { splitCredentials } from '../rtsp/url.ts';
import type { UnixMillis } from '../units/time.ts';
import { ArchivePart, type PartVerdict, type RecordedPart } from './archive_part.ts';
import { FileLedger } from './file_ledger.ts';
import { HostClock } from './host_clock.ts';
import type { StreamStatus } from './status.ts';
import { StorageRoot } from './storage_root.ts';
import { StreamRecorder } from './stream_recorder.ts';
import type { TransportSetting } from './transport_choice.ts';

/** With no footage for so long from the start, the recording has failed. */
const maxWaitMs = 20_000;
const pollMs = 50;
/** A fragment has a second at most. */
const maxHeldMs = 1_000;
/** A live recording may be shorter than asked for by so much: it ends with a whole picture. */
const shortMs = 500;
const syncMs = 2_000;
const receiveBufferBytes = 256 * 1024;

export interface RecordUrlResult extends PartVerdict {
  /** Paths of the files, oldest first. */
  readonly files: readonly string[];
  readonly frames: number;
  readonly bytes: number;
  readonly startMs: UnixMillis;
  readonly endMs: UnixMillis;
}

/**
 * Records one URL into a folder, in the server's own files but without an index.
 *
 * A playback is recorded until the server ends it. Behind the end that was asked for it is stopped here: at once where the
 * time of the footage is known for sure, else half a minute later.
 *
 * @param options.durationS seconds of footage: live from the first key frame, of an archive from the instant asked for;
 *   a playback needs none, and without any end it is a day at most
 * @throws NightjarError why there is nothing, when no footage came within 20 s; `range_ignored` when a camera sends
 *   something else than what it was asked for
 */
export async function recordUrl(options: {
  url: string;
  username?: string;
  password?: string;
  /** SHA-256 of the only certificate to trust. */
  tlsFingerprint?: string;
  /** `auto` unless given. */
  transport?: TransportSetting;
  /** Footage from the camera's archive, in place of what it sees now: one session, which may end by itself. */
  playback?: PlaybackWish;
  outDir: string;
  durationS?: number;
  segmentSeconds?: number;
  clock: Clock;
  logger?: RtspLog;
  signal?: AbortSignal;
}): Promise<RecordUrlResult> {
  const { clock, outDir, signal } = options;
  await makeFolders(outDir).catch((error) => {
    throw diskError(error, outDir);
  });
  const target = splitCredentials(options.url);
  const username = options.username ?? target.username;
  const password = options.password ?? target.password;
  const ledger = new FileLedger();
  const part = options.playback && new ArchivePart(options.playback, options.durationS);
  const durationMs = (options.durationS ?? Number.POSITIVE_INFINITY) * 1000;
  const root = new StorageRoot({ id: randomUUID(), folder: outDir, clock, syncMs });
  const over = new AbortController();
  let noted: { code: ErrorCode; detail: string } | undefined;
  let isReceiving = false;
  const recorder = new StreamRecorder(
    {
      installationId: randomUUID(),
      cameraId: randomUUID(),
      cameraName: target.url,
      streamId: randomUUID(),
      role: 'main',
      url: target.url,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(options.tlsFingerprint !== undefined && { tlsFingerprint: options.tlsFingerprint }),
      transport: options.transport ?? 'auto',
      ...(part && { playback: part.wish }),
      record: true,
      segmentMs: (options.segmentSeconds ?? 60) * 1000,
      rootId: root.id,
    },
    {
      clock,
      hostClock: new HostClock(clock),
      ledger,
      root,
      pool: new ChunkPool(),
      receiveBuffer: Buffer.allocUnsafeSlow(receiveBufferBytes),
      ...(options.logger && { logger: options.logger }),
    },
    {
      onStatus(news) {
        isReceiving = news.state === 'recording';
        if (news.errorCode) noted = { code: news.errorCode, detail: withoutAdvice(news) };
        // What was played once is not played again.
        if (part && news.state === 'backing_off') over.abort();
      },
      onNotRecording() {},
      onLive() {},
      onPlayback: (news) => part?.learn(news),
    },
  );
  recorder.start();
  try {
    const ended = AbortSignal.any([over.signal, ...(signal ? [signal] : [])]);
    const liveMs = () => ledger.footageMs + (isReceiving ? heldMs(clock, ledger) : 0);
    const isEnough = () => (part ? part.isWhole(recordedPart(ledger)) : liveMs() >= durationMs);
    await untilRecorded({ clock, ledger, isEnough, signal: ended });
  } finally {
    await recorder.stop();
  }
  const segments = ledger.closedSegments;
  if (segments.length === 0 || noted?.code === 'range_ignored') {
    const detail = noted?.detail ?? 'The camera sent no footage within 20 s.';
    throw new NightjarError(noted?.code ?? 'no_packets', detail, { place: { url: target.url } });
  }
  const videoFrames = segments.map(
    ({ summary }) => summary.tracks.find(({ kind }) => kind === 'video')?.samples ?? 0,
  );
  return {
    files: segments.map((segment) => path.join(outDir, segment.path)),
    frames: videoFrames.reduce((sum, frames) => sum + frames, 0),
    bytes: segments.reduce((sum, { summary }) => sum + summary.bytes, 0),
    startMs: segments[0]!.summary.startMs,
    endMs: segments.at(-1)!.summary.endMs,
    ...(part
      ? part.verdict(recordedPart(ledger), over.signal.aborted ? noted?.detail : undefined)
      : liveVerdict(ledger, durationMs, noted?.detail, signal)),
  };
}

/** Resolves when enough footage is in files or about to be, when none came for too long, or when the caller stops. */
async function untilRecorded(options: {
  clock: Clock;
  ledger: FileLedger;
  /** Asked when there is some. */
  isEnough: () => boolean;
  signal: AbortSignal;
}): Promise<void> {
  const { clock, ledger, isEnough, signal } = options;
  const startedMs = clock.monotonic();
  while (!signal.aborted) {
    if (ledger.endMs === undefined && clock.monotonic() - startedMs >= maxWaitMs) return;
    if (ledger.endMs !== undefined && isEnough()) return;
    await sleep(clock, pollMs, signal).catch(() => {});
  }
}

/** How much of what a camera sees now came since the last fragment, most likely: it is written at the stop. */
function heldMs(clock: Clock, { endMs = 0 }: FileLedger): number {
  return Math.max(0, Math.min(clock.now() - endMs, maxHeldMs));
}

/** Why there is less of what the camera sees now than was asked for, unless the caller ended it. */
function liveVerdict(
  { footageMs }: FileLedger,
  durationMs: number,
  detail: string | undefined,
  signal: AbortSignal | undefined,
): PartVerdict {
  if (footageMs >= durationMs - shortMs || signal?.aborted) return {};
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const reason = detail ?? 'the camera stopped sending shortly before the end.';
  return { endedEarly: `${seconds(footageMs)} of ${seconds(durationMs)} s: ${reason}` };
}

function recordedPart({ startMs = 0, endMs = 0, footageMs }: FileLedger): RecordedPart {
  return { startMs, endMs, footageMs };
}

/** What was wrong, without what to do about it and when it is tried again: whoever reports the error adds the former. */
function withoutAdvice({ stateReason, errorCode }: StreamStatus): string {
  const advice = errorCode ? stateReason.indexOf(errorCatalogue[errorCode].advice) : -1;
  return advice < 0 ? stateReason : stateReason.slice(0, advice).trim();
}
