import type { Camera, CameraChanges } from '../index/cameras.ts';

/** Where cameras are kept. */
export interface CameraStore {
  list(): readonly Camera[];
  get(id: string): Camera | undefined;
  insert(camera: Camera): void;
  update(id: string, changes: CameraChanges): Camera;
  remove(id: string): void;
}
