/**
 * What a storage root is good for:
 *
 * - `usable`
 * - `full`: there is no space, but deleting old footage may make some
 * - `unwritable`: its disk is mounted read-only, or the folder belongs to somebody else
 * - `missing`: its folder or its marker is not there: the disk is not mounted, or another one is
 * - `failing`: its disk does not answer, or with errors
 */
export const rootStates = ['usable', 'full', 'unwritable', 'missing', 'failing'] as const;
export type RootState = (typeof rootStates)[number];

/** What is known of a storage root and its disk. */
export interface RootStatus {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  readonly state: RootState;
  /** As good as state `usable`. */
  readonly usable: boolean;
  /** Why it is not usable, in words. */
  readonly reason?: string;
  readonly totalBytes?: number;
  readonly freeBytes?: number;
  /** In memory, or written and not yet synced: not all file systems count them as used. */
  readonly inFlightBytes: number;
}

/** Why nothing is to be recorded to it now, in words; undefined when that may be tried, as on a disk that is full. */
export function awayReason({ state, reason }: RootStatus): string | undefined {
  return state === 'usable' || state === 'full' ? undefined : reason;
}
