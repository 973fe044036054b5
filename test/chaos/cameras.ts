import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { AtTheEnd } from '../fixtures/cleanup.ts';
import type { CameraSession } from './marking_camera.ts';

/** Marking cameras in another process. */
export class Cameras {
  readonly count: number;
  readonly #child: ChildProcess;
  #port = 0;

  private constructor(count: number, paddingBytes: number) {
    this.count = count;
    const file = path.join(import.meta.dirname, 'cameras_process.ts');
    this.#child = fork(file, [`${count}`, `${paddingBytes}`], { execArgv: [] });
  }

  /** @param paddingBytes filling of each picture */
  static async start(end: AtTheEnd, count: number, paddingBytes = 0): Promise<Cameras> {
    const cameras = new Cameras(count, paddingBytes);
    end.after(() => cameras.#child.kill('SIGKILL'));
    const [message] = await once(cameras.#child, 'message');
    cameras.#port = (message as { port: number }).port;
    return cameras;
  }

  url(camera: number): string {
    return `rtsp://127.0.0.1:${this.#port}/camera-${camera}`;
  }

  /** Of each camera, oldest first. */
  async sessions(): Promise<CameraSession[][]> {
    const answer = once(this.#child, 'message');
    this.#child.send('sessions');
    const [sessions] = await answer;
    return sessions as CameraSession[][];
  }
}
