/** What is known of one stream's footage, fetched as views need it and kept true by what the server pushes. */
import { signal } from '@preact/signals';
import { backoffMs } from '../api/backoff.ts';
import { readTimeline } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';
import { onUpdate, serverNowMs } from '../api/updates.ts';
import type { WindowKey } from './footage_levels.ts';
import { FootageStore, requestOf } from './footage_store.ts';
import type { Viewport } from './viewport.ts';

export interface StreamAddress {
  readonly cameraId: string;
  readonly streamId: string;
  /** Since when the camera is there. */
  readonly createdMs: number;
}

/** What happened shortly before a camera's state changed may be told anew: the begin or the end of a gap. */
const recentMs = 60_000;

export class StreamFootage {
  readonly address: StreamAddress;
  readonly store = new FootageStore();
  /** Counts changes of what is known. */
  readonly version = signal(0);
  /** Counts those that concern windows at least as coarse as {@link wholeResolutionMs}. */
  readonly wholeVersion = signal(0);
  readonly problem = signal<RequestProblem | undefined>(undefined);
  /** Of the windows by which the whole retention is shown. */
  wholeResolutionMs = 0;
  readonly #onRetry: () => void;
  readonly #ended = new AbortController();
  readonly #cleanups: readonly (() => void)[];
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** @param onRetry called when it is time to ask again for what could not be fetched */
  constructor(address: StreamAddress, onRetry: () => void) {
    this.address = address;
    this.#onRetry = onRetry;
    const isMine = (update: { streamId: string }) => update.streamId === address.streamId;
    this.#cleanups = [
      onUpdate('footage', (update) => {
        if (isMine(update) && this.store.grew(update.endMs)) this.#changed();
      }),
      onUpdate('footage_deleted', (update) => {
        if (isMine(update)) this.#invalidate(update.fromMs, update.toMs);
      }),
      onUpdate('footage_damaged', (update) => {
        if (isMine(update)) this.#invalidate(update.fromMs, update.toMs);
      }),
      onUpdate('camera_events', (update) => {
        if (update.cameraId === address.cameraId) this.#invalidate(update.fromMs, update.toMs + 1);
      }),
      // A camera that stops or comes back begins or ends a gap.
      onUpdate('camera', ({ id }) => {
        if (id === address.cameraId) this.#invalidate(serverNowMs() - recentMs);
      }),
      onUpdate('hello', () => this.#invalidate()),
    ];
  }

  end(): void {
    this.#ended.abort();
    clearTimeout(this.#retry);
    for (const cleanup of this.#cleanups) cleanup();
  }

  /** Asks for what the views need and nobody asked for yet. @param fromMs nothing is known of what was before */
  fetchFor(views: readonly Viewport[], nowMs: number, fromMs: number): void {
    if (this.#retry !== undefined) return;
    for (const view of views) {
      for (const key of this.store.wanted(view, nowMs, fromMs)) void this.#fetch(key);
    }
  }

  async #fetch(key: WindowKey): Promise<void> {
    const { fromMs, toMs, resolutionMs } = requestOf(key);
    const { cameraId, streamId } = this.address;
    try {
      const query = {
        stream: streamId,
        from: fromMs,
        to: toMs,
        ...(resolutionMs !== undefined && { resolutionMs }),
      };
      const answer = await readTimeline(cameraId, query, this.#ended.signal);
      this.store.put(key, answer, serverNowMs());
      this.#failures = 0;
      this.problem.value = undefined;
      this.#changed(key.resolutionMs >= this.wholeResolutionMs);
    } catch (thrown) {
      this.store.failed(key);
      if (this.#ended.signal.aborted) return;
      if (thrown instanceof RequestProblem) this.problem.value = thrown;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(
        () => {
          this.#retry = undefined;
          this.#onRetry();
        },
        backoffMs(this.#failures++),
      );
    }
  }

  #invalidate(fromMs?: number, toMs?: number): void {
    this.store.invalidate(fromMs, toMs);
    this.#changed();
  }

  #changed(onWhole = true): void {
    this.version.value++;
    if (onWhole) this.wholeVersion.value++;
  }
}
