/** Why there is no footage; the closed list that index, API and UI share. */
export const gapCauses = [
  'unreachable',
  'refused',
  'authentication',
  'no_packets',
  'stream_error',
  'timeline_break',
  'damaged',
  'disk_full',
  'disk_slow',
  'disk_missing',
  'recorder_stopped',
  'crash',
  'paused',
  'deleted',
  'lost',
] as const;

export type GapCause = (typeof gapCauses)[number];

/** What there was a file for, which is gone or is not what was recorded. */
export const goneCauses: ReadonlySet<GapCause> = new Set(['deleted', 'lost', 'damaged']);
