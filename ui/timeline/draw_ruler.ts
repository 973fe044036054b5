/** Draws the ruler: ticks, their labels, and the day where no label tells it. */
import { write } from './draw_words.ts';
import type { Layout } from './layout.ts';
import { type Orientation, sizeOf } from './orientation.ts';
import type { Palette } from './palette.ts';
import { lastUntoldDay, type Ruler, type Tick } from './ruler.ts';
import { clockWords, dayWords, offsetWords, shortDayWords, shortWeekday } from './time_words.ts';
import { type Viewport, xOf } from './viewport.ts';

type Pen = CanvasRenderingContext2D;

export interface RulerScene {
  readonly view: Viewport;
  readonly layout: Layout;
  readonly palette: Palette;
  readonly font: string;
  readonly ruler: Ruler;
}

export function drawRuler(pen: Pen, scene: RulerScene): void {
  const { view, layout, palette, ruler } = scene;
  const bottom = layout.ruler.top + layout.ruler.height;
  const placed: Label[] = [];
  pen.lineWidth = 1;
  for (const [kind, style, length] of [
    ['minor', palette.line, 5],
    ['major', palette.lineStrong, 9],
    ['strong', palette.lineStrong, 12],
  ] as const) {
    pen.strokeStyle = style;
    pen.beginPath();
    for (const tick of ruler.ticks) {
      const strength =
        tick.kind === 'day' || tick.kind === 'change' ? 'strong' : tick.labelled ? 'major' : 'minor';
      if (strength !== kind) continue;
      const x = Math.round(xOf(view, tick.ms)) + 0.5;
      pen.moveTo(x, bottom - length);
      pen.lineTo(x, bottom);
      if (tick.labelled) placed.push({ tick, x, lines: tickLines(tick, ruler.stepMs, layout.orientation) });
    }
    pen.stroke();
  }
  drawLabels(pen, placed, drawPinnedDay(pen, placed, scene), scene);
}

/** What stands beside a tick, in lines. */
interface Label {
  readonly tick: Tick;
  readonly x: number;
  readonly lines: readonly string[];
}

/** Of labels, in CSS pixels. */
export const lineHeight = 14;
/** Between labels and tracks, where the ticks of a vertical ruler are. */
const tickRoomPx = 18;
/** From the top of a vertical ruler to the middle of the day that is told there. */
const pinnedPx = 20;

/** Strong labels first; what would overlap is left out, and what is not between the two. */
function drawLabels(
  pen: Pen,
  placed: readonly Label[],
  [fromX, toX]: readonly [number, number],
  { layout, palette, font }: RulerScene,
): void {
  const { orientation } = layout;
  const taken: [number, number][] = [];
  for (const { tick, x, lines } of [...placed].reverse()) {
    const isStrong = tick.kind !== 'major';
    pen.font = `${isStrong ? 560 : 400} 12px ${font}`;
    const width = Math.max(...lines.map((line) => pen.measureText(line).width));
    const half = sizeOf(orientation, width + 12, lines.length * lineHeight).along / 2;
    if (x - half < fromX || x + half > toX) continue;
    if (taken.some(([from, to]) => x - half < to && x + half > from)) continue;
    taken.push([x - half, x + half]);
    pen.fillStyle = isStrong ? palette.text : palette.textFaint;
    writeLabel(pen, lines, x, layout);
  }
}

/** In the middle above the ticks, or at the right before them. */
function writeLabel(pen: Pen, lines: readonly string[], x: number, { orientation, ruler }: Layout): void {
  pen.textBaseline = 'middle';
  pen.textAlign = orientation === 'horizontal' ? 'center' : 'right';
  const y = orientation === 'horizontal' ? ruler.top + 11 : ruler.top + ruler.height - tickRoomPx;
  for (const [row, line] of lines.entries())
    write(pen, orientation, line, x + ((lines.length - 1) / 2 - row) * lineHeight, y);
}

/**
 * The day, where no label tells it: of the first instant at the left edge, of the last one at the top.
 *
 * @returns between which places labels may be
 */
function drawPinnedDay(pen: Pen, placed: readonly Label[], scene: RulerScene): [fromX: number, toX: number] {
  const { view, palette, font, ruler, layout } = scene;
  const isVertical = layout.orientation === 'vertical';
  const all = [2, view.widthPx - 2] satisfies [number, number];
  pen.font = `560 12px ${font}`;
  pen.fillStyle = palette.textDim;
  if (isVertical) {
    const last = lastUntoldDay(ruler);
    if (!last) return all;
    writeLabel(pen, [shortWeekday(last.local), shortDayWords(last.local)], view.widthPx - pinnedPx, layout);
    return [2, view.widthPx - pinnedPx - lineHeight - 8];
  }
  const first = ruler.ticks[0];
  if (ruler.stepMs >= 86_400_000 || !first || first.kind === 'day') return all;
  const words = dayWords(first.local);
  const width = pen.measureText(words).width;
  if (placed.some(({ x, tick }) => tick.kind === 'day' && x < width + 60)) return all;
  // On a phone the drawing reaches to the edge of the screen.
  const x = layout.grip ? 8 : 0;
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  pen.fillText(words, x, layout.ruler.top + 11);
  return [x + width + 4, view.widthPx - 2];
}

function tickLines(tick: Tick, stepMs: number, orientation: Orientation): readonly string[] {
  if (tick.kind === 'day') {
    const isShort = stepMs >= 86_400_000 || orientation === 'vertical';
    return [isShort ? shortDayWords(tick.local) : dayWords(tick.local)];
  }
  const clock = clockWords(tick.local, stepMs < 60_000);
  if (tick.offsetMs === undefined) return [clock];
  const offset = offsetWords(tick.offsetMs);
  return orientation === 'vertical' ? [clock, offset] : [`${clock} ${offset}`];
}

/** The labels of a vertical ruler of which the bubble would hide a part. */
export function hideLabels(
  pen: Pen,
  [from, to]: readonly [number, number],
  { view, layout, palette, ruler }: RulerScene,
): void {
  const { top, height } = layout.ruler;
  const labels = ruler.ticks
    .filter(({ labelled }) => labelled)
    .map(({ ms, kind }) => ({ x: xOf(view, ms), half: kind === 'change' ? lineHeight : lineHeight / 2 }));
  if (lastUntoldDay(ruler)) labels.push({ x: view.widthPx - pinnedPx, half: lineHeight });
  pen.fillStyle = palette.surface;
  for (const { x, half } of labels) {
    if (x + half > from && x - half < to) pen.fillRect(x - half, top, 2 * half, height - tickRoomPx);
  }
}
