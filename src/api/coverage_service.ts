import { NightjarError } from '../errors/nightjar_error.ts';
import { type CoverageSummary, summariseCoverage } from '../footage/coverage_summary.ts';
import type { Interval } from '../footage/interval.ts';
import { type LocalDay, localDays } from '../footage/local_days.ts';
import { composeTimeline } from '../footage/timeline.ts';
import type { CoverageAnswer } from './contract/coverage.ts';
import type { CoverageRequest } from './ports.ts';
import {
  type CoverageFootage,
  liveDamages,
  type TimelineSources,
  timelineFacts,
} from './timeline_service.ts';

/** More days than this are asked for in parts. */
const maxDays = 400;
const dayMs = 86_400_000;

export interface CoverageSources extends TimelineSources {
  readonly footage: CoverageFootage;
}

/**
 * How much of a window a stream recorded, and why not the rest; for each day too where a zone is given.
 *
 * @throws NightjarError `request_invalid` for an unknown zone or too many days
 */
export function readCoverage(sources: CoverageSources, request: CoverageRequest): CoverageAnswer {
  const { stream, fromMs, toMs, zone } = request;
  const facts = timelineFacts(sources, { streamId: stream.id, fromMs, toMs });
  const timeline = composeTimeline(facts);
  const window = { startMs: fromMs, endMs: toMs };
  const figures = (summary: CoverageSummary, range: Interval) => ({
    coveredMs: summary.coveredMs,
    missingMs: summary.missingMs,
    ...(summary.percent !== undefined && { percent: summary.percent }),
    gaps: [...summary.gaps],
    ...(summary.longestGap && {
      longestGap: { ...summary.longestGap, causes: [...summary.longestGap.causes] },
    }),
    lost: lossesOf(sources, stream.id, range),
  });
  const days = zone === undefined ? undefined : daysOf(window, zone);
  return {
    streamId: stream.id,
    role: stream.role,
    expectedFromMs: timeline.expectedFromMs,
    knownToMs: timeline.knownToMs,
    undecidedMs: Math.max(0, Math.floor(Math.min(toMs, facts.nowMs)) - timeline.knownToMs),
    ...figures(summariseCoverage(timeline), window),
    ...(days && {
      days: days.map((day) => ({ ...day, ...figures(summariseCoverage(timeline, day), day) })),
    }),
  };
}

function daysOf(window: Interval, zone: string): LocalDay[] {
  if (window.endMs - window.startMs > maxDays * dayMs) {
    throw new NightjarError('request_invalid', `With zone, the window has ${maxDays} days at most.`, {
      place: { field: 'to' },
    });
  }
  try {
    return localDays(window, zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new NightjarError(
      'request_invalid',
      `zone is ${JSON.stringify(zone)}, but must be the IANA name of a time zone, such as Europe/Berlin.`,
      { place: { field: 'zone' } },
    );
  }
}

function lossesOf({ footage, openFootage }: CoverageSources, streamId: string, range: Interval) {
  const live = openFootage(streamId)
    .flatMap(liveDamages)
    .filter(({ startMs }) => startMs >= range.startMs && startMs < range.endMs);
  const [video, audio] = (['video', 'audio'] as const).map((media) => {
    const { packetsLost, unitsDropped } = footage.lossesBegun(streamId, range.startMs, range.endMs, media);
    const ofMedia = live.filter((range) => range.media === media);
    return {
      packets: ofMedia.reduce((sum, loss) => sum + loss.packetsLost, packetsLost),
      units: ofMedia.reduce((sum, loss) => sum + loss.unitsDropped, unitsDropped),
    };
  }) as [Losses, Losses];
  return { pictures: video.units, sounds: audio.units, packets: video.packets + audio.packets };
}

interface Losses {
  readonly packets: number;
  readonly units: number;
}
