import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';

/**
 * The streams of a camera in the order in which to try them: the small picture for a tile, the best one when enlarged.
 * One that has no picture now comes last; what the browser cannot play is left out by the caller.
 */
export function streamsToTry(camera: CameraAnswer, large: boolean): StreamAnswer[] {
  const wanted: StreamAnswer['role'] = large ? 'main' : 'sub';
  const lessFitting = (stream: StreamAnswer) =>
    (hasPicture(stream) ? 0 : 2) + (stream.role === wanted ? 0 : 1);
  return camera.streams.toSorted((a, b) => lessFitting(a) - lessFitting(b));
}

/** A stream that is not recorded is opened for who watches it. */
const hasPicture = ({ state, record }: StreamAnswer): boolean => state === 'recording' || !record;
