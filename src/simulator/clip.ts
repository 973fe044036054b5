import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type AdtsStream, type CodedPicture, splitAdts, splitPictures } from './elementary_stream.ts';

/** Samples of one AAC frame. */
export const aacFrameSamples = 1024;

/** What a simulated camera films: coded pictures in decoding order, which is also that of presentation. */
export interface Clip {
  readonly pictures: readonly CodedPicture[];
  /** A whole number. */
  readonly framesPerSecond: number;
  readonly audio: ClipAudio | undefined;
  /** JPEG of the first picture. */
  readonly snapshot: Buffer | undefined;
}

export interface ClipAudio extends AdtsStream {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
}

export interface ClipFiles {
  /** H.264 elementary stream without B-frames, beginning with parameter sets and a key frame. */
  readonly videoFile: string;
  /** AAC-LC with ADTS headers. */
  readonly audioFile?: string | undefined;
  readonly framesPerSecond: number;
  readonly sampleRate?: number;
  /** JPEG of the first picture. */
  readonly snapshotFile?: string;
}

export async function readClip(files: ClipFiles): Promise<Clip> {
  const pictures = splitPictures(await readFile(files.videoFile));
  if (!pictures[0]?.keyFrame) throw new Error(`${files.videoFile} does not begin with a key frame`);
  const adts = files.audioFile === undefined ? undefined : splitAdts(await readFile(files.audioFile));
  const audio = adts && {
    ...adts,
    sampleRate: files.sampleRate ?? 48_000,
    channels: (adts.config[1]! >> 3) & 0x0f,
  };
  const snapshot = files.snapshotFile === undefined ? undefined : await readFile(files.snapshotFile);
  return { pictures, framesPerSecond: files.framesPerSecond, audio, snapshot };
}

export type DemoClipName = 'main' | 'sub';

const demoClips = new Map<DemoClipName, Promise<Clip>>();

/**
 * The clips that come with the project, read once: 200 pictures (0 to 199 in the bar code) at 25 per second, a key
 * frame every 25, and mono AAC at 48 kHz; 640x360 (main) or 320x180 (sub). Made by `scripts/make_demo_clip.ts`.
 */
export function demoClip(name: DemoClipName = 'main'): Promise<Clip> {
  let clip = demoClips.get(name);
  if (!clip) {
    const asset = (file: string) => fileURLToPath(new URL(`assets/${file}`, import.meta.url));
    clip = readClip({
      videoFile: asset(`${name}.h264`),
      audioFile: asset('beeps.aac'),
      framesPerSecond: 25,
      sampleRate: 48_000,
      snapshotFile: asset(`${name}.jpg`),
    });
    demoClips.set(name, clip);
  }
  return clip;
}
