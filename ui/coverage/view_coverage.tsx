import './coverage.css';
import { message } from '../messages/message.ts';
import { causeWords, gapLength } from '../timeline/gap_words.ts';
import { instantWords } from '../timeline/time_words.ts';
import type { TimelineModel } from '../timeline/timeline_model.ts';
import { endOf, startOf } from '../timeline/viewport.ts';
import { percentWords } from './coverage_words.ts';
import { useCoverage } from './use_coverage.ts';

/** A view that moves by less than this part of itself is the same one. */
const stepPart = 1 / 100;
const mostCauses = 3;

/** How much of what the timeline shows is recorded, why not the rest, and the way to the longest gap. */
export function ViewCoverage({
  model,
  cameraId,
  streamId,
  onSeek,
}: {
  model: TimelineModel;
  cameraId: string;
  streamId: string;
  onSeek: (ms: number) => void;
}) {
  const view = model.view.value;
  const nowMs = model.nowMs.value;
  const stepMs = Math.max(1000, view.spanMs * stepPart);
  const rounded = (ms: number) => Math.max(0, Math.round(Math.round(ms / stepMs) * stepMs));
  const fromMs = rounded(startOf(view));
  const toMs = Math.max(fromMs + 1, rounded(endOf(view)));
  const coverage = useCoverage(cameraId, streamId, fromMs, toMs);
  if (!coverage || coverage.coveredMs + coverage.missingMs === 0) return <p class="view-coverage" />;
  const { percent, gaps, longestGap, lost } = coverage;
  const causes = gaps.slice(0, mostCauses).map(({ cause, totalMs }) => ({
    cause,
    words: message('coverage.cause', { cause: causeWords(cause), length: gapLength(totalMs) }),
  }));
  return (
    <p class="view-coverage" data-testid="view-coverage">
      <b>
        {percent === undefined
          ? message('coverage.nothing')
          : message('coverage.view', { percent: percentWords(percent) })}
      </b>
      {causes.map(({ cause, words }) => (
        <span key={cause}>{words}</span>
      ))}
      {lost.pictures + lost.packets > 0 && <span>{message('coverage.lost', lost)}</span>}
      {longestGap && (
        <button type="button" data-testid="longest-gap" onClick={() => onSeek(longestGap.startMs)}>
          {message('coverage.longest', {
            length: gapLength(longestGap.endMs - longestGap.startMs),
            instant: instantWords(model.zone, longestGap.startMs, nowMs),
          })}
        </button>
      )}
    </p>
  );
}
