import type { Clock, Timer } from '../clock/clock.ts';
import type { LiveItem } from '../recorder/live_item.ts';
import type { StreamStatus } from '../recorder/status.ts';
import { liveClose } from './live_message.ts';
import { type LiveSocket, WatchedStream } from './watched_stream.ts';

/** All that may watch at once. */
export const maxWatchers = 64;
/** After the last watcher the frames go on so long: a page that is loaded anew has a picture at once. */
const lingerMs = 10_000;
const tickMs = 1_000;

/** Where the frames come from. */
export interface LiveSource {
  /** Frames are asked for from now on. */
  watch(streamId: string): void;
  unwatch(streamId: string): void;
  liveStatus(streamId: string): StreamStatus | undefined;
}

interface StreamEntry {
  readonly stream: WatchedStream;
  linger: Timer | undefined;
}

/** All who watch live, by stream; a stream's frames are asked for while there is somebody. */
export class LiveHub {
  readonly #source: LiveSource;
  readonly #clock: Clock;
  readonly #streams = new Map<string, StreamEntry>();
  readonly #ticker: Timer;
  #stopped = false;

  constructor(options: { source: LiveSource; clock: Clock }) {
    this.#source = options.source;
    this.#clock = options.clock;
    this.#ticker = this.#clock.every(tickMs, () => this.#tick());
  }

  /**
   * Takes a watcher on, or closes its socket with the reason why not.
   *
   * @returns what to call when its connection has ended
   */
  join(target: { streamId: string; role: 'main' | 'sub' }, socket: LiveSocket): () => void {
    if (this.#stopped) {
      socket.close(liveClose.stopping, 'The server stops.');
      return () => {};
    }
    if (this.watchers >= maxWatchers) {
      socket.close(liveClose.tooMany, `Already ${maxWatchers} connections watch; close one of them.`);
      return () => {};
    }
    const { streamId, role } = target;
    const entry = this.#entry(streamId);
    entry.linger?.cancel();
    entry.linger = undefined;
    entry.stream.add(socket, { kind: 'hello', nowMs: this.#clock.now(), streamId, role });
    return () => this.#leave(streamId, entry, socket);
  }

  get watchers(): number {
    let sum = 0;
    for (const { stream } of this.#streams.values()) sum += stream.watchers;
    return sum;
  }

  /** What a watched stream sends. */
  live(streamId: string, items: readonly LiveItem[]): void {
    const stream = this.#streams.get(streamId)?.stream;
    if (!stream) return;
    for (const item of items) stream.take(item, this.#clock.monotonic());
  }

  status(status: StreamStatus): void {
    this.#streams.get(status.streamId)?.stream.status(status);
  }

  /** The stream was removed. */
  gone(streamId: string): void {
    this.#end(streamId, liveClose.gone, 'The camera was removed.');
  }

  /** Says goodbye to all; nobody is taken on any more. */
  stop(): void {
    this.#stopped = true;
    this.#ticker.cancel();
    for (const streamId of [...this.#streams.keys()])
      this.#end(streamId, liveClose.stopping, 'The server stops.');
  }

  #entry(streamId: string): StreamEntry {
    const known = this.#streams.get(streamId);
    if (known) return known;
    const stream = new WatchedStream(this.#source.liveStatus(streamId), this.#clock.monotonic());
    const entry = { stream, linger: undefined };
    this.#streams.set(streamId, entry);
    this.#source.watch(streamId);
    return entry;
  }

  #leave(streamId: string, entry: StreamEntry, socket: LiveSocket): void {
    entry.stream.remove(socket);
    if (entry.stream.watchers > 0 || this.#streams.get(streamId) !== entry || entry.linger) return;
    entry.linger = this.#clock.after(lingerMs, () => {
      this.#streams.delete(streamId);
      this.#source.unwatch(streamId);
    });
  }

  #end(streamId: string, code: number, reason: string): void {
    const entry = this.#streams.get(streamId);
    if (!entry) return;
    this.#streams.delete(streamId);
    entry.linger?.cancel();
    entry.stream.closeAll(code, reason);
    this.#source.unwatch(streamId);
  }

  #tick(): void {
    for (const { stream } of this.#streams.values()) stream.tick(this.#clock.monotonic());
  }
}
