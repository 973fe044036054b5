/**
 * The state of the timeline: what is in view, where the playhead and the marks are, and what is known of the stream that
 * leads and of those that are shown beside it.
 */
import { computed, signal } from '@preact/signals';
import type { CameraEventAnswer } from '../../src/api/contract/event.ts';
import { serverNowMs } from '../api/updates.ts';
import { resolutionOf } from './footage_levels.ts';
import type { Marks } from './layout.ts';
import { type StreamAddress, StreamFootage } from './stream_footage.ts';
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
/** Windows begin so long before a camera was added, to tell that it was not there. */
const beforeMs = 60_000;

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
  /** Of the stream that leads. */
  readonly footage: StreamFootage;
  /** Of the streams beside it, in the order of their tracks. */
  readonly beside = signal<readonly StreamFootage[]>([]);
  readonly #address: StreamAddress;
  readonly #timer: ReturnType<typeof setInterval>;
  #pause: ReturnType<typeof setTimeout> | undefined;

  /** Where what is known of the camera begins, but for footage that was deleted. */
  readonly beginMs = computed<number>(() => {
    void this.footage.wholeVersion.value;
    const toMs = this.nowMs.value;
    const whole = this.#wholeView(this.#address.createdMs, toMs);
    const [first, second] = this.store.compose(whole, toMs).parts;
    const oldest = first?.kind === 'gap' && first.cause === 'deleted' ? second?.startMs : first?.startMs;
    return oldest ?? this.store.expectedFromMs ?? this.#address.createdMs;
  });
  /** What the minimap shows: from there to now, an hour at least. */
  readonly retention = computed<Bounds>(() => {
    const toMs = this.nowMs.value;
    return { fromMs: Math.min(this.beginMs.value, toMs - leastRetentionMs), toMs };
  });

  constructor(address: StreamAddress, zone: Zone, initial: { atMs: number; spanMs: number }) {
    this.#address = address;
    this.zone = zone;
    this.view = signal<Viewport>({ centreMs: initial.atMs, spanMs: initial.spanMs, widthPx: 1000 });
    this.playheadMs = signal(initial.atMs);
    this.footage = new StreamFootage(address, () => this.fetchWanted());
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  end(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#pause);
    for (const each of [this.footage, ...this.beside.peek()]) each.end();
  }

  get store() {
    return this.footage.store;
  }

  /** Shows these streams beside the one that leads; what is known of those that stay is kept. */
  showBeside(addresses: readonly StreamAddress[]): void {
    const before = this.beside.peek();
    const kept = addresses.map(({ streamId }) => before.find(({ address }) => address.streamId === streamId));
    for (const each of before) if (!kept.includes(each)) each.end();
    this.beside.value = addresses.map(
      (address, index) => kept[index] ?? new StreamFootage(address, () => this.fetchWanted()),
    );
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
    const nowMs = serverNowMs();
    const minimap = this.minimapView();
    const createdMs = Math.min(this.#address.createdMs, startOf(minimap));
    const view = this.view.peek();
    this.footage.wholeResolutionMs = resolutionOf(minimap);
    const whole = this.#wholeView(this.#address.createdMs, nowMs);
    this.footage.fetchFor([view, whole, minimap], nowMs, createdMs - beforeMs);
    for (const each of this.beside.peek()) {
      each.fetchFor([view], nowMs, Math.min(each.address.createdMs, startOf(minimap)) - beforeMs);
    }
  }

  #wholeView(fromMs: number, toMs: number): Viewport {
    const spanMs = Math.max(leastRetentionMs, toMs - fromMs);
    return { centreMs: toMs - spanMs / 2, spanMs, widthPx: this.view.peek().widthPx };
  }

  #tick(): void {
    this.nowMs.value = serverNowMs();
    if (!document.hidden) this.fetchWanted();
  }
}
