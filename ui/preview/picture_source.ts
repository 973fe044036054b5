import { apiPath } from '../api/client.ts';
import { problemOf } from '../api/problem.ts';
import type { KeyFrameDecoder } from './key_frame_decoder.ts';
import { readKeyFrameFile } from './key_frame_file.ts';
import type { LoadedPicture, WantedPicture } from './preview_queue.ts';

type Loaded = LoadedPicture<ImageBitmap>;

/** Fetches key frames and has them decoded by the browser, or fetches what the server made of them. */
export class PictureSource {
  readonly #decoder: KeyFrameDecoder;
  /** Whether a picture of that instant is there already. */
  readonly #isKnown: (wanted: WantedPicture, pictureMs: number) => boolean;
  /** Streams that the browser does not decode. */
  readonly #undecodable = new Set<string>();

  constructor(decoder: KeyFrameDecoder, isKnown: (wanted: WantedPicture, pictureMs: number) => boolean) {
    this.#decoder = decoder;
    this.#isKnown = isKnown;
  }

  /** Rejects when it was aborted, or the server cannot be asked or refuses. */
  async load(wanted: WantedPicture, signal: AbortSignal): Promise<Loaded> {
    if (this.#undecodable.has(wanted.streamId)) return this.#fromServer(wanted, signal);
    const answer = await ask('keyframe', wanted, signal);
    if (!answer.ok) return { kind: 'none' };
    const codec = /codecs="([^"]+)"/.exec(answer.headers.get('content-type') ?? '')?.[1] ?? '';
    if (!(await this.#decoder.canDecode(codec))) {
      this.#undecodable.add(wanted.streamId);
      await answer.body?.cancel();
      return this.#fromServer(wanted, signal);
    }
    const pictureMs = instantOf(answer);
    if (this.#isKnown(wanted, pictureMs)) {
      await answer.body?.cancel();
      return { kind: 'known', pictureMs };
    }
    const file = readKeyFrameFile(new Uint8Array(await answer.arrayBuffer()));
    signal.throwIfAborted();
    const picture = file && (await this.#decoder.decode(file, codec).catch(() => undefined));
    // A decoder may refuse single pictures, such as those with which a gradual refresh begins.
    return picture ? { kind: 'picture', pictureMs, picture } : this.#fromServer(wanted, signal);
  }

  async #fromServer(wanted: WantedPicture, signal: AbortSignal): Promise<Loaded> {
    const answer = await ask('keyframe.jpg', wanted, signal);
    if (!answer.ok) {
      const { code } = problemOf(answer.status, await answer.json().catch(() => undefined));
      return { kind: code === 'ffmpeg_missing' ? 'never' : 'none' };
    }
    const pictureMs = instantOf(answer);
    if (this.#isKnown(wanted, pictureMs)) {
      await answer.body?.cancel();
      return { kind: 'known', pictureMs };
    }
    return { kind: 'picture', pictureMs, picture: await createImageBitmap(await answer.blob()) };
  }
}

const ask = (name: string, { cameraId, streamId, atMs }: WantedPicture, signal: AbortSignal) =>
  fetch(apiPath(`/cameras/${encodeURIComponent(cameraId)}/${name}`, { stream: streamId, at: atMs }), {
    signal,
  });

const instantOf = ({ headers }: Response): number => Number(headers.get('nightjar-instant-ms'));
