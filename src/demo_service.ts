import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CameraService } from './api/camera_service.ts';
import type { CameraInput } from './api/contract/camera.ts';
import type { Clock } from './clock/clock.ts';
import { systemCode } from './errors/system_error.ts';
import type { Camera, CameraChanges } from './index/cameras.ts';
import type { Logger } from './logging/logger.ts';
import type { DemoCamera, DemoCameras } from './simulator/demo_cameras.ts';

/** Says where the demo cameras are, so that they are there again after a restart. */
const fileName = 'demo-cameras.json';

/** What the file has of each. */
type KnownDemoCamera = Pick<DemoCamera, 'name' | 'address' | 'streams'>;

export interface DemoServiceOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cameras: { list(): readonly Camera[]; update(id: string, changes: CameraChanges): Camera };
  readonly cameraService: Pick<CameraService, 'add' | 'changed'>;
}

/**
 * Simulated cameras inside the server, recorded like any other: for whoever has none at hand. They run while at least
 * one of them is among the cameras. A camera is one of them by the URL of a stream, so that one that was given another
 * URL is the person's own.
 *
 * The order, so that a crash leaves no camera that nobody simulates: 1. they run; 2. the file says where; 3. they are
 * added.
 */
export class DemoService {
  readonly #options: DemoServiceOptions;
  readonly #file: string;
  #running: DemoCameras | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: DemoServiceOptions) {
    this.#options = options;
    this.#file = path.join(options.dataDir, fileName);
    options.cameraService.changed.subscribe(() => {
      if (this.#running) void this.#inTurn(() => this.#endUnused());
    });
  }

  /** Starts the demo cameras that were there before; to be called before anything is recorded. */
  async restore(): Promise<void> {
    await this.#inTurn(async () => {
      const known = await this.#read();
      if (!known.some((demo) => this.#find(demo))) return;
      try {
        await this.#start(known);
      } catch (error) {
        this.#options.logger.error({ err: error }, 'The demo cameras could not be started again.');
      }
    });
  }

  /** Starts them and adds those that are not among the cameras. */
  add(): Promise<readonly Camera[]> {
    return this.#inTurn(async () => {
      const { cameras } = this.#running ?? (await this.#start(await this.#read()));
      const added: Camera[] = [];
      for (const demo of cameras) {
        added.push(this.#find(demo) ?? (await this.#options.cameraService.add(cameraInput(demo))));
      }
      return added;
    });
  }

  async stop(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#running?.close();
      this.#running = undefined;
    });
  }

  /** Where a port was taken meanwhile, the camera moves with its footage. */
  async #start(known: readonly KnownDemoCamera[]): Promise<DemoCameras> {
    const { clock, logger, cameras } = this.#options;
    // Few installations have demo cameras: the simulator is loaded for them alone.
    const { startDemoCameras } = await import('./simulator/demo_cameras.ts');
    const running = await startDemoCameras({ clock, logger, before: known });
    try {
      for (const before of known) {
        const camera = this.#find(before);
        const demo = running.cameras.find(({ name }) => name === before.name);
        if (!camera || !demo || isSamePlace(demo, before)) continue;
        cameras.update(camera.id, movedTo(demo, camera, before));
        logger.info({ camera: camera.name, address: demo.address }, 'A demo camera has another port now.');
      }
      await this.#write(running.cameras);
    } catch (error) {
      await running.close();
      throw error;
    }
    this.#running = running;
    return running;
  }

  async #endUnused(): Promise<void> {
    const running = this.#running;
    if (!running || running.cameras.some((demo) => this.#find(demo))) return;
    this.#running = undefined;
    await running.close();
    await rm(this.#file, { force: true });
  }

  /** The camera that records a demo camera. */
  #find(demo: KnownDemoCamera): Camera | undefined {
    const urls = new Set(demo.streams.map(({ url }) => url));
    return this.#options.cameras.list().find(({ streams }) => streams.some(({ url }) => urls.has(url)));
  }

  async #read(): Promise<readonly KnownDemoCamera[]> {
    try {
      const { cameras } = JSON.parse(await readFile(this.#file, 'utf8'));
      return cameras.map(knownDemoCamera);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') {
        this.#options.logger.warn(
          { err: error, file: this.#file },
          'Where the demo cameras were is not known.',
        );
      }
      return [];
    }
  }

  async #write(cameras: readonly DemoCamera[]): Promise<void> {
    const draft = `${this.#file}.${randomUUID()}.tmp`;
    await writeFile(draft, `${JSON.stringify({ cameras: cameras.map(knownDemoCamera) }, undefined, 2)}\n`);
    await rename(draft, this.#file);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => {});
    return result;
  }
}

function knownDemoCamera({ name, address, streams }: KnownDemoCamera): KnownDemoCamera {
  return {
    name: String(name),
    address: String(address),
    streams: streams.map(({ role, url }) => ({ role, url: new URL(url).href })),
  };
}

function isSamePlace(a: KnownDemoCamera, b: KnownDemoCamera): boolean {
  return JSON.stringify(knownDemoCamera(a)) === JSON.stringify(knownDemoCamera(b));
}

function cameraInput({ name, address, username, password, streams }: DemoCamera): CameraInput {
  return { name, address, username, password, streams: [...streams] };
}

/** Streams keep their ids and with them their footage; what a person changed of the camera stays. */
function movedTo(demo: DemoCamera, camera: Camera, before: KnownDemoCamera): CameraChanges {
  const streams = camera.streams.map((stream) => {
    const role = before.streams.find(({ url }) => url === stream.url)?.role;
    const url = demo.streams.find((candidate) => candidate.role === role)?.url;
    return url === undefined ? stream : { ...stream, url };
  });
  return { streams, ...(camera.address === before.address && { address: demo.address }) };
}
