/** Where on the timeline events are: a bar for each length, and letters at each begin. Pure, in CSS pixels. */
import { eventLetter, type TimelineEvent } from './event_words.ts';
import { type Viewport, xOf } from './viewport.ts';

/** No event is narrower, so that none is lost. */
export const leastEventPx = 3;
const tagPadding = 4;
const letterPx = 8;
/** Between the end of a tag and the next one; what begins nearer is on the same tag. */
const tagGap = 2;
/** Of as many types a tag has the letters; then it says that there are more. */
const maxLetters = 3;
const more = '…';

/** Events that begin so close to each other that one tag stands for them. */
export interface EventTag {
  /** Of its left edge: where the first of them begins, or the edge of the view when that was before. */
  readonly x: number;
  readonly width: number;
  /** One for each type, in the order of the alphabet, whichever began first. */
  readonly letters: string;
  readonly events: readonly TimelineEvent[];
}

/** From and to along the lane; where two touch they are one. */
export interface EventBar {
  readonly from: number;
  readonly to: number;
}

export interface PlacedEvents {
  readonly bars: readonly EventBar[];
  readonly tags: readonly EventTag[];
  /** The end of what goes on, if that is in view. */
  readonly openEnd: number | undefined;
}

/**
 * @param events in any order; those that do not touch the view are left out
 * @param tagPx how long tags are, where that does not hang on their letters
 */
export function placeEvents(events: readonly TimelineEvent[], view: Viewport, tagPx?: number): PlacedEvents {
  const bars: { from: number; to: number }[] = [];
  const tags: { x: number; width: number; letters: string; all: string; events: TimelineEvent[] }[] = [];
  let openEnd: number | undefined;
  for (const event of events.toSorted(byBegin)) {
    const begin = Math.round(xOf(view, event.startMs));
    const end = Math.round(xOf(view, event.endMs));
    if (begin >= view.widthPx || Math.max(end, begin + leastEventPx) <= 0) continue;
    const x = Math.max(0, begin);
    const to = Math.min(view.widthPx, Math.max(end, begin + leastEventPx));
    const bar = bars.at(-1);
    if (bar && x <= bar.to) bar.to = Math.max(bar.to, to);
    else bars.push({ from: x, to });
    if (event.ongoing && end < view.widthPx) openEnd = Math.max(openEnd ?? 0, end);
    const tag = tags.at(-1);
    const letter = cachedLetter(event.type);
    if (tag && x < tag.x + tag.width + tagGap) {
      tag.events.push(event);
      if (tag.all.includes(letter)) continue;
      tag.all = [...tag.all, letter].sort().join('');
      tag.letters = tag.all.length > maxLetters ? tag.all.slice(0, maxLetters) + more : tag.all;
      tag.width = tagPx ?? widthOf(tag.letters);
    } else tags.push({ x, width: tagPx ?? widthOf(letter), letters: letter, all: letter, events: [event] });
  }
  return { bars, tags, openEnd };
}

/** In the order of their begins; those that begin together in the order of their types, in whichever they came. */
function byBegin(a: TimelineEvent, b: TimelineEvent): number {
  return a.startMs - b.startMs || (a.type < b.type ? -1 : Number(a.type > b.type));
}

const widthOf = (letters: string): number => letters.length * letterPx + 2 * tagPadding;

/**
 * What a pointer in the lane points at: the events of a tag, else those whose length is there. The oldest comes first.
 *
 * @param reach how far beside it may be, for who points with a finger
 */
export function eventsAt(
  placed: PlacedEvents,
  events: readonly TimelineEvent[],
  view: Viewport,
  x: number,
  reach: number,
): readonly TimelineEvent[] {
  const near = ({ x: left, width }: EventTag) => Math.max(left - x, x - left - width, 0);
  const tag = placed.tags.reduce<EventTag | undefined>(
    (best, each) => (near(each) <= reach && (!best || near(each) < near(best)) ? each : best),
    undefined,
  );
  if (tag && near(tag) === 0) return tag.events;
  const there = events.filter((event) => {
    const begin = xOf(view, event.startMs);
    return x >= begin - 1 && x <= Math.max(xOf(view, event.endMs), begin + leastEventPx) + 1;
  });
  return there.length > 0 ? there.toSorted(byBegin) : (tag?.events ?? []);
}

/** Types are few, and each is asked for in each frame; bounded, since anybody may tell one. */
const letters = new Map<string, string>();
const maxCached = 500;

function cachedLetter(type: string): string {
  const found = letters.get(type);
  if (found !== undefined) return found;
  if (letters.size >= maxCached) letters.clear();
  const letter = eventLetter(type);
  letters.set(type, letter);
  return letter;
}
