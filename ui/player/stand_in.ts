import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';

const codecNames: readonly (readonly [prefix: string, name: string])[] = [
  ['hvc1', 'H.265'],
  ['hev1', 'H.265'],
  ['avc', 'H.264'],
  ['jpeg', 'MJPEG'],
];

/** What people call the pictures' codec; of several codecs the first is theirs. */
export function codecName([video = '']: readonly string[]): string {
  return codecNames.find(([prefix]) => video.startsWith(prefix))?.[1] ?? video;
}

/** Which stream stands in for one that the browser cannot play; one choice for as long as the page lives. */
export class StandIns {
  readonly #unplayable = new Set<string>();
  readonly #insisted = new Set<string>();

  /** A person chose this stream: no other stands in for it. */
  insistOn(streamId: string): void {
    this.#insisted.add(streamId);
  }

  /** The browser cannot play the stream. @returns the recorded one of the camera that may be played in its stead */
  for(camera: CameraAnswer, stream: StreamAnswer): StreamAnswer | undefined {
    this.#unplayable.add(stream.id);
    if (this.#insisted.has(stream.id)) return undefined;
    return camera.streams.find(({ id, record }) => record && !this.#unplayable.has(id));
  }
}

export const standIns = new StandIns();
