/** Why there is no footage, in words. */
import { duration } from '../messages/format.ts';
import { message, type PlainKey } from '../messages/message.ts';
import type { GapCause } from './footage_part.ts';

/** Why nothing is shown: what the server says, or that the footage it tells of cannot be read. */
export type GapReason = GapCause | 'unreadable';

const words: Readonly<Record<GapReason, PlainKey>> = {
  unreachable: 'gap.unreachable',
  refused: 'gap.refused',
  authentication: 'gap.authentication',
  no_packets: 'gap.no_packets',
  stream_error: 'gap.stream_error',
  timeline_break: 'gap.timeline_break',
  damaged: 'gap.damaged',
  disk_full: 'gap.disk_full',
  disk_slow: 'gap.disk_slow',
  disk_missing: 'gap.disk_missing',
  recorder_stopped: 'gap.recorder_stopped',
  crash: 'gap.crash',
  paused: 'gap.paused',
  deleted: 'gap.deleted',
  lost: 'gap.lost',
  unreadable: 'gap.unreadable',
};

export function causeWords(cause: GapReason): string {
  return message(words[cause]);
}

/** The length of a gap; never nothing. */
export function gapLength(ms: number): string {
  return ms < 100 ? message('length.moment') : duration(ms);
}
