import { useEffect, useState } from 'preact/hooks';
import { readTimeline } from '../api/client.ts';
import { serverNowMs } from '../api/updates.ts';
import { duration } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { lookUp } from '../player/footage_lookup.ts';
import type { Place } from '../player/playback.ts';
import { askedInstant, nearMsOf } from '../preview/asked_instant.ts';
import { PreviewPicture } from '../preview/preview_picture.tsx';
import type { WantedPicture } from '../preview/preview_queue.ts';
import type { Previews } from '../preview/previews.ts';
import { burstLevel, levelAt } from './activity.ts';
import { type CardSide, cardLeft } from './card_place.ts';
import { damagesAt, damageWords } from './damage.ts';
import { asTimelineEvent, EventLines, useTold } from './event_lines.tsx';
import { eventsOver, type TimelineEvent } from './event_words.ts';
import { partAt, type RecordedPart } from './footage_part.ts';
import { causeWords } from './gap_words.ts';
import type { Orientation } from './orientation.ts';
import type { StreamAddress } from './stream_footage.ts';
import { instantWords } from './time_words.ts';
import type { TimelineModel } from './timeline_model.ts';
import { msPerPx, xOf } from './viewport.ts';

/** A pointer that rests so long on a gap is told its exact facts. */
const restMs = 90;

export interface Pointed {
  /** From the left edge of the drawing on the screen. */
  readonly left: number;
  readonly ms: number;
  readonly side: CardSide;
  /** Counts the tracks of the other cameras from 0; the leader's is none of them. */
  readonly beside?: number;
  /** Where it points at events; `ms` is when the oldest of them began. */
  readonly events?: readonly TimelineEvent[];
}

/** What is at a point of the track, or what the events are that a pointer points at. */
export function HoverCard({
  pointed,
  model,
  widthPx,
  cameraNames,
  previews,
}: {
  pointed: Pointed;
  model: TimelineModel;
  /** Of the drawing on the screen. */
  widthPx: number;
  /** Of the leader and of those beside it, in the order of their tracks. */
  cameraNames: readonly string[];
  previews: Previews;
}) {
  const { ms, left, side, beside = -1 } = pointed;
  const { store, address } = model.beside.value[beside] ?? model.footage;
  const { zone } = model;
  const view = model.view.value;
  const nowMs = model.nowMs.peek();
  const known = store.compose(view, nowMs);
  const { parts, damages, expectedFromMs, knownToMs } = known;
  const there = partAt(parts, ms);
  const part = pointed.events ? undefined : there;
  const events = pointed.events ?? eventsOver(known.events, ms, msPerPx(view));
  const told = useTold(events, address.cameraId);
  const shown = part?.kind === 'recorded' ? damagesAt(damages, ms, msPerPx(view)) : [];
  const gap = useGap(part?.kind === 'gap' ? ms : undefined, part?.startMs, address);
  const fromPlayhead = ms - model.playheadMs.peek();
  const words = () => {
    if (part?.kind === 'gap') {
      const exact = gap?.kind === 'gap' ? gap : undefined;
      if (!exact) return message('state.gap', { cause: causeWords(part.cause) });
      return message('hover.gap', {
        cause: causeWords(exact.cause),
        length: duration(exact.endMs - exact.startMs),
      });
    }
    if (part) return message(part.growing ? 'hover.growing' : 'hover.recorded');
    if (ms >= nowMs) return message('hover.future');
    if (expectedFromMs !== undefined && ms < expectedFromMs) return message('state.before');
    return message(knownToMs !== undefined && ms >= knownToMs ? 'hover.undecided' : 'state.unknown');
  };
  const since =
    gap?.kind === 'gap' && part?.kind === 'gap'
      ? message('hover.since', { instant: instantWords(zone, gap.startMs, ms) })
      : undefined;
  return (
    <div
      class={`hover-card ${side === 'below' ? 'below' : ''}`}
      data-testid="hover-card"
      style={{ left: `${cardLeft(left, widthPx)}px` }}
    >
      {side !== 'bare' && there?.kind === 'recorded' && (
        <PreviewPicture
          previews={previews}
          wanted={wantedAt(ms, { part: there, msPerPx: msPerPx(view), address, exactly: part === undefined })}
          ms={ms}
          zone={zone}
        />
      )}
      {cameraNames.length > 1 && <span class="card-camera">{cameraNames[beside + 1]}</span>}
      <b>{instantWords(zone, ms, model.playheadMs.peek())}</b>
      <span class="faint">
        {message('hover.fromPlayhead', {
          sign: fromPlayhead < 0 ? '−' : '+',
          length: duration(Math.abs(fromPlayhead)),
        })}
      </span>
      {!pointed.events && <span>{words()}</span>}
      {since && <span>{since}</span>}
      {part?.kind === 'recorded' && levelAt(known.activity, ms) >= burstLevel && (
        <span>{message('event.activity')}</span>
      )}
      {shown.map((damage) => (
        <span key={damage.media}>{damageWords(damage)}</span>
      ))}
      <EventLines events={events} told={told} zone={zone} besideMs={ms} />
    </div>
  );
}

/** The events that the playhead was sent to, for who has no pointer over them. */
export function ToldCard({ model, orientation }: { model: TimelineModel; orientation: Orientation }) {
  const told = model.toldEvents.value;
  if (!told) return <div role="status" />;
  const view = model.view.value;
  const events = told.events.map((event) => asTimelineEvent(event, model.nowMs.value));
  const x = xOf(view, told.ms);
  // A vertical one has its card over the half that the event is not in.
  const over = x > view.widthPx / 2 ? 'foot' : 'head';
  return (
    <div role="status">
      <div
        class={`hover-card ${orientation === 'vertical' ? over : ''}`}
        data-testid="told-card"
        style={orientation === 'horizontal' ? { left: `${cardLeft(x, view.widthPx)}px` } : undefined}
      >
        <b>{instantWords(model.zone, told.ms, model.nowMs.peek())}</b>
        {events.length === 0 && <span>{message('event.activity')}</span>}
        <EventLines events={events} told={told.events} zone={model.zone} besideMs={told.ms} />
      </div>
    </div>
  );
}

/** The picture for an instant in footage. @param options.exactly of that very one, as of an event's begin */
function wantedAt(
  ms: number,
  options: { part: RecordedPart; msPerPx: number; address: StreamAddress; exactly: boolean },
): WantedPicture {
  const { cameraId, streamId } = options.address;
  const atMs = options.exactly ? Math.round(ms) : askedInstant(ms, options);
  return { cameraId, streamId, atMs, nearMs: nearMsOf(options.msPerPx) };
}

/** The exact facts of the gap under a pointer that rests. */
function useGap(
  ms: number | undefined,
  startMs: number | undefined,
  { cameraId, streamId }: StreamAddress,
): Place | undefined {
  const [place, setPlace] = useState<{ startMs: number; place: Place }>();
  // Within one gap the answer is the same.
  useEffect(() => {
    if (ms === undefined || startMs === undefined) return;
    const gone = new AbortController();
    const timer = setTimeout(() => {
      lookUp(
        (from, to) => readTimeline(cameraId, { stream: streamId, from, to }, gone.signal),
        ms,
        serverNowMs(),
      )
        .then((found) => setPlace({ startMs, place: found }))
        // The cause is shown all the same.
        .catch(() => undefined);
    }, restMs);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [startMs, cameraId, streamId]);
  return place?.startMs === startMs ? place?.place : undefined;
}
