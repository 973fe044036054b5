/** Draws the lane of events: lengths as bars, begins as flags with letters, what goes on with an open end. */
import { placeEvents } from './event_layout.ts';
import type { TimelineEvent } from './event_words.ts';
import type { Band } from './layout.ts';
import type { Palette } from './palette.ts';
import type { Viewport } from './viewport.ts';

const barHeight = 5;
const poleHeight = 16;
const poleWidth = 2;

export interface EventScene {
  readonly view: Viewport;
  readonly band: Band;
  readonly palette: Palette;
  readonly font: string;
  readonly events: readonly TimelineEvent[];
}

export function drawEvents(
  pen: CanvasRenderingContext2D,
  { view, band, palette, font, events }: EventScene,
): void {
  if (events.length === 0) return;
  const { bars, tags, openEnd } = placeEvents(events, view);
  const bottom = band.top + (band.height + poleHeight) / 2;
  pen.fillStyle = palette.event;
  for (const { from, to } of bars) pen.fillRect(from, bottom - barHeight, to - from, barHeight);
  for (const { x } of tags) pen.fillRect(x, bottom - poleHeight, poleWidth, poleHeight);
  if (openEnd !== undefined) {
    pen.beginPath();
    pen.moveTo(openEnd + 2, bottom - barHeight / 2 - 5);
    pen.lineTo(openEnd + 8, bottom - barHeight / 2);
    pen.lineTo(openEnd + 2, bottom - barHeight / 2 + 5);
    pen.fill();
  }
  pen.font = `600 10.5px ${font}`;
  pen.textAlign = 'left';
  pen.textBaseline = 'alphabetic';
  pen.fillStyle = palette.textDim;
  for (const { x, letters } of tags) pen.fillText(letters, x + poleWidth + 3, bottom - barHeight - 3);
}
