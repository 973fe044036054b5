/** Draws activity as columns whose height is the level, the active ones in a stronger colour. */
import { type ActivityPart, type ActivityStrip, burstLevel, highestLevel } from './activity.ts';
import type { Layout } from './layout.ts';
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
    layout: { activity, orientation },
    palette,
    parts,
  }: {
    readonly view: Viewport;
    readonly layout: Layout;
    readonly palette: Palette;
    readonly parts: readonly ActivityPart[];
  },
): void {
  pen.save();
  // Columns stand on the lower edge of the strip. Turned they would hang from its right one: they stand on the left one, by the track.
  const isTurned = orientation === 'vertical';
  pen.translate(0, isTurned ? activity.top + activity.height : activity.top);
  pen.scale(1, isTurned ? -1 : 1);
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
    pen.drawImage(
      picture,
      steps(from),
      0,
      steps(to) - steps(from),
      highestLevel,
      x,
      0,
      width,
      activity.height,
    );
  }
  pen.restore();
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
