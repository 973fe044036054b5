/** What a harness has in mind for one life of a recorder; `faulty_disk.ts` carries it out inside of it. */

/** An error code of the kernel; `SHORT` writes half and says so; `TORN` writes half, then fails with EIO. */
export const failures = ['EIO', 'ENOSPC', 'EACCES', 'SHORT', 'TORN'] as const;
export type Failure = (typeof failures)[number];

export type Moment = 'before' | 'midway' | 'after';

export interface ChaosPlan {
  /** Absolute; calls elsewhere are left alone. */
  readonly recordings: string;
  /** Where calls and the moment of a kill are noted; outside of `recordings`. */
  readonly notes: string;
  /** SIGKILL at a step, when it comes for the nth time. */
  readonly kill?: { readonly step: string; readonly moment: Moment; readonly nth: number };
  /** The nth call of a thread fails, or the nth at a step. */
  readonly fail?: {
    readonly thread: 'main' | 'recorder';
    readonly step?: string;
    readonly nth: number;
    readonly how: Failure;
  };
  /** So long each sync takes at least, in milliseconds, that of a folder and a commit of the index as well. */
  readonly syncMs?: number;
  /** What is written below a folder takes its time, one write after the other. */
  readonly slow?: { readonly folder: string; readonly bytesPerSecond: number };
}

/** The name under which the plan is handed over, as JSON. */
export const planVariable = 'CHAOS_PLAN';

/** A line of `notes/calls-<thread>.jsonl`: a call that changes the disk, when it has succeeded. */
export interface NotedCall {
  /** Nanoseconds of the machine's monotonic clock, the same in all threads. */
  readonly beganNs: string;
  readonly endedNs: string;
  readonly step: string;
  readonly kind: 'create' | 'folder' | 'write' | 'sync' | 'cut' | 'unlink' | 'rename' | 'replace' | 'append';
  /** Below `recordings`; of a rename, the new name. */
  readonly file: string;
  readonly offset?: number;
  readonly bytes?: number;
  /** What a write replaced, base64. */
  readonly before?: string;
  readonly from?: string;
}

/** `notes/killed.json`. */
export interface NotedKill {
  readonly atMs: number;
  readonly step: string;
  readonly moment: Moment;
}

/** `notes/failed.json`. */
export interface NotedFailure {
  readonly atMs: number;
  readonly step: string;
  readonly operation: string;
  readonly file: string;
}
