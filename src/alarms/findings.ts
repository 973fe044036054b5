import { type ErrorCode, errorCatalogue } from '../errors/catalogue.ts';
import type { ClockSynchronisation } from '../host/clock_synchronisation.ts';
import type { StreamStatus } from '../recorder/status.ts';
import { byteWords, counted } from '../units/amount_text.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import type { AlarmKind } from './alarm_kind.ts';
import type { AlarmSubject, Finding } from './alarm_list.ts';

/** What the alarms are judged by, at one moment. */
export interface Facts {
  readonly cameras: readonly CameraFacts[];
  readonly roots: readonly RootFacts[];
  readonly retentionOverdue: boolean;
  /** Recorded files that are known to be missing or damaged. */
  readonly losses: LossFacts;
  /** How far retention is from limits of bytes, since no more may be deleted. Without camera: of all together. */
  readonly excesses: readonly { readonly cameraId?: string | undefined; readonly bytes: number }[];
  readonly clock: ClockSynchronisation;
}

export interface CameraFacts {
  readonly id: string;
  readonly name: string;
  /** Those that are to be recorded. */
  readonly streams: readonly StreamFacts[];
}

export interface StreamFacts {
  readonly id: string;
  readonly role: 'main' | 'sub';
  /** Name of the storage root that it is recorded to. */
  readonly root: string;
  /** For how long the main thread has been told of no fragment in a file; undefined before it was begun. */
  readonly quietMs: number | undefined;
  readonly status: StreamStatus | undefined;
  /** Share of packets lost in the last minute. */
  readonly loss: number | undefined;
}

export interface RootFacts {
  readonly name: string;
  readonly usable: boolean;
  /** It is there, and not usable for want of room. */
  readonly isFull: boolean;
  /** Why it is not. */
  readonly reason?: string | undefined;
  readonly totalBytes?: number | undefined;
  readonly freeBytes?: number | undefined;
  readonly minFreeBytes: number;
  /** What retention could not free, of what is to be free. */
  readonly missingBytes: number;
}

export interface LossFacts {
  readonly missing: number;
  readonly damaged: number;
  /** Time since the newest of them became known; undefined when there is none. */
  readonly newestAgeMs: number | undefined;
  /** That one's file. */
  readonly newestPath: string | undefined;
}

/** Somebody has had a week to see it; it stays on record as a gap. */
const lossToldMs = 7 * 24 * 3_600_000;
/** A stream that is recorded has a fragment about once a second. */
const quietBadMs = 30_000;
const quietGoodMs = 10_000;
const lossBad = 0.01;
const lossGood = 0.005;
const writeBadMs = 5_000;
const writeGoodMs = 2_000;
/** Where next to nothing is to be kept free, a disk is low all the same with less than this, or less than a twentieth. */
const lowBytes = 256 * 1024 * 1024;
const lowShare = 1 / 20;
/** So much more than what is low must be free before it is not low any more. */
const lowMargin = 1.5;

/** How every condition is: pure, one finding for each kind and each subject that there is. */
export function findingsOf({ cameras, roots, retentionOverdue, losses, excesses, clock }: Facts): Finding[] {
  const streams = cameras.flatMap(({ streams }) => streams);
  return [
    ...cameras.flatMap(cameraFindings),
    ...roots.flatMap((root) => rootFindings(root, streams)),
    finding('retention_overdue', {}, level(retentionOverdue, !retentionOverdue), {
      text: 'Old footage has not been deleted for five minutes.',
      advice: 'The disk may fill up. The log says why it could not be deleted.',
    }),
    missingFinding(losses),
    shortFinding({}, 'All cameras together have', excesses),
    ...cameras.map(({ id, name }) => shortFinding({ cameraId: id }, `${name} has`, excesses)),
    ...(clock === 'unknown' ? [] : [clockFinding(clock)]),
  ];
}

function missingFinding({ missing, damaged, newestAgeMs, newestPath }: LossFacts): Finding {
  const isNew = newestAgeMs !== undefined && newestAgeMs < lossToldMs;
  const amounts = [
    ...(missing > 0 ? [counted(missing, 'missing file')] : []),
    ...(damaged > 0 ? [counted(damaged, 'damaged file')] : []),
  ];
  return finding('footage_missing', {}, level(isNew, !isNew), {
    text: `Recorded footage is lost: ${amounts.join(', ')}, the newest to be found ${newestPath}.`,
    advice:
      'See whether somebody deleted them, and how healthy the disk is. Files that are restored from a copy are taken back by the next verification; their time is a gap until then.',
  });
}

/** @param subject of whom the limit is */
function shortFinding(subject: AlarmSubject, who: string, excesses: Facts['excesses']): Finding {
  const excessBytes = excesses.find(({ cameraId }) => cameraId === subject.cameraId)?.bytes ?? 0;
  return finding('retention_short', subject, level(excessBytes > 0, excessBytes === 0), {
    text: `${who} ${byteWords(excessBytes)} of footage more than allowed: what is left is protected, younger than guaranteed, or being read.`,
    advice: 'Release what is not needed any more, guarantee a shorter time, or allow more.',
  });
}

function cameraFindings(camera: CameraFacts): Finding[] {
  if (camera.streams.length === 0) return [];
  const offline = offlineFinding(camera);
  const isOffline = offline.level === 'bad';
  return [
    offline,
    ...camera.streams.map((stream) => commitFinding(camera, stream, isOffline)),
    ...camera.streams.map((stream) => lossFinding(camera, stream)),
  ];
}

/** Offline is a camera none of whose streams comes, and for one of them it is the camera or the way to it. */
function offlineFinding({ id, name, streams }: CameraFacts): Finding {
  const comes = streams.some(({ quietMs = 0 }) => quietMs < quietGoodMs);
  const silent = streams.every(({ status }) => status?.state !== 'recording');
  const code = streams.map(({ status }) => status?.errorCode).find(isOfCamera);
  const lastMs = Math.max(...streams.map(({ status }) => status?.lastFootageMs ?? 0));
  const entry = code && errorCatalogue[code];
  return finding('camera_offline', { cameraId: id }, level(silent && entry !== undefined, comes), {
    text: `${name} ${entry?.class === 'network' ? 'is offline' : 'cannot be recorded'}: ${entry?.meaning ?? ''}`,
    advice: entry?.advice ?? '',
    sinceMs: lastMs > 0 ? unixMillis(lastMs) : undefined,
  });
}

function isOfCamera(code: ErrorCode | undefined): boolean {
  if (code === undefined) return false;
  const { class: whose } = errorCatalogue[code];
  return whose === 'camera' || whose === 'network';
}

function commitFinding({ id, name }: CameraFacts, stream: StreamFacts, isOffline: boolean): Finding {
  const { quietMs = 0, role, status } = stream;
  const code = status?.errorCode;
  const entry = code !== undefined && code !== 'internal' ? errorCatalogue[code] : undefined;
  // Of a camera that is offline that is said, and no more; what was raised before stays until footage comes.
  const isBad = (quietMs >= quietBadMs || status?.state === 'needs-address') && !isOffline;
  const subject = { cameraId: id, streamId: stream.id, role };
  return finding('not_committing', subject, level(isBad, quietMs < quietGoodMs), {
    text: `Nothing of ${name} (${role}) is being recorded${entry ? `: ${entry.meaning}` : '.'}`,
    advice:
      entry?.advice ??
      'It is begun anew by itself. If that does not help, see the log and restart the camera.',
    sinceMs: status?.lastFootageMs,
  });
}

function lossFinding({ id, name }: CameraFacts, stream: StreamFacts): Finding {
  const { id: streamId, role, loss = 0, status } = stream;
  const mayLose = status?.transport === 'udp' || status?.transport === 'multicast';
  const subject = { cameraId: id, streamId, role };
  return finding('loss_high', subject, level(loss >= lossBad, loss < lossGood), {
    text: `${name} (${role}) loses more than 1 % of its packets: pictures are damaged.`,
    advice: mayLose
      ? 'Check the network to the camera, or choose the transport tcp for the stream.'
      : 'Check the network to the camera, and the load of the camera: it drops packets before it sends them.',
  });
}

function rootFindings(root: RootFacts, streams: readonly StreamFacts[]): Finding[] {
  const { name, usable, isFull, reason = '', minFreeBytes, missingBytes } = root;
  const isThere = usable || isFull;
  const missing = finding('storage_missing', { root: name }, level(!isThere, isThere), {
    text: reason,
    advice: 'See that the disk is mounted and can be written; recording goes on by itself then.',
  });
  const own = streams.filter((stream) => stream.root === name);
  const slowestMs = Math.max(0, ...own.map(({ status }) => status?.slowestWriteMs ?? 0));
  const slow = finding(
    'write_slow',
    { root: name },
    level(slowestMs >= writeBadMs, slowestMs < writeGoodMs),
    {
      text: `The disk of the storage root ${name} is slow: a write took more than five seconds.`,
      advice: 'See what else uses the disk, and how healthy it is. When it cannot keep up, footage is lost.',
    },
  );
  // A disk that refuses a write for want of room may not have told how much there is.
  if (!isFull && (root.freeBytes === undefined || root.totalBytes === undefined)) return [missing, slow];
  const { freeBytes = 0, totalBytes = 0 } = root;
  const low = Math.max(minFreeBytes / 2, Math.min(lowBytes, totalBytes * lowShare));
  const isLow = isFull || freeBytes < low || missingBytes > 0;
  const full = finding(
    'disk_low',
    { root: name },
    level(isLow, !isFull && freeBytes >= low * lowMargin && missingBytes === 0),
    {
      text: `The disk of the storage root ${name} is ${isFull ? 'full' : 'nearly full'}, and no more footage may be deleted to make room${missingBytes > 0 ? `: ${byteWords(missingBytes)} are missing` : ''}.`,
      advice:
        'See what else is on the disk, protect less, keep footage for a shorter time, or use a larger disk.',
    },
  );
  return [missing, full, slow];
}

function clockFinding(clock: ClockSynchronisation): Finding {
  const isRight = clock === 'synchronised';
  return finding('clock_not_synchronised', {}, level(!isRight, isRight), {
    text: 'The clock of this machine is not synchronised: footage may get wrong times.',
    advice:
      'Switch time synchronisation on, for example with "timedatectl set-ntp true", and see that its server can be reached.',
  });
}

const level = (isBad: boolean, isGood: boolean): Finding['level'] =>
  isBad ? 'bad' : isGood ? 'good' : 'between';

function finding(
  kind: AlarmKind,
  subject: AlarmSubject,
  found: Finding['level'],
  { text, advice, sinceMs }: { text: string; advice: string; sinceMs?: UnixMillis | undefined },
): Finding {
  return { kind, subject, level: found, text, advice, ...(sinceMs !== undefined && { sinceMs }) };
}
