import { signal } from '@preact/signals';
import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';
import { listCameras } from './client.ts';
import { RequestProblem } from './problem.ts';
import { onUpdate } from './updates.ts';

/** All cameras by name; undefined until the server answered for the first time. */
export const cameras = signal<readonly CameraAnswer[] | undefined>(undefined);

/** Why the cameras could not be asked for, while that is so. */
export const camerasProblem = signal<RequestProblem | undefined>(undefined);

const order = new Intl.Collator(undefined, { numeric: true });
const sorted = (list: readonly CameraAnswer[]): CameraAnswer[] =>
  list.toSorted((a, b) => order.compare(a.name, b.name) || a.id.localeCompare(b.id));

/** Puts a camera into the list, in the place of what was known of it before. */
export function putCamera(camera: CameraAnswer): void {
  const others = (cameras.peek() ?? []).filter(({ id }) => id !== camera.id);
  cameras.value = sorted([...others, camera]);
}

/** Takes a camera out of the list. */
export function dropCamera(id: string): void {
  cameras.value = cameras.peek()?.filter((camera) => camera.id !== id);
}

/** Asks the server for all cameras. */
export async function fetchCameras(): Promise<void> {
  try {
    cameras.value = sorted(await listCameras());
    camerasProblem.value = undefined;
  } catch (problem) {
    if (!(problem instanceof RequestProblem)) throw problem;
    camerasProblem.value = problem;
  }
}

/** Ends of the newest footage by stream: they grow each second, which need not draw the list anew. */
const footageEnds = new Map<string, number>();

/** End of the newest footage of a stream in a file; undefined while there is none. */
export const newestFootageMs = ({ id, lastFootageMs }: StreamAnswer): number | undefined =>
  footageEnds.get(id) ?? lastFootageMs;

/** Keeps the list true from now on. */
export function followCameras(): void {
  onUpdate('hello', () => {
    // What was pushed before may have been deleted while nothing was heard.
    footageEnds.clear();
    void fetchCameras();
  });
  onUpdate('footage', ({ streamId, endMs }) => footageEnds.set(streamId, endMs));
  onUpdate('camera', (camera) => {
    // Before the first answer the list is not known, and one camera must not pass for all.
    if (cameras.peek() !== undefined) putCamera(camera);
  });
  onUpdate('camera_removed', ({ id }) => dropCamera(id));
  void fetchCameras();
}
