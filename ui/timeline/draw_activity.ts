/** Draws activity as columns whose height is the level, the active ones in a stronger colour. */
import { type ActivityPart, type ActivityStrip, burstLevel, highestLevel } from './activity.ts';
import type { Band } from './layout.ts';
import type { Palette } from './palette.ts';
import { type Viewport, xOf } from './viewport.ts';

type Pen = CanvasRenderingContext2D;

/**
 * Each strip as a picture of a pixel for each step and level, drawn once: hundreds of columns in each frame would cost more than all
 * else on the timeline.
 */
const pictures = new WeakMap<ActivityStrip, { readonly colors: string; readonly picture: OffscreenCanvas }>();

export function drawActivity(
  pen: Pen,
  {
    view,
    band: { top, height },
    palette,
    parts,
  }: {
    readonly view: Viewport;
    readonly band: Band;
    readonly palette: Palette;
    readonly parts: readonly ActivityPart[];
  },
): void {
  for (const { strip, fromMs, toMs } of parts) {
    const picture = pictureOf(strip, palette);
    if (!picture) continue;
    const endMs = strip.startMs + strip.levels.length * strip.stepMs;
    const [from, to] = [Math.max(fromMs, strip.startMs), Math.min(toMs, endMs)];
    if (to <= from) continue;
    const x = xOf(view, from);
    const steps = (ms: number) => (ms - strip.startMs) / strip.stepMs;
    // Wide columns have sharp edges; narrower ones than a pixel are mixed.
    const width = xOf(view, to) - x;
    pen.imageSmoothingEnabled = width < steps(to) - steps(from);
    pen.drawImage(picture, steps(from), 0, steps(to) - steps(from), highestLevel, x, top, width, height);
  }
}

function pictureOf(
  strip: ActivityStrip,
  { activityLow, activityHigh }: Palette,
): OffscreenCanvas | undefined {
  const { levels } = strip;
  if (levels.length === 0) return undefined;
  const colors = `${activityLow} ${activityHigh}`;
  const known = pictures.get(strip);
  if (known?.colors === colors) return known.picture;
  const picture = new OffscreenCanvas(levels.length, highestLevel);
  const pen = picture.getContext('2d');
  if (!pen) return undefined;
  for (const isHigh of [false, true]) {
    pen.fillStyle = isHigh ? activityHigh : activityLow;
    for (let step = 0; step < levels.length; step++) {
      const level = Number.parseInt(levels[step]!, 16);
      if (level > 0 && level >= burstLevel === isHigh) pen.fillRect(step, highestLevel - level, 1, level);
    }
  }
  pictures.set(strip, { colors, picture });
  return picture;
}
