import type { Clock } from '../clock/clock.ts';
import { Topic } from '../events/topic.ts';
import type { Camera } from '../index/cameras.ts';
import { cameraChanges, newCamera } from './camera_input.ts';
import type { CameraStore } from './camera_store.ts';
import { findCamera } from './camera_view.ts';
import type { CameraInput, CameraPatch } from './contract/camera.ts';

/** What records them. */
export interface CameraRecorder {
  /** Begins to record a camera, or goes on with what changed of it. */
  applyCamera(camera: Camera): Promise<void>;
  /** Resolves when the camera's files are closed. */
  removeCamera(cameraId: string): Promise<void>;
}

/**
 * Adds, changes and removes cameras while the recorder runs: first in the index, then in the recorder, one change
 * after the other. When the recorder cannot follow, the index goes back.
 */
export class CameraService {
  /** The id of a camera that was added, changed or removed, or of which that was undone. */
  readonly changed = new Topic<string>();
  readonly #cameras: CameraStore;
  readonly #recorder: CameraRecorder;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #storageRoots: readonly string[];
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: {
    cameras: CameraStore;
    recorder: CameraRecorder;
    clock: Clock;
    newId: () => string;
    /** Their names. */
    storageRoots: readonly string[];
  }) {
    this.#cameras = options.cameras;
    this.#recorder = options.recorder;
    this.#clock = options.clock;
    this.#newId = options.newId;
    this.#storageRoots = options.storageRoots;
  }

  /** @throws NightjarError `request_invalid` */
  add(input: CameraInput): Promise<Camera> {
    return this.#inTurn(async () => {
      const camera = newCamera(input, this.#storageRoots, this.#newId, this.#clock.now());
      this.#cameras.insert(camera);
      try {
        await this.#recorder.applyCamera(camera);
      } catch (error) {
        this.#cameras.remove(camera.id);
        throw error;
      } finally {
        this.changed.publish(camera.id);
      }
      return camera;
    });
  }

  /** @throws NightjarError `camera_unknown`, `request_invalid` */
  change(id: string, patch: CameraPatch): Promise<Camera> {
    return this.#inTurn(async () => {
      const before = findCamera(this.#cameras, id);
      const after = this.#cameras.update(id, cameraChanges(before, patch, this.#storageRoots, this.#newId));
      try {
        await this.#recorder.applyCamera(after);
      } catch (error) {
        const { id: _, createdMs: __, ...fields } = before;
        // What was undefined before must be cleared again, so it is named.
        const cleared = {
          address: undefined,
          username: undefined,
          password: undefined,
          tlsFingerprint: undefined,
          maxAgeDays: undefined,
          storageRoot: undefined,
          eventMaxAgeDays: undefined,
          maxBytes: undefined,
          minAgeHours: undefined,
        };
        this.#cameras.update(id, { ...cleared, ...fields });
        throw error;
      } finally {
        this.changed.publish(id);
      }
      return after;
    });
  }

  /** Resolves when the camera's files are closed. @throws NightjarError `camera_unknown` */
  remove(id: string): Promise<void> {
    return this.#inTurn(async () => {
      findCamera(this.#cameras, id);
      await this.#recorder.removeCamera(id);
      this.#cameras.remove(id);
      this.changed.publish(id);
    });
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(change, change);
    this.#last = result.catch(() => {});
    return result;
  }
}
