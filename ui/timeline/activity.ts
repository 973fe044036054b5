/** How active footage is, as the server tells it for a window: see `activity` in docs/http-api.md. */
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';

export type ActivityStrip = TimelineAnswer['activity'];

/** The part of a strip from `fromMs` to `toMs`, as far as it reaches. */
export interface ActivityPart {
  readonly strip: ActivityStrip;
  readonly fromMs: number;
  readonly toMs: number;
}

export const highestLevel = 15;
/** From here on something is worth a look: such seconds begin a burst. */
export const burstLevel = 6;

/** From 1, quiet, to 15; 0 where nothing is known. */
export function levelAt(parts: readonly ActivityPart[], ms: number): number {
  const part = parts.find(({ fromMs, toMs }) => ms >= fromMs && ms < toMs);
  if (!part) return 0;
  const { startMs, stepMs, levels } = part.strip;
  return Number.parseInt(levels[Math.floor((ms - startMs) / stepMs)] ?? '0', 16);
}
