import {
  type ActivityStrip,
  activeParts,
  type Burst,
  burstPauseSeconds,
  burstsOf,
  emptyStrip,
  levelsText,
  raise,
} from '../footage/activity.ts';
import type { Interval } from '../footage/interval.ts';
import type { FootageIndex } from '../index/open_index.ts';
import { type OpenFootage, openFootageEnd } from '../recorder/open_footage.ts';
import type { BurstAnswer, TimelineAnswer } from './contract/footage.ts';
import type { BurstRequest, TimelineRequest } from './ports.ts';

export interface ActivitySources {
  readonly footage: Pick<FootageIndex, 'addActivity' | 'nextBurst' | 'previousBurst'>;
  /** Segments of a stream that are being written. */
  readonly openFootage: (streamId: string) => readonly OpenFootage[];
}

const finestStepMs = 1_000;
/** Longer answers would tell more than any screen can show. */
const maxSteps = 8_192;
/** Around a segment so much is looked at, to tell a burst from the end of an earlier one. */
const contextMs = 2 * burstPauseSeconds * 1_000;
/** A search looks at so many segments: those of one burst that lasts for hours come one after the other. */
const maxLooks = 500;

/** How active the footage of a window is, in steps of a second at least. */
export function readActivity(
  sources: ActivitySources,
  { streamId, fromMs, toMs, resolutionMs = finestStepMs }: TimelineRequest,
  known: Interval,
): TimelineAnswer['activity'] {
  const window = { startMs: Math.max(fromMs, known.startMs), endMs: Math.min(toMs, known.endMs) };
  let stepMs = Math.max(finestStepMs, resolutionMs);
  while ((window.endMs - window.startMs) / stepMs > maxSteps) stepMs *= 2;
  const strip = stripOf(sources, streamId, window, stepMs);
  return { startMs: strip.startMs, stepMs, levels: levelsText(strip.levels) };
}

/** The first burst that begins after an instant, or the last one that begins before it. */
export function findBurst(
  sources: ActivitySources,
  { streamId, fromMs, direction }: BurstRequest,
): BurstAnswer {
  const { footage } = sources;
  const found = (window: Interval): Burst | undefined => {
    const strip = stripOf(sources, streamId, window, finestStepMs);
    // What is there from the very begin began earlier.
    const bursts = burstsOf(strip).filter(({ startMs }) => startMs > strip.startMs);
    return direction === 'next'
      ? bursts.find(({ startMs }) => startMs > fromMs)
      : bursts.findLast(({ startMs }) => startMs < fromMs);
  };
  const around = ({ startMs, endMs }: Interval) => ({
    startMs: startMs - contextMs,
    endMs: endMs + contextMs,
  });
  const open = sources.openFootage(streamId);
  const live = {
    startMs: Math.min(...open.map(({ fragments }) => fragments[0]!.startMs)),
    endMs: Math.max(...open.map(openFootageEnd)),
  };
  const inLive = (): BurstAnswer => answerOf(open.length > 0 ? found(around(live)) : undefined);
  if (direction === 'previous') {
    const newest = inLive();
    if (newest.burst) return newest;
  }
  let at: number = fromMs;
  for (let looks = 0; looks < maxLooks; looks++) {
    const segment =
      direction === 'next'
        ? footage.nextBurst(streamId, { startMs: at, endMs: Number.MAX_SAFE_INTEGER })
        : footage.previousBurst(streamId, at);
    if (!segment) break;
    const burst = found(around(segment));
    if (burst) return answerOf(burst);
    at = direction === 'next' ? Math.max(at + 1, segment.endMs) : segment.startMs;
  }
  return direction === 'next' ? inLive() : {};
}

function answerOf(burst: Burst | undefined): BurstAnswer {
  return burst ? { burst: { startMs: burst.startMs } } : {};
}

function stripOf(
  { footage, openFootage }: ActivitySources,
  streamId: string,
  window: Interval,
  stepMs: number,
): ActivityStrip {
  const strip = emptyStrip(window, stepMs);
  footage.addActivity(strip, streamId);
  for (const open of openFootage(streamId)) {
    for (const part of activeParts(open.fragments, openFootageEnd(open))) raise(strip, part);
  }
  return strip;
}
