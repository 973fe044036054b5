/**
 * Draws the timeline: what lies still (ruler, track, minimap) and what moves over it (playhead, marks, pointer). A vertical one
 * is drawn on a canvas that is turned, by the same code: x is along time. Words alone are laid out as they are read.
 */
import type { Damage } from './damage.ts';
import { drawActivity } from './draw_activity.ts';
import { drawEvents } from './draw_events.ts';
import { drawRuler, hideLabels, lineHeight } from './draw_ruler.ts';
import { write } from './draw_words.ts';
import { placeEvents } from './event_layout.ts';
import { clipPart, type FootagePart, type GapPart } from './footage_part.ts';
import type { FootageView } from './footage_store.ts';
import { type Band, bottomOf, bubbleSizeOf, bubbleX, isPrecise, type Layout, type Marks } from './layout.ts';
import { type Orientation, type Size, sizeOf } from './orientation.ts';
import type { Palette } from './palette.ts';
import type { Ruler } from './ruler.ts';
import { clockWords, preciseClockWords } from './time_words.ts';
import { endOf, startOf, type Viewport, xOf } from './viewport.ts';
import type { Zone } from './zone.ts';

/** What of the timeline is drawn once for each change of view or footage. */
export interface StillScene {
  readonly view: Viewport;
  readonly layout: Layout;
  readonly palette: Palette;
  readonly font: string;
  readonly nowMs: number;
  readonly ruler: Ruler;
  readonly footage: FootageView;
  /** Of the cameras beside the one that leads, in the order of their tracks. */
  readonly beside: readonly FootageView[];
  /** What any of the cameras has. */
  readonly merged: FootageView | undefined;
  /** Words for a gap, the longest first; the first for which there is room are written. */
  readonly gapLabels: (gap: GapPart) => readonly string[];
  readonly beforeLabel: string;
}

/** What moves over it. */
export interface MovingScene {
  readonly view: Viewport;
  readonly minimapView: Viewport;
  readonly layout: Layout;
  readonly palette: Palette;
  readonly font: string;
  readonly zone: Zone;
  readonly ruler: Ruler;
  readonly playheadMs: number;
  readonly marks: Marks;
  /** Where the pointer is, if it points at time. */
  readonly pointerX: number | undefined;
}

/** Gaps are never narrower on the screen, so that none is lost. */
const leastGapPx = 1;
/** Nor is damage. */
const leastDamagePx = 2;
/** Damage of sound alone is at the foot of the track. */
const soundPart = 0.3;
/** Gaps from here on are hatched and rounded. */
const hatchedPx = 6;
const radius = 4;
/** Gaps and what else is shorter than this bears no words. */
const leastLabelledPx: Readonly<Record<Orientation, number>> = { horizontal: 40, vertical: 16 };
/** More bars than this are too short for corners to be seen. */
const maxRounded = 30;

/** Of events on the minimap: at its foot, so that the footage above them can be seen. */
const eventMarkHeight = 3;

type Pen = CanvasRenderingContext2D;

export function drawStill(pen: Pen, scene: StillScene): void {
  pen.clearRect(0, 0, scene.view.widthPx, scene.layout.height);
  drawRuler(pen, scene);
  const { view, layout, palette, font, footage, beside, merged } = scene;
  drawTrack(pen, scene);
  for (const [row, each] of beside.entries())
    drawTrack(pen, { ...scene, footage: each, layout: { ...layout, track: layout.beside[row]! } });
  if (merged && layout.merged)
    drawTrack(pen, { ...scene, footage: merged, layout: { ...layout, track: layout.merged } });
  drawActivity(pen, { view, layout, palette, parts: footage.activity });
  drawEvents(pen, { view, layout, palette, font, events: footage.events });
}

function drawTrack(pen: Pen, scene: StillScene): void {
  const { view, layout, palette, footage, nowMs } = scene;
  const { top, height } = layout.track;
  // The whole band, so that time without a state is a place and not a void.
  pen.fillStyle = palette.band;
  fillBar(pen, 0, top, view.widthPx, height);
  drawBefore(pen, scene);
  for (const { fromMs, toMs } of footage.unknown) {
    pen.globalAlpha = 0.5;
    pen.fillStyle = palette.line;
    pen.fillRect(xOf(view, fromMs), top, xOf(view, toMs) - xOf(view, fromMs), height);
    pen.globalAlpha = 1;
  }
  drawParts(pen, footage.parts, view, layout.track, palette);
  drawDamages(pen, footage.damages, view, layout.track, palette);
  drawGapLabels(pen, scene);
  drawPresent(pen, scene, nowMs);
}

/** Places along the track, in pairs of start and width: made by the thousand in each frame. */
type Places = number[];

interface PlacedParts {
  readonly bars: Places;
  readonly slits: Places;
  readonly hatched: Places;
}

/**
 * Where footage and gaps are drawn. Footage between narrow gaps is one bar with slits in it, and slits on the same
 * pixel are one: rectangles on whole pixels, and few of them, are what makes a frame cheap.
 */
function placeParts(parts: readonly FootagePart[], view: Viewport): PlacedParts {
  const placed: PlacedParts = { bars: [], slits: [], hatched: [] };
  for (const part of parts) {
    const start = Math.round(Math.max(-10, xOf(view, part.startMs)));
    const end = Math.round(Math.min(view.widthPx + 10, xOf(view, part.endMs)));
    if (part.kind === 'recorded') {
      append(placed.bars, start, Math.max(end, start + 1));
      continue;
    }
    if (end - start >= hatchedPx) {
      append(placed.hatched, start, end);
      continue;
    }
    // What a slit hides may be a pixel of footage, never the other way round.
    append(placed.slits, start, Math.max(end, start + leastGapPx));
    append(placed.bars, start, Math.max(end, start));
  }
  return placed;
}

function append(places: Places, start: number, end: number): void {
  const at = places.length - 2;
  const lastEnd = at < 0 ? Number.NEGATIVE_INFINITY : places[at]! + places[at + 1]!;
  if (start <= lastEnd) places[at + 1] = Math.max(lastEnd, end) - places[at]!;
  else places.push(start, end - start);
}

/** Recorded bars, then gaps over them, the narrow ones as slits with a tick beneath. */
function drawParts(
  pen: Pen,
  parts: readonly FootagePart[],
  view: Viewport,
  { top, height }: Band,
  palette: Palette,
): void {
  const { bars, slits, hatched } = placeParts(parts, view);
  pen.fillStyle = palette.recorded;
  fillBars(pen, bars, top, height);
  pen.fillStyle = palette.surface;
  for (const places of [slits, hatched]) {
    for (let at = 0; at < places.length; at += 2) pen.fillRect(places[at]!, top, places[at + 1]!, height);
  }
  pen.fillStyle = palette.hatch;
  fillBars(pen, hatched, top, height, 1);
  pen.fillStyle = palette.textFaint;
  for (let at = 0; at < slits.length; at += 2) pen.fillRect(slits[at]!, top + height + 3, slits[at + 1]!, 4);
}

/** Crossed lines over the footage, told from a gap's by their form and by the footage that shows between them. */
function drawDamages(
  pen: Pen,
  damages: readonly Damage[],
  view: Viewport,
  { top, height }: Band,
  palette: Palette,
): void {
  for (const [media, part] of [
    ['audio', soundPart],
    ['video', 1],
  ] as const) {
    const places: Places = [];
    for (const damage of damages) {
      if (damage.media !== media) continue;
      const start = Math.round(Math.max(-10, xOf(view, damage.startMs)));
      const end = Math.round(Math.min(view.widthPx + 10, xOf(view, damage.endMs)));
      append(places, start, Math.max(end, start + leastDamagePx));
    }
    const from = top + height * (1 - part);
    pen.fillStyle = palette.crossed;
    for (let at = 0; at < places.length; at += 2)
      pen.fillRect(places[at]!, from, places[at + 1]!, height * part);
  }
}

function drawGapLabels(pen: Pen, scene: StillScene): void {
  const { footage, view, layout, palette, font, gapLabels } = scene;
  pen.font = `500 11px ${font}`;
  pen.textBaseline = 'middle';
  for (const part of footage.parts) {
    if (part.kind !== 'gap') continue;
    const from = Math.max(0, xOf(view, part.startMs));
    const to = Math.min(view.widthPx, xOf(view, part.endMs));
    if (to - from < leastLabelledPx[layout.orientation]) continue;
    const labels = gapLabels(part);
    pen.fillStyle = palette.textDim;
    if (!writeBeside(pen, labels[0]!, (from + to) / 2, scene)) writeInGap(pen, labels, [from, to], scene);
  }
}

/** The first of the words for which there is room, in the middle of the gap. */
function writeInGap(
  pen: Pen,
  labels: readonly string[],
  [from, to]: readonly [number, number],
  { layout: { orientation, track }, palette }: StillScene,
): void {
  const boxOf = (words: string) =>
    sizeOf(orientation, pen.measureText(words).width + 12, Math.min(18, track.height));
  const isRoom = ({ along, across }: Size) => along + 8 <= to - from && across <= track.height;
  const words = labels.find((each) => isRoom(boxOf(each)));
  if (words === undefined) return;
  const { along, across } = boxOf(words);
  const middle = (from + to) / 2;
  const y = track.top + track.height / 2;
  pen.fillStyle = palette.surface;
  pen.beginPath();
  pen.roundRect(middle - along / 2, y - across / 2, along, across, 4);
  pen.fill();
  pen.fillStyle = palette.textDim;
  pen.textAlign = 'center';
  write(pen, orientation, words, middle, y, 0.5);
}

/**
 * Words at the right of a vertical track, which is too narrow for them, where no event has its own.
 *
 * @returns whether there was room
 */
function writeBeside(pen: Pen, words: string, x: number, { layout, view, footage }: StillScene): boolean {
  const { wordsBeside } = layout;
  if (!wordsBeside || pen.measureText(words).width > wordsBeside.height) return false;
  const half = lineHeight / 2 + 2;
  const isTaken = footage.events.some(({ startMs, endMs }) => {
    const begin = xOf(view, startMs);
    return begin - 2 < x + half && Math.max(xOf(view, endMs), begin + (layout.tagPx ?? 0)) > x - half;
  });
  if (isTaken) return false;
  pen.textAlign = 'left';
  write(pen, layout.orientation, words, x, wordsBeside.top, 0.5);
  return true;
}

/** Before the camera was added: a row of dots. */
function drawBefore(pen: Pen, scene: StillScene): void {
  const { view, layout, palette, footage, font, beforeLabel } = scene;
  const { expectedFromMs } = footage;
  if (expectedFromMs === undefined) return;
  const end = Math.min(view.widthPx, xOf(view, expectedFromMs));
  if (end <= 0) return;
  const y = layout.track.top + layout.track.height / 2;
  pen.fillStyle = palette.surface;
  pen.fillRect(0, layout.track.top, end, layout.track.height);
  pen.fillStyle = palette.lineStrong;
  for (let x = end - 6; x > 0; x -= 9) pen.fillRect(x, y - 1, 2, 2);
  pen.font = `11px ${font}`;
  pen.fillStyle = palette.textFaint;
  pen.textBaseline = 'middle';
  if (end > 24 && writeBeside(pen, beforeLabel, end - 14, scene)) return;
  const { along, across } = sizeOf(layout.orientation, pen.measureText(beforeLabel).width + 14, 18);
  if (along > end - 12 || across > layout.track.height) return;
  const middle = end - along / 2 - 14;
  pen.fillStyle = palette.surface;
  pen.fillRect(middle - along / 2, layout.track.top, along, layout.track.height);
  pen.fillStyle = palette.textFaint;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  write(pen, layout.orientation, beforeLabel, middle, y, 0.5);
}

/** The growing end, and the time to come as a dashed line. */
function drawPresent(pen: Pen, { view, layout, palette, footage }: StillScene, nowMs: number): void {
  const { top, height } = layout.track;
  const now = xOf(view, nowMs);
  if (now < view.widthPx) {
    pen.fillStyle = palette.surface;
    pen.fillRect(Math.max(0, now), top, view.widthPx - now, height);
    pen.strokeStyle = palette.lineStrong;
    pen.lineWidth = 1;
    pen.setLineDash([4, 6]);
    pen.beginPath();
    pen.moveTo(Math.max(0, now) + 14, top + height / 2);
    pen.lineTo(view.widthPx, top + height / 2);
    pen.stroke();
    pen.setLineDash([]);
  }
  const last = footage.parts.at(-1);
  if (last?.kind !== 'recorded' || !last.growing) return;
  const end = xOf(view, last.endMs);
  // What goes on beyond the view does not grow here.
  if (end < 0 || (end > view.widthPx - 1 && now > view.widthPx + 1)) return;
  pen.fillStyle = palette.growing;
  pen.beginPath();
  pen.roundRect(Math.max(0, end - 5), top, Math.min(5, end), height, [0, radius, radius, 0]);
  pen.moveTo(end + 3, top + height / 2 - 6);
  pen.lineTo(end + 10, top + height / 2);
  pen.lineTo(end + 3, top + height / 2 + 6);
  pen.fill();
}

/** The whole retention. */
export interface MinimapScene {
  readonly view: Viewport;
  readonly band: Band;
  readonly palette: Palette;
  readonly footage: FootageView;
  /** Where days begin. */
  readonly days: readonly number[];
}

export function drawMinimap(pen: Pen, { view, band, palette, footage, days }: MinimapScene): void {
  const bar = { top: band.top + 4, height: band.height - 8 };
  pen.clearRect(0, band.top, view.widthPx, band.height);
  pen.fillStyle = palette.band;
  fillBar(pen, 0, bar.top, view.widthPx, bar.height);
  const { bars, slits, hatched } = placeParts(footage.parts, view);
  for (const [style, places] of [
    [palette.recordedDim, bars],
    [palette.surface, slits],
    [palette.surface, hatched],
    [palette.hatch, hatched],
  ] as const) {
    pen.fillStyle = style;
    for (let at = 0; at < places.length; at += 2) {
      pen.fillRect(places[at]!, bar.top, places[at + 1]!, bar.height);
    }
  }
  pen.fillStyle = palette.surface;
  for (const ms of days) pen.fillRect(Math.round(xOf(view, ms)) - 0.5, bar.top, 1, bar.height);
  pen.fillStyle = palette.event;
  const { bars: marks } = placeEvents(footage.events, view);
  const top = bar.top + bar.height - eventMarkHeight;
  for (const { from, to } of marks) pen.fillRect(from, top, to - from, eventMarkHeight);
}

export function drawMoving(pen: Pen, scene: MovingScene): void {
  const { view, layout } = scene;
  pen.clearRect(0, 0, view.widthPx, layout.height);
  drawMarks(pen, scene);
  drawPointer(pen, scene);
  drawMinimapWindow(pen, scene);
  drawPlayhead(pen, scene);
}

function drawMarks(pen: Pen, { view, layout, palette, marks, font }: MovingScene): void {
  const { inMs, outMs } = marks;
  const top = layout.ruler.top + layout.ruler.height - 6;
  const bottom = layout.track.top + layout.track.height + 6;
  if (inMs !== undefined && outMs !== undefined) {
    const part = clipPart(
      { kind: 'recorded', startMs: inMs, endMs: outMs, growing: false },
      startOf(view),
      endOf(view),
    );
    if (part) {
      const x = xOf(view, part.startMs);
      const width = xOf(view, part.endMs) - x;
      pen.fillStyle = palette.text;
      pen.globalAlpha = 0.14;
      pen.fillRect(x, layout.track.top, width, layout.track.height);
      pen.globalAlpha = 1;
      pen.fillRect(x, layout.track.top - 2, width, 2);
      pen.fillRect(x, layout.track.top + layout.track.height, width, 2);
    }
  }
  pen.font = `600 10px ${font}`;
  pen.textBaseline = 'middle';
  pen.textAlign = 'center';
  for (const [ms, side, letter] of [
    [inMs, -1, 'I'],
    [outMs, 1, 'O'],
  ] as const) {
    if (ms === undefined) continue;
    const x = Math.round(xOf(view, ms));
    if (x < -20 || x > view.widthPx + 20) continue;
    pen.fillStyle = palette.text;
    pen.fillRect(x - 1, top, 2, bottom - top);
    pen.beginPath();
    pen.roundRect(side < 0 ? x - 14 : x - 1, top - 9, 15, 15, side < 0 ? [4, 0, 0, 4] : [0, 4, 4, 0]);
    pen.fill();
    pen.fillStyle = palette.surface;
    write(pen, layout.orientation, letter, x + side * 6.5, top - 1);
  }
}

function drawPointer(pen: Pen, { view, layout, palette, pointerX }: MovingScene): void {
  if (pointerX === undefined || pointerX < 0 || pointerX > view.widthPx) return;
  pen.strokeStyle = palette.textFaint;
  pen.lineWidth = 1;
  pen.setLineDash([2, 3]);
  pen.beginPath();
  pen.moveTo(Math.round(pointerX) + 0.5, layout.ruler.top + 2);
  pen.lineTo(Math.round(pointerX) + 0.5, bottomOf(layout));
  pen.stroke();
  pen.setLineDash([]);
}

function drawMinimapWindow(pen: Pen, { view, minimapView, layout, palette, playheadMs }: MovingScene): void {
  const { top, height } = layout.minimap;
  const from = xOf(minimapView, startOf(view));
  const width = Math.max(8, xOf(minimapView, endOf(view)) - from);
  const middle = from + (xOf(minimapView, endOf(view)) - from) / 2;
  const x = Math.max(1, Math.min(view.widthPx - width - 1, middle - width / 2));
  pen.strokeStyle = palette.playhead;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.roundRect(x, top + 1, Math.min(width, view.widthPx - 2), height - 2, 3);
  pen.stroke();
  pen.fillStyle = palette.playhead;
  pen.fillRect(Math.round(xOf(minimapView, playheadMs)) - 0.5, top + 4, 1.5, height - 8);
}

function drawPlayhead(pen: Pen, scene: MovingScene): void {
  const { view, layout, palette, font, zone, playheadMs } = scene;
  const x = xOf(view, playheadMs);
  const { along, across } = bubbleSizeOf(layout.orientation, view.spanMs);
  if (x < -along / 2 || x > view.widthPx + along / 2) return;
  const { top } = layout.ruler;
  const isVertical = layout.orientation === 'vertical';
  const from = top + across - 2;
  // Turned, the grip is beside the line and not below it.
  const bottom = isVertical && layout.grip ? layout.grip.top + 20 : bottomOf(layout);
  pen.fillStyle = palette.surface;
  pen.globalAlpha = 0.6;
  pen.fillRect(x - 2, from + 2, 4, bottom - from - 2);
  pen.globalAlpha = 1;
  pen.fillStyle = palette.playhead;
  pen.fillRect(x - 0.75, from, 1.5, bottom - from);
  if (layout.grip) {
    pen.beginPath();
    pen.arc(x, layout.grip.top + 20, 11, 0, Math.PI * 2);
    pen.fill();
    pen.fillStyle = palette.surface;
    for (const dx of [-3.5, 2]) pen.fillRect(x + dx, layout.grip.top + 15, 1.5, 10);
    pen.fillStyle = palette.playhead;
  }
  const middle = bubbleX(x, along, view.widthPx);
  if (isVertical) hideLabels(pen, [middle - along / 2, middle + along / 2], scene);
  pen.fillStyle = palette.playhead;
  pen.beginPath();
  pen.roundRect(middle - along / 2, top, along, across, 6);
  pen.fill();
  const local = zone.localTime(playheadMs);
  pen.fillStyle = palette.surface;
  pen.font = `600 12.5px ${font}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  const words = isPrecise(view.spanMs) ? preciseClockWords(local) : clockWords(local, true);
  write(pen, layout.orientation, words, middle, top + across / 2, 0.5);
}

/** Bars at these places, each narrower by `inset` at both ends. */
function fillBars(pen: Pen, places: Places, top: number, height: number, inset = 0): void {
  const few = places.length / 2 <= maxRounded;
  for (let at = 0; at < places.length; at += 2) {
    const [x, width] = [places[at]! + inset, places[at + 1]! - 2 * inset];
    if (few) fillBar(pen, x, top, width, height);
    else pen.fillRect(x, top, width, height);
  }
}

/** Rounded where there is room for it: arcs are dear, and a hair has no corners. */
function fillBar(pen: Pen, x: number, y: number, width: number, height: number): void {
  if (width < 3 * radius) {
    pen.fillRect(x, y, width, height);
    return;
  }
  pen.beginPath();
  pen.roundRect(x, y, width, height, radius);
  pen.fill();
}
