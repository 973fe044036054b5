/** The colours that the canvas draws with, read from the tokens of the theme that is on. */
import { tokenColor } from '../design/token_color.ts';

const tokens = {
  surface: '--surface-0',
  band: '--surface-1',
  line: '--line',
  lineStrong: '--line-strong',
  text: '--text-1',
  textDim: '--text-2',
  textFaint: '--text-3',
  recorded: '--recorded',
  recordedDim: '--recorded-dim',
  growing: '--growing',
  activityLow: '--activity-low',
  activityHigh: '--activity-high',
  event: '--event',
  gap: '--gap',
  gapLine: '--gap-line',
  playhead: '--playhead',
  focus: '--focus',
} as const;

export type Palette = Readonly<Record<keyof typeof tokens, string>> & {
  /** Of gaps. */
  readonly hatch: CanvasPattern | string;
  /** Over footage that shows damage. */
  readonly crossed: CanvasPattern | string;
};

export function readPalette(context: CanvasRenderingContext2D, scale: number): Palette {
  const colors = Object.fromEntries(
    Object.entries(tokens).map(([name, token]) => [name, tokenColor(token)]),
  ) as Record<keyof typeof tokens, string>;
  return { ...colors, hatch: hatchOf(context, colors, scale), crossed: crossedOf(context, colors, scale) };
}

/** Crossed diagonal lines, with the footage to be seen between them. */
function crossedOf(
  context: CanvasRenderingContext2D,
  { surface }: { surface: string },
  scale: number,
): CanvasPattern | string {
  const size = Math.round(6 * scale);
  const tile = new OffscreenCanvas(size, size);
  const pen = tile.getContext('2d');
  if (!pen) return surface;
  pen.strokeStyle = surface;
  pen.lineWidth = 1.25 * scale;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
    pen.moveTo(shift, 0);
    pen.lineTo(shift + size, size);
  }
  pen.stroke();
  return patternOf(context, tile, scale) ?? surface;
}

/** Diagonal lines, as sharp as the screen can show them. */
function hatchOf(
  context: CanvasRenderingContext2D,
  { gap, gapLine }: { gap: string; gapLine: string },
  scale: number,
): CanvasPattern | string {
  const size = Math.round(8 * scale);
  const tile = new OffscreenCanvas(size, size);
  const pen = tile.getContext('2d');
  if (!pen) return gap;
  pen.globalAlpha = 0.35;
  pen.fillStyle = gap;
  pen.fillRect(0, 0, size, size);
  pen.globalAlpha = 1;
  pen.strokeStyle = gapLine;
  pen.lineWidth = 1.5 * scale;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return patternOf(context, tile, scale) ?? gap;
}

function patternOf(
  context: CanvasRenderingContext2D,
  tile: OffscreenCanvas,
  scale: number,
): CanvasPattern | undefined {
  const pattern = context.createPattern(tile, 'repeat') ?? undefined;
  pattern?.setTransform(new DOMMatrix().scale(1 / scale));
  return pattern;
}
