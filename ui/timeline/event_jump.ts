import { useMemo } from 'preact/hooks';
import { findBurst, listEvents } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';
import { serverNowMs } from '../api/updates.ts';
import { toast } from '../design/toasts.tsx';
import { message } from '../messages/message.ts';
import { findEvent } from './event_search.ts';
import { eventStretchOf } from './footage_levels.ts';
import type { StreamAddress } from './stream_footage.ts';
import type { TimelineModel } from './timeline_model.ts';

/** The playhead stands on the picture before the begin of an event, and may have played on by so much. */
const besideMs = { before: 2_000, after: 3_000 };
/** Of the events that are closest together, so many answers are read. */
const maxPages = 20;

export interface EventJump {
  /** To the next event of the camera or burst of activity of the stream, or to the one before, in view or not. */
  readonly step: (direction: -1 | 1) => void;
  /** To those that began at an instant. */
  readonly goTo: (ms: number) => void;
}

/** Goes to events and bursts of activity, and lets the model tell them. */
export function useEventJump(
  model: TimelineModel,
  { cameraId, streamId }: StreamAddress,
  seek: (ms: number) => void,
): EventJump {
  return useMemo(() => {
    let leaving = new AbortController();
    const latest = (ask: (signal: AbortSignal) => Promise<void>): void => {
      leaving.abort();
      leaving = new AbortController();
      const { signal } = leaving;
      ask(signal).catch((thrown) => {
        if (signal.aborted) return;
        if (!(thrown instanceof RequestProblem)) throw thrown;
        toast('problem', thrown.detail, thrown.advice);
      });
    };
    const goTo = async (ms: number, signal: AbortSignal): Promise<void> => {
      seek(ms);
      const { events } = await listEvents(cameraId, { from: ms, to: ms + 1 }, signal);
      model.toldEvents.value = { ms, events: events.filter(({ startMs }) => startMs === ms) };
    };
    const step = async (direction: -1 | 1, signal: AbortSignal): Promise<void> => {
      const whole = model.minimapView();
      const search = {
        coarse: model.store.compose(whole, serverNowMs()).events,
        stretchMs: eventStretchOf(whole),
        read: (fromMs: number, toMs: number) => beginsBetween(cameraId, fromMs, toMs, signal),
      };
      const at = standsAt(model);
      const [event, { burst }] = await Promise.all([
        findEvent(search, at, direction),
        findBurst(
          cameraId,
          { stream: streamId, from: Math.round(at), direction: direction > 0 ? 'next' : 'previous' },
          signal,
        ),
      ]);
      const begins = [event, burst?.startMs].filter((ms) => ms !== undefined);
      const ms = direction > 0 ? Math.min(...begins) : Math.max(...begins);
      if (Number.isFinite(ms)) return goTo(ms, signal);
      toast('note', message(direction > 0 ? 'event.none.next' : 'event.none.previous'));
    };
    return {
      step: (direction) => latest((signal) => step(direction, signal)),
      goTo: (ms) => latest((signal) => goTo(ms, signal)),
    };
  }, [model, cameraId, streamId, seek]);
}

/** The event that the playhead was sent to, while it is there, else its instant. */
function standsAt({ toldEvents, playheadMs }: TimelineModel): number {
  const at = playheadMs.peek();
  const told = toldEvents.peek()?.ms;
  return told !== undefined && at >= told - besideMs.before && at <= told + besideMs.after ? told : at;
}

async function beginsBetween(
  cameraId: string,
  fromMs: number,
  toMs: number,
  signal: AbortSignal,
): Promise<number[]> {
  const begins: number[] = [];
  const to = Math.ceil(toMs);
  let from = Math.floor(fromMs);
  for (let page = 0; page < maxPages && from < to; page++) {
    const { events, complete } = await listEvents(cameraId, { from, to }, signal);
    begins.push(...events.map(({ startMs }) => startMs));
    if (complete) break;
    from = Math.max(from, begins.at(-1) ?? from) + 1;
  }
  return begins;
}
