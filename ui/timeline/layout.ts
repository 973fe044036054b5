/**
 * Where on the drawing is what, in CSS pixels, and what a pointer points at. All of it is told as of a timeline that runs to
 * the right; `orientation.ts` turns it.
 */
import { eventsAt, placeEvents } from './event_layout.ts';
import type { TimelineEvent } from './event_words.ts';
import { type Orientation, type Size, sizeOf } from './orientation.ts';
import { msAt, type Viewport, xOf } from './viewport.ts';

export interface Band {
  readonly top: number;
  readonly height: number;
}

export interface Layout {
  readonly orientation: Orientation;
  readonly minimap: Band;
  /** So far beside it, it is taken too. */
  readonly minimapReach: number;
  readonly ruler: Band;
  readonly track: Band;
  /** For words about the track that do not fit into it; none where they are written in it. */
  readonly wordsBeside: Band | undefined;
  /** Beneath the track, and beneath the ticks of its narrow gaps. */
  readonly activity: Band;
  readonly events: Band;
  /** Of an event's tag along time, where that does not hang on its letters. */
  readonly tagPx: number | undefined;
  /** Of the cameras beside the one that leads, and last of all what any of them has; empty where it is alone. */
  readonly beside: readonly Band[];
  readonly merged: Band | undefined;
  readonly height: number;
  /** How far from a line its handle can be taken, to either side. */
  readonly reach: number;
  /** Under all tracks is a grip for the playhead. */
  readonly grip: Band | undefined;
}

/** Of the tracks of other cameras, and of the room between two: less where there are many. */
const besideRows = { few: { height: 20, room: 10 }, many: { height: 14, room: 6 } };
const manyFrom = 9;

/**
 * @param coarse fingers: handles of at least 44 pixels
 * @param others so many cameras are shown beside the one that leads
 */
export function layoutFor(coarse: boolean, others = 0): Layout {
  const minimap = { top: 0, height: coarse ? 28 : 20 };
  const ruler = { top: minimap.height + 8, height: 32 };
  const track = { top: ruler.top + ruler.height + 2, height: coarse ? 44 : 36 };
  const activity = { top: track.top + track.height + 8, height: 12 };
  const events = { top: activity.top + activity.height + 4, height: coarse ? 28 : 20 };
  const { height, room } = others < manyFrom ? besideRows.few : besideRows.many;
  const rows = Array.from({ length: others === 0 ? 0 : others + 1 }, (_, row) => ({
    top: events.top + events.height + 6 + row * (height + room),
    height,
  }));
  const last = rows.at(-1) ?? events;
  const below = last.top + last.height;
  return {
    orientation: 'horizontal',
    minimap,
    minimapReach: 4,
    ruler,
    track,
    wordsBeside: undefined,
    activity,
    events,
    tagPx: undefined,
    beside: rows.slice(0, -1),
    merged: rows.at(-1),
    height: below + (coarse ? 44 : 4),
    reach: coarse ? 22 : 6,
    grip: coarse ? { top: below, height: 44 } : undefined,
  };
}

/** Of a vertical timeline, from the left: the tracks have what ruler and minimap leave them. */
const vertical = {
  ruler: { top: 2, height: 76 },
  minimap: { height: 22, margin: 6 },
  grip: 44,
  tagPx: 18,
  /** Of the leader's track; a part of what a wide screen has more than a narrow one is given to it. */
  track: { alone: 48, beside: 36, most: 96, growth: 0.15, narrowPx: 360 },
  /** Letters need so much; alone, the lane has all that is left, for words. */
  lettersPx: 44,
  /** Of the columns of other cameras, with the room between two. */
  column: { most: 30, roomPart: 0.25, mostRoom: 6 },
  /** With so many others the columns need the place of the grip; the bubble is one too. */
  gripUpTo: 3,
};

/**
 * A vertical timeline: the ruler is at the left, and the minimap at the right, where the thumb is.
 *
 * @param height of the drawing across time: the width of the screen
 */
export function verticalLayoutFor(coarse: boolean, others: number, height: number): Layout {
  const { ruler, column } = vertical;
  const minimap = {
    top: height - vertical.minimap.margin - vertical.minimap.height,
    height: vertical.minimap.height,
  };
  const minimapReach = coarse ? (44 - minimap.height) / 2 : 4;
  const hasGrip = coarse && others <= vertical.gripUpTo;
  const below = minimap.top - minimapReach - (hasGrip ? vertical.grip : 6);
  const { alone, most, growth, narrowPx } = vertical.track;
  const wider = Math.max(0, height - narrowPx) * growth;
  const track = {
    top: ruler.top + ruler.height + 2,
    height: others > 0 ? vertical.track.beside : Math.round(Math.min(most, alone + wider)),
  };
  const activity = { top: track.top + track.height + 8, height: 24 };
  const eventsTop = activity.top + activity.height + 6;
  const events = {
    top: eventsTop,
    height: others > 0 ? vertical.lettersPx : Math.max(vertical.lettersPx, below - eventsTop),
  };
  const firstTop = events.top + events.height + 6;
  const pitch = Math.min(column.most, Math.max(0, below - firstTop) / (others + 1));
  const room = Math.min(column.mostRoom, Math.ceil(pitch * column.roomPart));
  const rows = Array.from({ length: others === 0 ? 0 : others + 1 }, (_, row) => ({
    top: Math.round(firstTop + row * pitch),
    height: Math.max(1, Math.floor(pitch - room)),
  }));
  return {
    orientation: 'vertical',
    minimap,
    minimapReach,
    ruler,
    track,
    wordsBeside:
      others > 0 ? undefined : { top: activity.top, height: minimap.top - minimapReach - activity.top },
    activity,
    events,
    tagPx: vertical.tagPx,
    beside: rows.slice(0, -1),
    merged: rows.at(-1),
    height,
    reach: coarse ? 22 : 6,
    grip: hasGrip ? { top: below, height: vertical.grip } : undefined,
  };
}

/** Shorter views tell the playhead's instant to the hundredth of a second. */
const preciseBelowMs = 30_000;

export const isPrecise = (spanMs: number): boolean => spanMs < preciseBelowMs;

/** Of the playhead's bubble. */
export function bubbleSizeOf(orientation: Orientation, spanMs: number): Size {
  const [common, precise] = orientation === 'horizontal' ? [76, 92] : [70, 86];
  return sizeOf(orientation, isPrecise(spanMs) ? precise : common, 22);
}

export type Marks = { readonly inMs: number | undefined; readonly outMs: number | undefined };

export type Hit =
  | { readonly kind: 'minimap'; readonly ms: number }
  | { readonly kind: 'playhead' }
  | { readonly kind: 'mark'; readonly which: 'inMs' | 'outMs' }
  /** Some events, the oldest first, which began at `ms`. */
  | { readonly kind: 'event'; readonly ms: number; readonly events: readonly TimelineEvent[] }
  /** `beside` counts the tracks of the other cameras from 0. */
  | { readonly kind: 'time'; readonly ms: number; readonly beside?: number };

export interface Pointed {
  readonly layout: Layout;
  readonly view: Viewport;
  readonly playheadMs: number;
  readonly marks: Marks;
  /** Those in view. */
  readonly events: readonly TimelineEvent[];
  /** What the minimap shows. */
  readonly retention: { readonly fromMs: number; readonly toMs: number };
  /** Of the playhead's bubble along time, all of it. */
  readonly bubblePx: number;
}

/** What is at a point: handles before what lies under them, the playhead before the marks where it stands alone. */
export function hitAt(x: number, y: number, pointed: Pointed): Hit {
  const { layout, view, playheadMs, marks, retention, bubblePx } = pointed;
  const fromMinimap = Math.max(layout.minimap.top - y, y - layout.minimap.top - layout.minimap.height);
  if (fromMinimap < layout.minimapReach) {
    const part = Math.max(0, Math.min(1, x / view.widthPx));
    return { kind: 'minimap', ms: retention.fromMs + part * (retention.toMs - retention.fromMs) };
  }
  const { events } = layout;
  if (y >= events.top && y < events.top + events.height) {
    const placed = placeEvents(pointed.events, view, layout.tagPx);
    // Fingers are wide, but each tag has its place.
    const there = eventsAt(placed, pointed.events, view, x, layout.reach);
    if (there[0]) return { kind: 'event', ms: there[0].startMs, events: there };
  }
  const fromPlayhead = Math.abs(x - bubbleX(xOf(view, playheadMs), bubblePx, view.widthPx));
  const inRuler = y < layout.track.top;
  if (inRuler && fromPlayhead <= Math.max(bubblePx / 2, layout.reach)) return { kind: 'playhead' };
  const distance = Math.abs(x - xOf(view, playheadMs));
  if (layout.grip && y >= layout.grip.top && distance <= layout.reach) return { kind: 'playhead' };
  const near = (['inMs', 'outMs'] as const)
    .flatMap((which) =>
      marks[which] === undefined ? [] : [{ which, from: Math.abs(x - xOf(view, marks[which])) }],
    )
    .filter(({ from }) => from <= layout.reach)
    .sort((a, b) => a.from - b.from)[0];
  if (near && near.from < distance) return { kind: 'mark', which: near.which };
  if (distance <= layout.reach) return { kind: 'playhead' };
  const beside = layout.beside.findIndex(({ top, height }) => y >= top - 3 && y < top + height + 3);
  return { kind: 'time', ms: msAt(view, x), ...(beside >= 0 && { beside }) };
}

/** Where lines that go through all tracks end. */
export function bottomOf({ events, merged }: Layout): number {
  const { top, height } = merged ?? events;
  return top + height;
}

/** The middle of the bubble: over its line, but within the drawing. */
export function bubbleX(x: number, bubblePx: number, widthPx: number): number {
  if (x < -bubblePx || x > widthPx + bubblePx) return x;
  return Math.max(bubblePx / 2, Math.min(widthPx - bubblePx / 2, x));
}
