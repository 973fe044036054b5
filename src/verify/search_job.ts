import type { FileFinding } from '../index/losses.ts';

/** Which files are to be looked at. */
export type SearchJob =
  /** A slice of all. */
  | {
      readonly kind: 'all';
      /** Each is read from end to end, and not only those that are not as they should be. */
      readonly deep: boolean;
      /** Of the segment that was the last one before; 0 at the begin. */
      readonly afterKey: number;
      /** The slice ends after this, in milliseconds. */
      readonly forMs: number;
    }
  /** So many of the newest of each stream. */
  | { readonly kind: 'newest'; readonly perStream: number }
  | { readonly kind: 'segments'; readonly ids: readonly string[] };

/** What the process that looks is told, once. */
export interface SearchOrder {
  readonly databaseFile: string;
  readonly migrationsDir: string;
  /** Ids of storage roots and their folders. */
  readonly roots: readonly (readonly [id: string, folder: string])[];
  readonly job: SearchJob;
}

/** What it was like. */
export interface SearchResult {
  /** Files that were looked at. */
  readonly checked: number;
  /** Of the last segment that was looked at, where a slice ended before the last one that there is. */
  readonly reachedKey: number | undefined;
  /** Ids of storage roots whose disks were not there, in part of the time at least: nothing is said of their files. */
  readonly awayRootIds: readonly string[];
  /** Files that could not be read just now: nothing is said of them. */
  readonly unreadable: {
    readonly count: number;
    /** Relative to its root. */
    readonly firstPath: string | undefined;
    /** Codes of the operating system, such as `EACCES`. */
    readonly codes: readonly string[];
    /** Of their segments; a thousand at most. */
    readonly ids: readonly string[];
  };
}

/** From the process that looks; it waits for an answer to `findings` before it goes on. */
export type FromSearch =
  | { readonly kind: 'findings'; readonly rootId: string; readonly findings: readonly FileFinding[] }
  | { readonly kind: 'done'; readonly result: SearchResult }
  | { readonly kind: 'failed'; readonly reason: string };
