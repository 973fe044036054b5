/** Draws the lane of events: lengths as bars, begins as flags with letters, what goes on with an open end. */
import { write } from './draw_words.ts';
import { type EventTag, placeEvents } from './event_layout.ts';
import { eventName, type TimelineEvent } from './event_words.ts';
import type { Layout } from './layout.ts';
import type { Palette } from './palette.ts';
import type { Viewport } from './viewport.ts';

const barHeight = 5;
const poleHeight = 16;
const poleWidth = 2;

export interface EventScene {
  readonly view: Viewport;
  readonly layout: Layout;
  readonly palette: Palette;
  readonly font: string;
  readonly events: readonly TimelineEvent[];
}

type Pen = CanvasRenderingContext2D;

export function drawEvents(pen: Pen, { view, layout, palette, font, events }: EventScene): void {
  if (events.length === 0) return;
  const { bars, tags, openEnd } = placeEvents(events, view, layout.tagPx);
  const isVertical = layout.orientation === 'vertical';
  const lane = layout.events;
  // Words stand over the bars, or at the right of them.
  const pole = isVertical ? lane.top : lane.top + (lane.height - poleHeight) / 2;
  const bar = isVertical ? lane.top : pole + poleHeight - barHeight;
  pen.fillStyle = palette.event;
  for (const { from, to } of bars) pen.fillRect(from, bar, to - from, barHeight);
  for (const { x } of tags) pen.fillRect(x, pole, poleWidth, poleHeight);
  if (openEnd !== undefined) {
    const middle = bar + barHeight / 2;
    pen.beginPath();
    pen.moveTo(openEnd + 2, middle - 5);
    pen.lineTo(openEnd + 8, middle);
    pen.lineTo(openEnd + 2, middle + 5);
    pen.fill();
  }
  pen.font = `600 10.5px ${font}`;
  pen.textAlign = 'left';
  pen.textBaseline = 'alphabetic';
  pen.fillStyle = palette.textDim;
  if (!isVertical) {
    for (const { x, letters } of tags) pen.fillText(letters, x + poleWidth + 3, bar - 3);
    return;
  }
  const beside = bar + barHeight + 5;
  const { wordsBeside } = layout;
  if (wordsBeside) pen.font = `500 12px ${font}`;
  for (const tag of tags) {
    const words = wordsBeside
      ? fitted(pen, namesOf(tag), wordsBeside.top + wordsBeside.height - beside)
      : tag.letters;
    write(pen, 'vertical', words, tag.x + poleWidth + 3, beside);
  }
}

const namesOf = ({ events }: EventTag): string =>
  [...new Set(events.map(({ type }) => eventName(type)))].join(', ');

/** As much of the words as there is room for. */
function fitted(pen: Pen, words: string, widthPx: number): string {
  if (pen.measureText(words).width <= widthPx) return words;
  let shorter = words;
  while (shorter.length > 1 && pen.measureText(`${shorter}…`).width > widthPx) shorter = shorter.slice(0, -1);
  return `${shorter.trimEnd()}…`;
}
