import { useEffect, useState } from 'preact/hooks';
import type { CameraEventAnswer } from '../../src/api/contract/event.ts';
import { listEvents } from '../api/client.ts';
import { message } from '../messages/message.ts';
import { eventWords, type TimelineEvent } from './event_words.ts';
import type { Zone } from './zone.ts';

/** A pointer that rests so long on events is told who told them. */
const restMs = 90;
const maxLines = 3;
/** Of so many events the sources are looked up. */
const maxAsked = 200;

/** An event as the timeline has it, of one that is known exactly. */
export function asTimelineEvent({ type, startMs, endMs }: CameraEventAnswer, nowMs: number): TimelineEvent {
  return {
    type,
    startMs,
    endMs: endMs ?? Math.max(startMs, nowMs),
    ongoing: endMs === undefined,
    count: 1,
  };
}

/** What some events are, when they were and who told them: a line for each, up to a few. */
export function EventLines({
  events,
  told,
  zone,
  besideMs,
}: {
  readonly events: readonly TimelineEvent[];
  /** The same, as they were told; empty while that is not known. */
  readonly told: readonly CameraEventAnswer[];
  readonly zone: Zone;
  /** An instant whose day need not be said. */
  readonly besideMs: number;
}) {
  return (
    <>
      {events.slice(0, maxLines).map((event) => {
        const sources = sourcesOf(event, told);
        return (
          <span key={`${event.type} ${event.startMs}`} class="event-line">
            {eventWords(event, zone, besideMs)}
            {sources !== '' && <i dir="auto">{message('event.source', { sources })}</i>}
          </span>
        );
      })}
      {events.length > maxLines && <span>{message('event.more', { count: events.length - maxLines })}</span>}
    </>
  );
}

function sourcesOf({ type, startMs, endMs }: TimelineEvent, told: readonly CameraEventAnswer[]): string {
  const same = told.filter((each) => each.type === type && each.startMs >= startMs && each.startMs <= endMs);
  return [...new Set(same.map(({ source }) => source))].join(', ');
}

/** The events as they were told, once the pointer rests. */
export function useTold(events: readonly TimelineEvent[], cameraId: string): readonly CameraEventAnswer[] {
  const [found, setFound] = useState<{ key: string; events: readonly CameraEventAnswer[] }>();
  const from = Math.min(...events.map(({ startMs }) => startMs));
  const to = Math.max(...events.map(({ startMs, endMs, count }) => (count > 1 ? endMs : startMs))) + 1;
  const type = events.every((event) => event.type === events[0]?.type) ? events[0]?.type : undefined;
  const key = `${from} ${to} ${type}`;
  useEffect(() => {
    if (!Number.isFinite(from)) return;
    const gone = new AbortController();
    const timer = setTimeout(() => {
      listEvents(cameraId, { from, to, limit: maxAsked, ...(type !== undefined && { type }) }, gone.signal)
        .then((answer) => setFound({ key, events: answer.events }))
        // What happened is shown all the same.
        .catch(() => undefined);
    }, restMs);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [key, cameraId]);
  return found?.key === key ? found.events : [];
}
