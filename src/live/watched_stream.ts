import type { LiveItem } from '../recorder/live_item.ts';
import type { StreamStatus } from '../recorder/status.ts';
import { ClientFeed, maxBacklogBytes, type Outgoing } from './client_feed.ts';
import { CurrentGroup } from './current_group.ts';
import { type LiveMessage, type LiveState, liveClose } from './live_message.ts';

/** A stream that sends no picture for so long has come to a halt, whatever its session believes. */
const silenceMs = 5_000;
/** A watcher whose backlog does not go down for so long is gone. */
const stuckMs = 30_000;

const playing: LiveState = { kind: 'state', state: 'playing', reason: 'The camera sends.' };

/** The connection of one watcher. */
export interface LiveSocket {
  /** Bytes that were sent and have not left this process yet. */
  readonly backlogBytes: number;
  sendText(text: string): void;
  sendBytes(bytes: Uint8Array): void;
  /** Ends the connection, at the latest after a moment. */
  close(code: number, reason: string): void;
}

interface Watcher {
  readonly socket: LiveSocket;
  readonly feed: ClientFeed;
  sentSinceTick: boolean;
  /** Since when its backlog is beyond the bound. */
  stuckSinceMs: number | undefined;
}

/** One stream and those who watch it. */
export class WatchedStream {
  readonly #watchers = new Map<LiveSocket, Watcher>();
  readonly #group = new CurrentGroup();
  #state: LiveState;
  #lastFrameMs: number;

  /** @param status what is known of the stream as the first watcher comes */
  constructor(status: StreamStatus | undefined, nowMs: number) {
    this.#state = waitingState(status);
    this.#lastFrameMs = nowMs;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  add(socket: LiveSocket, hello: LiveMessage): void {
    const watcher = { socket, feed: new ClientFeed(), sentSinceTick: true, stuckSinceMs: undefined };
    this.#watchers.set(socket, watcher);
    send(watcher, [hello, this.#state]);
    for (const item of this.#group.items) send(watcher, watcher.feed.take(item, socket.backlogBytes, true));
  }

  remove(socket: LiveSocket): void {
    this.#watchers.delete(socket);
  }

  /** @param nowMs monotonic milliseconds */
  take(item: LiveItem, nowMs: number): void {
    if (item.kind === 'frame') {
      this.#lastFrameMs = nowMs;
      if (this.#state.state === 'waiting') this.#setState(playing);
    }
    this.#group.take(item, nowMs);
    const burst = item.kind === 'frame' && item.catchUp;
    for (const watcher of this.#watchers.values())
      send(watcher, watcher.feed.take(item, watcher.socket.backlogBytes, burst));
  }

  /** Pictures, not this, say that it plays. */
  status(status: StreamStatus): void {
    if (status.state === 'recording' || status.state === 'paused') return;
    this.#setState(waitingState(status));
    this.#group.clear();
  }

  /** Once a second. @param nowMs monotonic milliseconds */
  tick(nowMs: number): void {
    if (this.#state.state === 'playing' && nowMs - this.#lastFrameMs > silenceMs) {
      const reason = `The camera has sent no picture for ${Math.round((nowMs - this.#lastFrameMs) / 1000)} s.`;
      this.#setState({ kind: 'state', state: 'waiting', reason });
      this.#group.clear();
    }
    for (const watcher of this.#watchers.values()) {
      if (!watcher.sentSinceTick) send(watcher, [{ kind: 'ping' }]);
      watcher.sentSinceTick = false;
      this.#endIfStuck(watcher, nowMs);
    }
  }

  closeAll(code: number, reason: string): void {
    for (const { socket } of this.#watchers.values()) socket.close(code, reason);
    this.#watchers.clear();
  }

  #setState(state: LiveState): void {
    const { state: before, reason } = this.#state;
    if (before === state.state && reason === state.reason) return;
    this.#state = state;
    for (const watcher of this.#watchers.values()) send(watcher, [state]);
  }

  #endIfStuck(watcher: Watcher, nowMs: number): void {
    if (watcher.socket.backlogBytes <= maxBacklogBytes) {
      watcher.stuckSinceMs = undefined;
      return;
    }
    watcher.stuckSinceMs ??= nowMs;
    if (nowMs - watcher.stuckSinceMs < stuckMs) return;
    this.#watchers.delete(watcher.socket);
    watcher.socket.close(liveClose.tooSlow, `Nothing was taken for ${stuckMs / 1000} s.`);
  }
}

function send(watcher: Watcher, messages: readonly Outgoing[]): void {
  for (const message of messages) {
    if (message instanceof Uint8Array) watcher.socket.sendBytes(message);
    else watcher.socket.sendText(JSON.stringify(message));
  }
  if (messages.length > 0) watcher.sentSinceTick = true;
}

function waitingState(status: StreamStatus | undefined): LiveState {
  if (!status || status.state === 'recording' || status.state === 'paused')
    return { kind: 'state', state: 'waiting', reason: 'Waiting for a picture.' };
  const { stateReason, errorCode } = status;
  return {
    kind: 'state',
    state: 'waiting',
    reason: stateReason,
    ...(errorCode !== undefined && { errorCode }),
  };
}
