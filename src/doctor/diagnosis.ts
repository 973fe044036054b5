import type { ClockSynchronisation } from '../host/clock_synchronisation.ts';
import { byteWords, counted } from '../units/amount_text.ts';

/** `warning`: it records, but not for long or not for certain. `bad`: something is not recorded, or nothing is. */
export type Verdict = 'good' | 'warning' | 'bad';

/** What was looked at, and what came of it. */
export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  /** What is so, in words. */
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** Less free space for the database than this is soon used up. */
const tightDatabaseBytes = 1024 ** 3;
/** With less than this nothing can be written. */
const leastFreeBytes = 16 * 1024 ** 2;
/** Descriptors of the process itself, and for readers. */
const ownDescriptors = 256;
/** Of a stream: its connection, two datagram pairs, the file and the one before it. */
const descriptorsPerStream = 8;

const firstStart = 'The first start makes it. If that was long ago, see whether the setting is right.';

/** What is known of a folder. */
export interface FolderFacts {
  readonly folder: string;
  /** Undefined: it is there and can be written. */
  readonly fault?: string;
  readonly isMissing?: boolean;
  readonly freeBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
}

export function dataFolderFinding(facts: FolderFacts, share: string | undefined): Finding {
  const { folder, fault, freeBytes } = facts;
  const check = 'data folder';
  if (facts.isMissing)
    return { check, verdict: 'warning', detail: `${folder} is not there`, advice: firstStart };
  if (fault !== undefined) {
    return {
      check,
      verdict: 'bad',
      detail: `${folder}: ${fault}`,
      advice: 'Check who owns it and that its disk is not mounted read-only.',
    };
  }
  if (share !== undefined) {
    return {
      check,
      verdict: 'bad',
      detail: `${folder} is on a network share (${share})`,
      advice: 'Put it on a local disk: a database gets damaged on a share.',
    };
  }
  return spaceFinding(check, { folder, freeBytes }, tightDatabaseBytes, 'Make room on its disk.');
}

export function rootFinding(
  root: FolderFacts & {
    readonly name: string;
    readonly markerFault?: string;
    /** The first start makes it. */
    readonly isFirst?: boolean;
  },
  minFreeBytes: number,
): Finding {
  const check = `storage root ${root.name}`;
  if (root.isMissing && root.isFirst) {
    return { check, verdict: 'warning', detail: `${root.folder} is not there`, advice: firstStart };
  }
  if (root.fault !== undefined) {
    return {
      check,
      verdict: 'bad',
      detail: `${root.folder}: ${root.fault}`,
      advice: 'Mount its disk, and check who owns the folder.',
    };
  }
  if (root.markerFault !== undefined) {
    return {
      check,
      verdict: 'bad',
      detail: `${root.folder}: ${root.markerFault}`,
      advice: 'Mount the right disk there.',
    };
  }
  return spaceFinding(
    check,
    root,
    minFreeBytes,
    'Retention deletes the oldest footage; is anything else on the disk?',
  );
}

function spaceFinding(
  check: string,
  { folder, freeBytes, totalBytes }: FolderFacts,
  enoughBytes: number,
  advice: string,
): Finding {
  if (freeBytes === undefined)
    return { check, verdict: 'warning', detail: `${folder}: its free space is not known` };
  const of = totalBytes === undefined ? '' : ` of ${byteWords(totalBytes)}`;
  const detail = `${folder}, ${byteWords(freeBytes)}${of} free`;
  if (freeBytes < leastFreeBytes)
    return { check, verdict: 'bad', detail, advice: 'The disk is full: make room.' };
  return freeBytes < enoughBytes
    ? { check, verdict: 'warning', detail, advice }
    : { check, verdict: 'good', detail };
}

export function clockFinding(state: ClockSynchronisation): Finding {
  const check = 'clock';
  if (state === 'synchronised') return { check, verdict: 'good', detail: 'kept right over the network' };
  const advice = 'Switch on systemd-timesyncd or chrony: the times of footage are those of this clock.';
  if (state === 'unsynchronised') return { check, verdict: 'bad', detail: 'nothing keeps it right', advice };
  return { check, verdict: 'warning', detail: 'nobody here can tell whether it is kept right', advice };
}

/** @param limit of open files for a process; undefined where the system does not say */
export function descriptorFinding(limit: number | undefined, streams: number): Finding {
  const check = 'open files';
  if (limit === undefined) return { check, verdict: 'warning', detail: 'the limit is not known' };
  const needed = ownDescriptors + streams * descriptorsPerStream;
  const detail = `${limit} allowed, ${needed} needed for ${counted(streams, 'stream')}`;
  if (limit >= needed) return { check, verdict: 'good', detail };
  return { check, verdict: 'bad', detail, advice: 'Raise it: LimitNOFILE= of the service, or ulimit -n.' };
}

/** What recovery has set aside counts for no limit of bytes, and nothing deletes it. */
export function setAsideFinding(
  root: string,
  { files, bytes }: { readonly files: number; readonly bytes: number },
): Finding | undefined {
  if (files === 0) return undefined;
  return {
    check: `storage root ${root}`,
    verdict: 'warning',
    detail: `${counted(files, 'file')} with ${byteWords(bytes)} set aside by recovery, as there may be footage in ${files === 1 ? 'it' : 'them'}`,
    advice: 'nightjar verify names what is set aside. Keep it elsewhere or delete it: no limit does.',
  };
}

/** The exit code goes by the worst. */
export function worst(findings: readonly Finding[]): Verdict {
  for (const verdict of ['bad', 'warning'] as const) {
    if (findings.some((finding) => finding.verdict === verdict)) return verdict;
  }
  return 'good';
}
