/** Footage that is there, but shows damage: what is known of it, and how it is said. */
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { message } from '../messages/message.ts';

export type Damage = TimelineAnswer['damages'][number];

/** Damages in order, with parts of the same one, as two windows have them, made one. */
export function joinDamages(damages: readonly Damage[]): Damage[] {
  const joined: Damage[] = [];
  for (const damage of damages.toSorted((a, b) => a.startMs - b.startMs)) {
    const last = joined.findLastIndex(({ media }) => media === damage.media);
    const before = joined[last];
    if (!before || before.endMs < damage.startMs) joined.push(damage);
    else joined[last] = together(before, damage);
  }
  return joined;
}

/** The windows both have the counts of the whole. */
function together(a: Damage, b: Damage): Damage {
  return {
    ...a,
    endMs: Math.max(a.endMs, b.endMs),
    packetsLost: Math.max(a.packetsLost, b.packetsLost),
    unitsDropped: Math.max(a.unitsDropped, b.unitsDropped),
  };
}

/** What of the damage lies in the window, if anything. */
export function clipDamage(damage: Damage, fromMs: number, toMs: number): Damage | undefined {
  const startMs = Math.max(damage.startMs, fromMs);
  const endMs = Math.min(damage.endMs, toMs);
  return startMs < endMs ? { ...damage, startMs, endMs } : undefined;
}

/** The damages at an instant, or within the tolerance of it: one may be narrower than a pointer. */
export function damagesAt(damages: readonly Damage[], ms: number, toleranceMs: number): Damage[] {
  return damages.filter(({ startMs, endMs }) => startMs - toleranceMs <= ms && ms < endMs + toleranceMs);
}

export function damageWords({ media, packetsLost, unitsDropped }: Damage): string {
  const lost = packetsLost > 0 ? message('damage.packets', { count: packetsLost }) : undefined;
  const dropped = message(media === 'video' ? 'damage.pictures' : 'damage.sounds', { count: unitsDropped });
  const counts = lost === undefined ? dropped : `${dropped}, ${lost}`;
  return message(media === 'video' ? 'damage.video' : 'damage.audio', { counts });
}
