import { Topic } from '../events/topic.ts';
import type { UnixMillis } from '../units/time.ts';
import type { StreamStatus } from './status.ts';

/** What is known of each stream; tells and logs what is news. */
export class StreamStatuses {
  /** The state of a stream, its reason, its codecs or the size of its picture changed. */
  readonly changed = new Topic<StreamStatus>();
  readonly #log: Record<'info' | 'warn', (fields: object, text: string) => void>;
  readonly #nameOf: (streamId: string) => string | undefined;
  readonly #statuses = new Map<string, StreamStatus>();
  /** End of the newest footage of each stream: a recorder knows only of what it wrote itself. */
  readonly #footageEnds = new Map<string, UnixMillis>();

  /** @param nameOf name of a stream's camera, for the log */
  constructor(
    log: Record<'info' | 'warn', (fields: object, text: string) => void>,
    nameOf: (streamId: string) => string | undefined,
  ) {
    this.#log = log;
    this.#nameOf = nameOf;
  }

  get(streamId: string): StreamStatus | undefined {
    return this.#statuses.get(streamId);
  }

  forget(streamId: string): void {
    this.#statuses.delete(streamId);
    this.#footageEnds.delete(streamId);
  }

  /** There is footage of before its recorder was begun. */
  knowFootage(streamId: string, lastFootageMs: UnixMillis): void {
    this.#footageEnds.set(streamId, lastFootageMs);
  }

  set(told: StreamStatus): void {
    const lastFootageMs = told.lastFootageMs ?? this.#footageEnds.get(told.streamId);
    if (lastFootageMs !== undefined) this.#footageEnds.set(told.streamId, lastFootageMs);
    const status = lastFootageMs === undefined ? told : { ...told, lastFootageMs };
    const before = this.#statuses.get(status.streamId);
    this.#statuses.set(status.streamId, status);
    const isNews = before?.state !== status.state || before.stateReason !== status.stateReason;
    if (isNews) this.#say(status);
    if (isNews || !samePicture(before, status)) this.changed.publish(status);
  }

  #say({ streamId, cameraId, role, state, stateReason }: StreamStatus): void {
    const level = state === 'backing_off' ? 'warn' : 'info';
    this.#log[level]({ camera: this.#nameOf(streamId) ?? cameraId, role, state }, stateReason);
  }
}

function samePicture(a: StreamStatus, b: StreamStatus): boolean {
  return a.width === b.width && a.height === b.height && a.codecs.join() === b.codecs.join();
}
