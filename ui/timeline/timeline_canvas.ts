/** The timeline on two canvases: what lies still is drawn when view or footage change, what moves over it alone. */
import { effect } from '@preact/signals';
import { message } from '../messages/message.ts';
import { bubbleWidthOf, drawMoving, drawStill } from './draw.ts';
import type { GapPart } from './footage_part.ts';
import { causeWords } from './gap_words.ts';
import { type Hit, hitAt, type Layout, layoutFor } from './layout.ts';
import { type Palette, readPalette } from './palette.ts';
import { planRuler } from './ruler.ts';
import { counterWords } from './time_words.ts';
import type { TimelineModel } from './timeline_model.ts';
import { endOf, msPerPx, startOf, type Viewport } from './viewport.ts';

const font = "'Inter Variable', system-ui, sans-serif";

export class TimelineCanvas {
  readonly layout: Layout;
  readonly #model: TimelineModel;
  readonly #still: HTMLCanvasElement;
  readonly #moving: HTMLCanvasElement;
  readonly #cleanups: (() => void)[] = [];
  #palette: Palette | undefined;
  #frame: number | undefined;
  #dirty = { still: true, moving: true };
  #pointerX: number | undefined;
  #days: { key: string; days: number[] } = { key: '', days: [] };

  constructor(still: HTMLCanvasElement, moving: HTMLCanvasElement, model: TimelineModel, coarse: boolean) {
    this.#still = still;
    this.#moving = moving;
    this.#model = model;
    this.layout = layoutFor(coarse);
    const size = new ResizeObserver(() => this.#resize());
    size.observe(still.parentElement!);
    const forget = () => {
      this.#palette = undefined;
      this.#redraw('still');
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
      () => scheme.removeEventListener('change', forget),
      effect(() => {
        void [model.view.value, model.version.value, model.nowMs.value];
        this.#redraw('still');
        model.fetchWanted();
      }),
      effect(() => {
        void [model.playheadMs.value, model.marks.value];
        this.#redraw('moving');
      }),
    );
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

  hit(x: number, y: number): Hit {
    const { view, playheadMs, marks, retention } = this.#model;
    return hitAt(x, y, {
      layout: this.layout,
      view: view.peek(),
      playheadMs: playheadMs.peek(),
      marks: marks.peek(),
      retention: retention.peek(),
      bubbleWidth: bubbleWidthOf(view.peek().spanMs),
    });
  }

  #resize(): void {
    const width = this.#still.parentElement!.clientWidth;
    const scale = devicePixelRatio;
    for (const canvas of [this.#still, this.#moving]) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(this.layout.height * scale);
      canvas.style.height = `${this.layout.height}px`;
    }
    this.#palette = undefined;
    this.#model.setWidth(width);
    this.#redraw('still');
  }

  #redraw(what: 'still' | 'moving'): void {
    this.#dirty[what] = true;
    if (what === 'still') this.#dirty.moving = true;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#draw();
    });
  }

  #draw(): void {
    const began = performance.now();
    if (this.#dirty.still) this.#drawStill();
    if (this.#dirty.moving) this.#drawMoving();
    this.#dirty = { still: false, moving: false };
    performance.measure('timeline-draw', { start: began });
    if (performance.getEntriesByName('timeline-draw').length > 2000)
      performance.clearMeasures('timeline-draw');
  }

  #pen(canvas: HTMLCanvasElement): CanvasRenderingContext2D | undefined {
    const pen = canvas.getContext('2d');
    pen?.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    return pen ?? undefined;
  }

  #drawStill(): void {
    const pen = this.#pen(this.#still);
    if (!pen) return;
    this.#palette ??= readPalette(pen, devicePixelRatio);
    const model = this.#model;
    const view = model.view.peek();
    const nowMs = model.nowMs.peek();
    const minimapView = model.minimapView();
    const { zone } = model;
    drawStill(pen, {
      view,
      layout: this.layout,
      palette: this.#palette,
      font,
      nowMs,
      ruler: planRuler({ fromMs: startOf(view), toMs: endOf(view), msPerPx: msPerPx(view), zone }),
      footage: model.store.compose(view, nowMs),
      minimap: {
        view: minimapView,
        footage: model.store.compose(minimapView, nowMs),
        days: this.#dayBorders(minimapView),
      },
      gapLabels,
      beforeLabel: message('timeline.before'),
    });
  }

  #drawMoving(): void {
    const pen = this.#pen(this.#moving);
    if (!pen || !this.#palette) return;
    const model = this.#model;
    drawMoving(pen, {
      view: model.view.peek(),
      minimapView: model.minimapView(),
      layout: this.layout,
      palette: this.#palette,
      font,
      zone: model.zone,
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

function gapLabels({ cause, startMs, endMs }: GapPart): readonly string[] {
  const length = counterWords(endMs - startMs);
  return [`${causeWords(cause)} ${length}`, length];
}
