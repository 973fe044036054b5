/**
 * The timeline on its canvases: what lies still is drawn when view or footage change, what moves over it alone. It is turned
 * where the screen is that of a phone held upright.
 */
import { effect } from '@preact/signals';
import { message } from '../messages/message.ts';
import { drawMinimap, drawMoving, drawStill } from './draw.ts';
import { anyRecorded, type GapPart } from './footage_part.ts';
import type { FootageView } from './footage_store.ts';
import { causeWords } from './gap_words.ts';
import {
  type Band,
  bubbleSizeOf,
  type Hit,
  hitAt,
  type Layout,
  layoutFor,
  verticalLayoutFor,
} from './layout.ts';
import { type Orientation, transformOf, verticalScreens } from './orientation.ts';
import { type Palette, readPalette } from './palette.ts';
import { planRuler, type Ruler } from './ruler.ts';
import { counterWords } from './time_words.ts';
import type { TimelineModel } from './timeline_model.ts';
import { endOf, msPerPx, startOf, type Viewport } from './viewport.ts';

const font = "'Inter Variable', system-ui, sans-serif";

/** One over the other: what seldom changes, what changes with the view, what moves over it. */
export interface Canvases {
  readonly minimap: HTMLCanvasElement;
  readonly still: HTMLCanvasElement;
  readonly moving: HTMLCanvasElement;
}

/** Times of drawing are kept for the developer's tools, so many. */
const maxMeasures = 1_000;

export class TimelineCanvas {
  readonly #model: TimelineModel;
  readonly #minimap: HTMLCanvasElement;
  readonly #still: HTMLCanvasElement;
  readonly #moving: HTMLCanvasElement;
  readonly #coarse: boolean;
  readonly #upright = matchMedia(verticalScreens);
  readonly #onLayout: (layout: Layout) => void;
  readonly #cleanups: (() => void)[] = [];
  #layout: Layout;
  #palette: Palette | undefined;
  #frame: number | undefined;
  #dirty = { minimap: true, still: true, moving: true };
  #pointerX: number | undefined;
  #measured = 0;
  #ruler: Ruler = { ticks: [], stepMs: 0 };
  #days: { key: string; days: number[] } = { key: '', days: [] };

  constructor(
    canvases: Canvases,
    {
      model,
      coarse,
      onLayout,
    }: {
      readonly model: TimelineModel;
      readonly coarse: boolean;
      readonly onLayout: (layout: Layout) => void;
    },
  ) {
    this.#minimap = canvases.minimap;
    this.#still = canvases.still;
    this.#moving = canvases.moving;
    this.#model = model;
    this.#coarse = coarse;
    this.#onLayout = onLayout;
    this.#layout = this.#layOut();
    const resize = () => this.#resize();
    const size = new ResizeObserver(resize);
    this.#upright.addEventListener('change', resize);
    size.observe(canvases.still.parentElement!);
    const forget = () => {
      this.#palette = undefined;
      this.#redraw('minimap', 'still', 'moving');
    };
    const theme = new MutationObserver(forget);
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', forget);
    // Words drawn before the font came have other widths.
    void document.fonts.ready.then(forget);
    this.#cleanups.push(
      () => size.disconnect(),
      () => theme.disconnect(),
      () => this.#upright.removeEventListener('change', resize),
      () => scheme.removeEventListener('change', forget),
      effect(() => {
        const others = model.beside.value.length;
        if (others !== this.#layout.beside.length) this.#resize();
      }),
      effect(() => {
        void [model.view.value, model.footage.version.value, model.nowMs.value];
        for (const each of model.beside.value) void each.version.value;
        this.#redraw('still', 'moving');
        model.fetchWanted();
      }),
      effect(() => {
        void [model.footage.wholeVersion.value, model.retention.value];
        this.#redraw('minimap', 'moving');
      }),
      effect(() => {
        void [model.playheadMs.value, model.marks.value];
        this.#redraw('moving');
      }),
    );
  }

  get layout(): Layout {
    return this.#layout;
  }

  end(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    for (const cleanup of this.#cleanups) cleanup();
  }

  pointAt(x: number | undefined): void {
    if (x === this.#pointerX) return;
    this.#pointerX = x;
    this.#redraw('moving');
  }

  /** @param place in the drawing, as {@link Layout} tells it */
  hit([x, y]: readonly [x: number, y: number]): Hit {
    const { view, playheadMs, marks, retention, store, nowMs } = this.#model;
    return hitAt(x, y, {
      layout: this.#layout,
      view: view.peek(),
      playheadMs: playheadMs.peek(),
      marks: marks.peek(),
      events: store.compose(view.peek(), nowMs.peek()).events,
      retention: retention.peek(),
      bubblePx: bubbleSizeOf(this.#layout.orientation, view.peek().spanMs).along,
    });
  }

  get #host(): HTMLElement {
    return this.#still.parentElement!;
  }

  #layOut(): Layout {
    const others = this.#model.beside.peek().length;
    return this.#upright.matches
      ? verticalLayoutFor(this.#coarse, others, this.#host.clientWidth)
      : layoutFor(this.#coarse, others);
  }

  #resize(): void {
    this.#layout = this.#layOut();
    const { orientation, height, minimap } = this.#layout;
    const { clientWidth, clientHeight } = this.#host;
    const widthPx = orientation === 'horizontal' ? clientWidth : clientHeight;
    for (const canvas of [this.#minimap, this.#still, this.#moving]) {
      const band = canvas === this.#minimap ? minimap : { top: 0, height };
      place(canvas, orientation, band, widthPx);
    }
    this.#palette = undefined;
    this.#model.setWidth(widthPx);
    this.#onLayout(this.#layout);
    this.#redraw('minimap', 'still', 'moving');
  }

  #redraw(...layers: (keyof Canvases)[]): void {
    for (const layer of layers) this.#dirty[layer] = true;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#draw();
    });
  }

  #draw(): void {
    // A window that is being opened or closed has no pixels; the next size draws everything.
    if (devicePixelRatio === 0 || this.#still.width === 0) return;
    const began = performance.now();
    if (this.#dirty.minimap) this.#drawMinimap();
    if (this.#dirty.still) this.#drawStill();
    if (this.#dirty.moving) this.#drawMoving();
    this.#dirty = { minimap: false, still: false, moving: false };
    performance.measure('timeline-draw', { start: began });
    // The browser keeps all measures until they are cleared.
    if (++this.#measured % maxMeasures === 0) performance.clearMeasures('timeline-draw');
  }

  /** @param topPx of the drawing, which is at the edge of the canvas */
  #pen(canvas: HTMLCanvasElement, topPx = 0): CanvasRenderingContext2D | undefined {
    const pen = canvas.getContext('2d');
    const { widthPx } = this.#model.view.peek();
    pen?.setTransform(...transformOf(this.#layout.orientation, { widthPx, topPx, scale: devicePixelRatio }));
    return pen ?? undefined;
  }

  #drawMinimap(): void {
    const pen = this.#pen(this.#minimap, this.#layout.minimap.top);
    if (!pen) return;
    const model = this.#model;
    const view = model.minimapView();
    drawMinimap(pen, {
      view,
      band: this.#layout.minimap,
      palette: this.#colors(pen),
      footage: model.store.compose(view, model.nowMs.peek()),
      days: this.#dayBorders(view),
    });
  }

  #drawStill(): void {
    const pen = this.#pen(this.#still);
    if (!pen) return;
    const model = this.#model;
    const view = model.view.peek();
    const nowMs = model.nowMs.peek();
    const { zone } = model;
    const { orientation } = this.#layout;
    const footage = model.store.compose(view, nowMs);
    const beside = model.beside.peek().map(({ store }) => store.compose(view, nowMs));
    this.#ruler = planRuler({
      fromMs: startOf(view),
      toMs: endOf(view),
      msPerPx: msPerPx(view),
      zone,
      orientation,
    });
    drawStill(pen, {
      view,
      layout: this.#layout,
      palette: this.#colors(pen),
      font,
      nowMs,
      ruler: this.#ruler,
      footage,
      beside,
      merged: beside.length > 0 ? mergedOf([footage, ...beside]) : undefined,
      gapLabels,
      beforeLabel: message('timeline.before'),
    });
  }

  #colors(pen: CanvasRenderingContext2D): Palette {
    this.#palette ??= readPalette(pen, devicePixelRatio);
    return this.#palette;
  }

  #drawMoving(): void {
    const pen = this.#pen(this.#moving);
    if (!pen) return;
    const model = this.#model;
    drawMoving(pen, {
      view: model.view.peek(),
      minimapView: model.minimapView(),
      layout: this.#layout,
      palette: this.#colors(pen),
      font,
      zone: model.zone,
      ruler: this.#ruler,
      playheadMs: model.playheadMs.peek(),
      marks: model.marks.peek(),
      pointerX: this.#pointerX,
    });
  }

  /** Where days begin on the minimap, if they are wide enough to tell. */
  #dayBorders(view: Viewport): number[] {
    if (86_400_000 / msPerPx(view) < 8) return [];
    const key = `${Math.floor(startOf(view) / 60_000)} ${Math.floor(endOf(view) / 60_000)}`;
    if (this.#days.key !== key) {
      const days: number[] = [];
      const { zone } = this.#model;
      for (let ms = zone.startOfNextDay(startOf(view)); ms < endOf(view); ms = zone.startOfNextDay(ms))
        days.push(ms);
      this.#days = { key, days };
    }
    return this.#days.days;
  }
}

/** Puts a canvas where its part of the drawing is on the screen. */
function place(
  canvas: HTMLCanvasElement,
  orientation: Orientation,
  { top, height }: Band,
  widthPx: number,
): void {
  const isHorizontal = orientation === 'horizontal';
  const [width, own] = isHorizontal ? [widthPx, height] : [height, widthPx];
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(own * devicePixelRatio);
  canvas.style.left = isHorizontal ? '' : `${top}px`;
  canvas.style.width = isHorizontal ? '' : `${width}px`;
  canvas.style.height = `${own}px`;
}

/** What any of the cameras has; where none has anything is nothing to tell that their own tracks do not. */
function mergedOf(cameras: readonly FootageView[]): FootageView {
  const parts = anyRecorded(cameras.map(({ parts }) => parts));
  return {
    parts,
    damages: [],
    events: [],
    activity: [],
    expectedFromMs: undefined,
    knownToMs: undefined,
    unknown: [],
  };
}

function gapLabels({ cause, startMs, endMs }: GapPart): readonly string[] {
  const length = counterWords(endMs - startMs);
  return [`${causeWords(cause)} ${length}`, length];
}
