/** A clip before it is made: its address, and what it will hold. */
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { clipPart, type GapPart, partsOf } from '../timeline/footage_part.ts';

/** The longest clip that the server makes. */
export const maxClipMs = 25 * 3_600_000;

export interface ClipRequest {
  readonly cameraId: string;
  readonly streamId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly gaps: 'close' | 'keep';
}

export function clipAddress({ cameraId, streamId, fromMs, toMs, gaps }: ClipRequest): string {
  const query = new URLSearchParams({
    stream: streamId,
    from: `${Math.round(fromMs)}`,
    to: `${Math.round(toMs)}`,
    gaps,
  });
  return `/api/v1/cameras/${encodeURIComponent(cameraId)}/clip.mp4?${query}`;
}

export interface ClipContent {
  readonly coveredMs: number;
  /** Of that, time whose pictures may show damage. */
  readonly damagedMs: number;
  readonly gaps: readonly GapPart[];
}

/** How much of the time between the marks is footage, and what is missing. */
export function clipContent(
  answer: Pick<TimelineAnswer, 'recordings' | 'gaps' | 'damages'>,
  fromMs: number,
  toMs: number,
): ClipContent {
  let coveredMs = 0;
  const gaps: GapPart[] = [];
  for (const part of partsOf(answer)) {
    const inside = clipPart(part, fromMs, toMs);
    if (inside?.kind === 'recorded') coveredMs += inside.endMs - inside.startMs;
    else if (inside) gaps.push(inside);
  }
  let damagedMs = 0;
  for (const { media, startMs, endMs } of answer.damages) {
    const length = Math.min(endMs, toMs) - Math.max(startMs, fromMs);
    if (media === 'video' && length > 0) damagedMs += length;
  }
  return { coveredMs, damagedMs, gaps };
}
