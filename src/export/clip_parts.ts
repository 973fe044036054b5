import type { Stretch } from '../playback/stretch.ts';
import { rescale } from '../units/time.ts';

/** Sound lies near its pictures by arrival, not exactly beside them: this far on either side it is looked for. */
const soundMarginMs = 2_000;
/** Half a millisecond of rounding: a stretch's start in whole milliseconds may lie before its first picture. */
const roundingMs = 1;

/** The part of a clip that comes from one stretch. */
export interface ClipPart {
  readonly stretch: Stretch;
  /** The instants shown, half-open, in whole milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  /** The same on the run's time line, in video ticks. */
  readonly startTicks: number;
  readonly endTicks: number;
  /** Fragments of the stretch that may hold samples of it, half-open. */
  readonly firstFragment: number;
  readonly endFragment: number;
  /** The one that begins with the key frame that decoding starts from. */
  readonly keyFragment: number;
}

export interface ClipWindow {
  readonly parts: readonly ClipPart[];
  /** A picture of the window needs a key frame from before the footage given. */
  readonly needsEarlier: boolean;
}

/**
 * What a clip shows of each stretch. Pictures that no key frame in the footage precedes are left out, since nobody
 * could decode them.
 */
export function clipParts(stretches: readonly Stretch[], fromMs: number, toMs: number): ClipWindow {
  const parts: ClipPart[] = [];
  let needsEarlier = false;
  for (const stretch of stretches) {
    const endMs = Math.min(toMs, stretch.endMs);
    let startMs = Math.max(fromMs, stretch.startMs);
    if (endMs <= startMs) continue;
    let startTicks = Math.round(stretch.map.ticksAt(startMs));
    let keyFragment = lastKeyFragment(stretch, startTicks);
    if (keyFragment === undefined) {
      needsEarlier ||= stretch.fragments[0]!.segment.number > 0;
      keyFragment = stretch.fragments.findIndex(({ entry }) => entry.keyFrame);
      if (keyFragment < 0) continue;
      startTicks = stretch.fragments[keyFragment]!.startTicks;
      startMs = Math.round(stretch.map.msAt(startTicks));
      if (endMs <= startMs) continue;
    }
    const endTicks = Math.max(startTicks + 1, Math.round(stretch.map.ticksAt(endMs)));
    const margin = rescale(soundMarginMs, 1000, stretch.timescale);
    const firstSound = stretch.fragments.findIndex((fragment) => fragment.endTicks > startTicks - margin);
    const firstFragment = firstSound < 0 ? keyFragment : Math.min(keyFragment, firstSound);
    const endFragment =
      stretch.fragments.findLastIndex((fragment) => fragment.startTicks < endTicks + margin) + 1;
    parts.push({ stretch, startMs, endMs, startTicks, endTicks, firstFragment, endFragment, keyFragment });
  }
  return { parts, needsEarlier };
}

/** Index of the fragment whose key frame is the newest at or before a time, in video ticks of the run. */
export function lastKeyFragment({ fragments, timescale }: Stretch, ticks: number): number | undefined {
  const found = fragments.findLastIndex(
    (fragment) => fragment.entry.keyFrame && fragment.startTicks <= ticks,
  );
  if (found >= 0) return found;
  const first = fragments[0]!;
  const isStart = first.entry.keyFrame && first.startTicks - ticks <= rescale(roundingMs, 1000, timescale);
  return isStart ? 0 : undefined;
}
