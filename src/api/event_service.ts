import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { Topic } from '../events/topic.ts';
import type { CameraEvent } from '../index/camera_events.ts';
import type { CameraEventIndex } from '../index/open_index.ts';
import type { CameraStore } from './camera_store.ts';
import { findCamera } from './camera_view.ts';
import type { CameraEventAnswer, EventInput, EventPatch } from './contract/event.ts';
import { requirePrintable } from './printable_line.ts';

const dayMs = 86_400_000;
/** An event that is told as a whole is no longer; so far back may one begin that goes on. */
const longestMs = 7 * dayMs;
/** The clock of a source may be ahead by so much. */
const aheadMs = 60_000;
/** Of `data`, as JSON in UTF-8. */
const maxDataBytes = 4096;
/** Events of one answer, unless fewer are asked for. */
export const maxEvents = 1000;

export interface EventQuery {
  readonly fromMs: number;
  readonly toMs: number;
  readonly type?: string | undefined;
  readonly limit?: number | undefined;
}

/** Where on the timeline of a camera an event came or ended; both inclusive. */
export interface EventChange {
  readonly cameraId: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What happened in front of cameras, told by whoever noticed it: people, scripts, and what listens to the cameras. */
export class EventService {
  readonly changed = new Topic<EventChange>();
  readonly #cameras: Pick<CameraStore, 'get'>;
  readonly #events: CameraEventIndex;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #journal: (cameraId: string, entry: object) => void;

  /** @param journal writes a line beside the footage of the camera, for an index that is made anew */
  constructor(options: {
    cameras: Pick<CameraStore, 'get'>;
    events: CameraEventIndex;
    clock: Clock;
    newId: () => string;
    journal: (cameraId: string, entry: object) => void;
  }) {
    this.#cameras = options.cameras;
    this.#events = options.events;
    this.#clock = options.clock;
    this.#newId = options.newId;
    this.#journal = options.journal;
  }

  /** @throws NightjarError `camera_unknown`, `request_invalid` */
  add(cameraId: string, input: EventInput): CameraEventAnswer {
    findCamera(this.#cameras, cameraId);
    const nowMs = Math.round(this.#clock.now());
    const { type, source, startMs = nowMs } = input;
    const endMs = input.endMs ?? undefined;
    requirePrintable('source', source);
    if (startMs > nowMs + aheadMs) throw invalid('startMs', 'startMs lies in the future.');
    requireOrder(startMs, endMs);
    if (endMs !== undefined) requirePast(endMs, nowMs);
    if ((endMs ?? nowMs) - startMs > longestMs) {
      throw invalid('startMs', 'An event may last seven days at most, or have begun so long ago.');
    }
    const data = dataText(input.data);
    const event = { id: this.#newId(), cameraId, type, startMs, endMs, source, data, createdMs: nowMs };
    this.#events.insert(event);
    const { data: _, ...fields } = event;
    this.#journal(cameraId, { ...fields, ...(input.data && { data: input.data }) });
    this.changed.publish({ cameraId, fromMs: startMs, toMs: endMs ?? Math.max(nowMs, startMs) });
    return viewEvent(event);
  }

  /**
   * Ends an event that goes on, now unless told when.
   *
   * @throws NightjarError `event_unknown`, `event_ended`, `request_invalid`
   */
  close(cameraId: string, id: string, patch: EventPatch): CameraEventAnswer {
    const event = this.#find(cameraId, id);
    if (event.endMs !== undefined) throw new NightjarError('event_ended', `Event ${id} has ended already.`);
    const nowMs = Math.round(this.#clock.now());
    const endMs = patch.endMs ?? Math.max(nowMs, event.startMs);
    requireOrder(event.startMs, endMs);
    requirePast(endMs, nowMs);
    const closed = { ...event, endMs, ...(patch.data && { data: dataText(patch.data) }) };
    this.#events.close(closed);
    this.#journal(cameraId, { id, endMs, ...(patch.data && { data: patch.data }) });
    // Where it was shown as going on it does so no longer.
    this.changed.publish({ cameraId, fromMs: event.startMs, toMs: Math.max(nowMs, endMs) });
    return viewEvent(closed);
  }

  /** @throws NightjarError `camera_unknown` */
  list(cameraId: string, query: EventQuery): { events: CameraEventAnswer[]; complete: boolean } {
    findCamera(this.#cameras, cameraId);
    const limit = query.limit ?? maxEvents;
    const found = this.#events.between({ ...query, cameraId, limit: limit + 1 });
    return { events: found.slice(0, limit).map(viewEvent), complete: found.length <= limit };
  }

  #find(cameraId: string, id: string): CameraEvent {
    const event = this.#events.get(cameraId, id);
    if (event) return event;
    throw new NightjarError('event_unknown', `The camera has no event ${JSON.stringify(id)}.`, {
      place: { field: 'eventId' },
    });
  }
}

function viewEvent(event: CameraEvent): CameraEventAnswer {
  const { id, cameraId, type, startMs, endMs, source, data, createdMs } = event;
  return {
    id,
    cameraId,
    type,
    startMs,
    ...(endMs !== undefined && { endMs }),
    source,
    ...(data !== undefined && { data: JSON.parse(data) }),
    createdMs,
  };
}

function dataText(data: object | undefined): string | undefined {
  if (data === undefined) return undefined;
  const text = JSON.stringify(data);
  if (Buffer.byteLength(text) <= maxDataBytes) return text;
  throw invalid('data', `data must be at most ${maxDataBytes} bytes of JSON.`);
}

function requirePast(endMs: number, nowMs: number): void {
  if (endMs > nowMs + aheadMs) throw invalid('endMs', 'endMs lies in the future.');
}

function requireOrder(startMs: number, endMs: number | undefined): void {
  if (endMs === undefined || endMs >= startMs) return;
  throw invalid('endMs', 'endMs must not be earlier than startMs.');
}

function invalid(field: string, detail: string): NightjarError {
  return new NightjarError('request_invalid', detail, { place: { field } });
}
