import type { KeyFrameFile } from './key_frame_file.ts';
import { fitInto } from './preview_box.ts';

/** Cameras beside each other have few configurations; each decoder holds some pictures. */
const maxDecoders = 4;

/** Makes small pictures of key frames with the decoders of the browser. */
export class KeyFrameDecoder {
  /** By configuration, last used last. */
  readonly #decoders = new Map<string, KeptDecoder>();
  readonly #supported = new Map<string, Promise<boolean>>();

  end(): void {
    for (const decoder of this.#decoders.values()) decoder.close();
    this.#decoders.clear();
  }

  /** Whether the browser says that it can. WebCodecs are there only over https and on the machine itself. */
  canDecode(codec: string): Promise<boolean> {
    if (codec === 'jpeg') return Promise.resolve(true);
    let supported = this.#supported.get(codec);
    if (!supported) {
      supported =
        'VideoDecoder' in globalThis
          ? VideoDecoder.isConfigSupported({ codec }).then(
              (answer) => answer.supported === true,
              () => false,
            )
          : Promise.resolve(false);
      this.#supported.set(codec, supported);
    }
    return supported;
  }

  /** Rejects when this picture cannot be decoded, though others may. */
  async decode(file: KeyFrameFile, codec: string): Promise<ImageBitmap> {
    if (codec === 'jpeg') return decodeJpeg(file);
    const key = `${codec} ${file.width}x${file.height} ${[...(file.description ?? [])]}`;
    try {
      return await this.#decoder(key, file, codec).decode(file);
    } catch (thrown) {
      const failed = this.#decoders.get(key);
      if (!failed?.isClosed) throw thrown;
      // Browsers take decoders away that were idle for a while, and those that failed once do no more.
      this.#decoders.delete(key);
      return this.#decoder(key, file, codec).decode(file);
    }
  }

  #decoder(key: string, file: KeyFrameFile, codec: string): KeptDecoder {
    const decoder = this.#decoders.get(key) ?? new KeptDecoder(file, codec);
    this.#decoders.delete(key);
    this.#decoders.set(key, decoder);
    for (const [oldest, kept] of this.#decoders) {
      if (this.#decoders.size <= maxDecoders) break;
      kept.close();
      this.#decoders.delete(oldest);
    }
    return decoder;
  }
}

/** A decoder of one configuration, one picture at a time. */
class KeptDecoder {
  readonly #decoder: VideoDecoder;
  #frame: VideoFrame | undefined;
  #error: Error | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ description, width, height }: KeyFrameFile, codec: string) {
    this.#decoder = new VideoDecoder({
      output: (frame) => {
        this.#frame?.close();
        this.#frame = frame;
      },
      error: (error) => {
        this.#error = error;
      },
    });
    this.#decoder.configure({
      codec,
      ...(description && { description }),
      displayAspectWidth: width,
      displayAspectHeight: height,
      optimizeForLatency: true,
    });
  }

  get isClosed(): boolean {
    return this.#decoder.state === 'closed';
  }

  close(): void {
    if (!this.isClosed) this.#decoder.close();
  }

  decode(file: KeyFrameFile): Promise<ImageBitmap> {
    const picture = this.#last.then(() => this.#decode(file));
    this.#last = picture.catch(() => undefined);
    return picture;
  }

  async #decode({ data, width, height }: KeyFrameFile): Promise<ImageBitmap> {
    this.#decoder.decode(new EncodedVideoChunk({ type: 'key', timestamp: 0, data }));
    await this.#decoder.flush();
    const frame = this.#frame;
    this.#frame = undefined;
    if (!frame) throw this.#error ?? new Error('The decoder gave no picture.');
    try {
      return drawSmall(frame, { width, height });
    } finally {
      frame.close();
    }
  }
}

function drawSmall(frame: VideoFrame, size: { width: number; height: number }): ImageBitmap {
  const { width, height } = fitInto(size, devicePixelRatio);
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d', { alpha: false })!;
  pen.imageSmoothingQuality = 'medium';
  pen.drawImage(frame, 0, 0, width, height);
  return canvas.transferToImageBitmap();
}

function decodeJpeg({ data, width, height }: KeyFrameFile): Promise<ImageBitmap> {
  const fitted = fitInto({ width, height }, devicePixelRatio);
  return createImageBitmap(new Blob([data], { type: 'image/jpeg' }), {
    resizeWidth: fitted.width,
    resizeHeight: fitted.height,
    resizeQuality: 'medium',
  });
}
