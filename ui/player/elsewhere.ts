/** What the cameras of one view have together: time in which one of them has footage is not skipped. */
import type { FootageLookup, Place } from './playback.ts';

/**
 * Looks up what is at an instant for the camera that leads, and, where it has nothing, what the others have there. One
 * that cannot be asked is as one without footage: it says so itself.
 */
export async function lookUpTogether(
  leader: FootageLookup,
  others: readonly FootageLookup[],
  ms: number,
): Promise<Place> {
  const place = await leader(ms);
  if (place.kind === 'recorded' || others.length === 0) return place;
  const places = await Promise.all(others.map((lookup) => lookup(ms).catch(() => undefined)));
  const ends = places.flatMap((each) => (each?.kind === 'recorded' ? [each.endMs] : []));
  const begins = places.flatMap((each) =>
    (each?.kind === 'gap' || each?.kind === 'before') && each.nextMs !== undefined ? [each.nextMs] : [],
  );
  return {
    ...place,
    elsewhere: {
      untilMs: ends.length === 0 ? undefined : Math.max(...ends),
      nextMs: begins.length === 0 ? undefined : Math.min(...begins),
    },
  };
}
