/** The state of one stream's timeline: what is in view, what is known of it, where the playhead and the marks are. */
import { computed, signal } from '@preact/signals';
import type { CameraEventAnswer } from '../../src/api/contract/event.ts';
import { backoffMs } from '../api/backoff.ts';
import { readTimeline } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';
import { onUpdate, serverNowMs } from '../api/updates.ts';
import { resolutionOf, type WindowKey } from './footage_levels.ts';
import { FootageStore, requestOf } from './footage_store.ts';
import type { Marks } from './layout.ts';
import { type Bounds, clampTo, reveal, startOf, type Viewport, xOf } from './viewport.ts';
import type { Zone } from './zone.ts';

/** A playhead that plays is kept left of this part of the view. */
const followPart = 0.85;
const tickMs = 1000;
/** How far a playhead may play on from an event that is told. */
const toldForMs = 10_000;
/** Not seen as a delay. */
const fetchEveryMs = 50;
/** The least time that the minimap shows. */
const leastRetentionMs = 3_600_000;

export interface StreamAddress {
  readonly cameraId: string;
  readonly streamId: string;
  /** Since when the camera is there. */
  readonly createdMs: number;
}

export class TimelineModel {
  readonly zone: Zone;
  readonly view;
  readonly playheadMs;
  readonly marks = signal<Marks>({ inMs: undefined, outMs: undefined });
  /** The events that the playhead was sent to as such, which began at `ms`; until it is sent elsewhere or plays on. */
  readonly toldEvents = signal<
    { readonly ms: number; readonly events: readonly CameraEventAnswer[] } | undefined
  >(undefined);
  readonly nowMs = signal(serverNowMs());
  /** Counts changes of what is known. */
  readonly version = signal(0);
  /** Counts those that the minimap may show. */
  readonly wholeVersion = signal(0);
  readonly problem = signal<RequestProblem | undefined>(undefined);
  readonly store = new FootageStore();
  readonly #address: StreamAddress;
  readonly #ended = new AbortController();
  readonly #cleanups: (() => void)[] = [];
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;

  /** What the minimap shows: from the oldest footage to now. */
  readonly retention = computed<Bounds>(() => {
    void this.wholeVersion.value;
    const toMs = this.nowMs.value;
    const whole = this.#wholeView(this.#address.createdMs, toMs);
    const parts = this.store.compose(whole, toMs).parts;
    const oldest =
      parts[0]?.kind === 'gap' && parts[0].cause === 'deleted' ? parts[1]?.startMs : parts[0]?.startMs;
    const fromMs = Math.min(
      oldest ?? this.store.expectedFromMs ?? this.#address.createdMs,
      toMs - leastRetentionMs,
    );
    return { fromMs, toMs };
  });

  constructor(address: StreamAddress, zone: Zone, initial: { atMs: number; spanMs: number }) {
    this.#address = address;
    this.zone = zone;
    this.view = signal<Viewport>({ centreMs: initial.atMs, spanMs: initial.spanMs, widthPx: 1000 });
    this.playheadMs = signal(initial.atMs);
    const timer = setInterval(() => this.#tick(), tickMs);
    const isMine = (update: { cameraId: string; streamId: string }) => update.streamId === address.streamId;
    this.#cleanups.push(
      () => clearInterval(timer),
      onUpdate('footage', (update) => {
        if (isMine(update) && this.store.grew(update.endMs)) this.#changed();
      }),
      onUpdate('footage_deleted', (update) => {
        if (!isMine(update)) return;
        this.store.invalidate(update.fromMs, update.toMs);
        this.#changed();
      }),
      onUpdate('footage_damaged', (update) => {
        if (!isMine(update)) return;
        this.store.invalidate(update.fromMs, update.toMs);
        this.#changed();
      }),
      onUpdate('camera_events', (update) => {
        if (update.cameraId !== address.cameraId) return;
        this.store.invalidate(update.fromMs, update.toMs + 1);
        this.#changed();
      }),
      // A camera that stops or comes back begins or ends a gap.
      onUpdate('camera', ({ id }) => {
        if (id !== address.cameraId) return;
        this.store.invalidate(serverNowMs() - 60_000);
        this.#changed();
      }),
      onUpdate('hello', () => {
        this.store.invalidate();
        this.#changed();
      }),
    );
  }

  end(): void {
    this.#ended.abort();
    clearTimeout(this.#retry);
    clearTimeout(this.#pause);
    for (const cleanup of this.#cleanups) cleanup();
  }

  setWidth(widthPx: number): void {
    const view = this.view.peek();
    if (widthPx > 0 && widthPx !== view.widthPx) this.view.value = { ...view, widthPx };
  }

  look(view: Viewport): void {
    const { fromMs, toMs } = this.retention.peek();
    this.view.value = clampTo(view, { fromMs, toMs });
  }

  /** Puts the playhead there, and in sight. */
  placePlayhead(ms: number): void {
    this.toldEvents.value = undefined;
    this.playheadMs.value = ms;
    const view = this.view.peek();
    const seen = reveal(view, ms);
    if (seen !== view) this.look(seen);
  }

  /** The playhead moved by playing: the view goes with it unless it was moved away from it. */
  followPlayhead(ms: number): void {
    const before = this.playheadMs.peek();
    this.playheadMs.value = ms;
    const told = this.toldEvents.peek();
    if (told && Math.abs(ms - told.ms) > toldForMs) this.toldEvents.value = undefined;
    const view = this.view.peek();
    const limit = view.widthPx * followPart;
    const [was, is] = [xOf(view, before), xOf(view, ms)];
    if (was < 0 || was > view.widthPx) return;
    if (is < 0) return this.look(reveal(view, ms));
    if (is > limit && is - was < view.widthPx) {
      const by = was > limit ? is - was : is - limit;
      this.look({ ...view, centreMs: view.centreMs + (by * view.spanMs) / view.widthPx });
    } else if (is > view.widthPx) this.look(reveal(view, ms));
  }

  setMark(which: 'inMs' | 'outMs', ms: number | undefined): void {
    const marks = { ...this.marks.peek(), [which]: ms };
    // A mark that passes the other takes it along: a clip never has less than nothing.
    if (marks.inMs !== undefined && marks.outMs !== undefined && marks.inMs > marks.outMs) {
      if (which === 'inMs') marks.outMs = undefined;
      else marks.inMs = undefined;
    }
    this.marks.value = marks;
  }

  /** The view that the minimap draws. */
  minimapView(): Viewport {
    const { fromMs, toMs } = this.retention.value;
    return this.#wholeView(fromMs, toMs);
  }

  /** Asks for what the views need and nobody asked for yet; while they move, not for every place they pass. */
  fetchWanted(): void {
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.#fetchNow();
    }, fetchEveryMs);
  }

  #fetchNow(): void {
    if (this.#retry !== undefined) return;
    const nowMs = serverNowMs();
    const createdMs = Math.min(this.#address.createdMs, startOf(this.minimapView()));
    const views = [this.view.peek(), this.#wholeView(this.#address.createdMs, nowMs), this.minimapView()];
    for (const view of views) {
      for (const key of this.store.wanted(view, nowMs, createdMs - 60_000)) void this.#fetch(key);
    }
  }

  #wholeView(fromMs: number, toMs: number): Viewport {
    const spanMs = Math.max(leastRetentionMs, toMs - fromMs);
    return { centreMs: toMs - spanMs / 2, spanMs, widthPx: this.view.peek().widthPx };
  }

  async #fetch(key: WindowKey): Promise<void> {
    const { fromMs, toMs, resolutionMs } = requestOf(key);
    const { cameraId, streamId } = this.#address;
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
      this.#changed(key.resolutionMs >= resolutionOf(this.minimapView()));
    } catch (thrown) {
      this.store.failed(key);
      if (this.#ended.signal.aborted) return;
      if (thrown instanceof RequestProblem) this.problem.value = thrown;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(
        () => {
          this.#retry = undefined;
          this.fetchWanted();
        },
        backoffMs(this.#failures++),
      );
    }
  }

  #tick(): void {
    this.nowMs.value = serverNowMs();
    if (!document.hidden) this.fetchWanted();
  }

  #changed(onMinimap = true): void {
    this.version.value++;
    if (onMinimap) this.wholeVersion.value++;
  }
}
