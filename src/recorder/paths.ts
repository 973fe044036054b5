import { type UnixMillis, unixMillis } from '../units/time.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/**
 * Where a segment lies, relative to the recordings root: by the hour of its provisional start in UTC. The name is
 * for people; a time is read out of it only where the file's own is lost. The run is in it because two runs may begin in
 * the same millisecond.
 */
export function segmentPath(place: {
  cameraId: string;
  streamId: string;
  provisionalStartMs: UnixMillis;
  number: number;
  runId: string;
}): string {
  const start = new Date(place.provisionalStartMs);
  const day = [start.getUTCFullYear(), two(start.getUTCMonth() + 1), two(start.getUTCDate())];
  const name = `${Math.floor(place.provisionalStartMs)}-${place.number}-${place.runId.slice(0, 8)}.mp4`;
  return [place.cameraId, place.streamId, ...day, two(start.getUTCHours()), name].join('/');
}

/** When a segment was to begin, by the name of its file; undefined for another name than {@link segmentPath} gives. */
export function startInName(file: string): UnixMillis | undefined {
  const start = /(?:^|\/)(\d{1,15})-\d+-[0-9a-f]{8}\.mp4$/.exec(file)?.[1];
  return start === undefined ? undefined : unixMillis(Number(start));
}
