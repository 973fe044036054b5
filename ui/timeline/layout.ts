/** Where on the drawing is what, in CSS pixels, and what a pointer points at. */
import { eventsAt, placeEvents } from './event_layout.ts';
import type { TimelineEvent } from './event_words.ts';
import { msAt, type Viewport, xOf } from './viewport.ts';

export interface Band {
  readonly top: number;
  readonly height: number;
}

export interface Layout {
  readonly minimap: Band;
  readonly ruler: Band;
  readonly track: Band;
  /** Beneath the track, and beneath the ticks of its narrow gaps. */
  readonly activity: Band;
  readonly events: Band;
  /** Of the cameras beside the one that leads, and last of all what any of them has; empty where it is alone. */
  readonly beside: readonly Band[];
  readonly merged: Band | undefined;
  readonly height: number;
  /** How far from a line its handle can be taken, to either side. */
  readonly reach: number;
  /** Under it all is a grip for the playhead. */
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
    minimap,
    ruler,
    track,
    activity,
    events,
    beside: rows.slice(0, -1),
    merged: rows.at(-1),
    height: below + (coarse ? 44 : 4),
    reach: coarse ? 22 : 6,
    grip: coarse ? { top: below, height: 44 } : undefined,
  };
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
  /** Of the playhead's bubble, all of it. */
  readonly bubbleWidth: number;
}

/** What is at a point: handles before what lies under them, the playhead before the marks where it stands alone. */
export function hitAt(x: number, y: number, pointed: Pointed): Hit {
  const { layout, view, playheadMs, marks, retention, bubbleWidth } = pointed;
  if (y < layout.minimap.top + layout.minimap.height + 4) {
    const part = Math.max(0, Math.min(1, x / view.widthPx));
    return { kind: 'minimap', ms: retention.fromMs + part * (retention.toMs - retention.fromMs) };
  }
  const { events } = layout;
  if (y >= events.top && y < events.top + events.height) {
    const placed = placeEvents(pointed.events, view);
    // Fingers are wide, but each tag has its place.
    const there = eventsAt(placed, pointed.events, view, x, layout.reach);
    if (there[0]) return { kind: 'event', ms: there[0].startMs, events: there };
  }
  const fromPlayhead = Math.abs(x - bubbleX(xOf(view, playheadMs), bubbleWidth, view.widthPx));
  const inRuler = y < layout.track.top;
  if (inRuler && fromPlayhead <= Math.max(bubbleWidth / 2, layout.reach)) return { kind: 'playhead' };
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
export function bubbleX(x: number, bubbleWidth: number, widthPx: number): number {
  if (x < -bubbleWidth || x > widthPx + bubbleWidth) return x;
  return Math.max(bubbleWidth / 2, Math.min(widthPx - bubbleWidth / 2, x));
}
