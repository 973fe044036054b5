import path from 'node:path';
import { runTool } from '../fixtures/ffprobe.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { type Media, readMedia } from './media.ts';

const framesPerSecond = 25;
/** Longest encoding of a clip, on a busy machine. */
const encodingMs = 180_000;

/** A height that RTP/JPEG can say: it counts blocks of eight. */
const picture = { width: 320, height: 192 };
/** Like hardware encoders, these have one slice a picture, and each group of pictures stands on its own. */
const x264 = [
  '-c:v',
  'libx264',
  '-preset',
  'superfast',
  '-g',
  '25',
  '-keyint_min',
  '25',
  '-sc_threshold',
  '0',
];
const x265 = ['-c:v', 'libx265', '-preset', 'superfast', '-tag:v', 'hvc1', '-x265-params'];
const h265 = 'log-level=error:keyint=25:min-keyint=25:scenecut=0:open-gop=0:repeat-headers=0';

const videoEncodings = {
  h264: [...x264, '-bf', '0', '-b:v', '800k'],
  'h264-b': [...x264, '-bf', '2', '-b_strategy', '0', '-b:v', '800k'],
  h265: [...x265, `${h265}:bframes=0:bitrate=800`],
  'h265-b': [...x265, `${h265}:bframes=2:b-adapt=0:bitrate=800`],
  // RFC 2435 has no room for Huffman tables of one's own.
  jpeg: ['-c:v', 'mjpeg', '-huffman', 'default', '-pix_fmt', 'yuvj420p', '-q:v', '4'],
};

const audioEncodings = {
  aac: ['-c:a', 'aac', '-ar', '16000', '-b:a', '32k'],
  pcmu: ['-c:a', 'pcm_mulaw', '-ar', '8000'],
  pcma: ['-c:a', 'pcm_alaw', '-ar', '8000'],
  l16: ['-c:a', 'pcm_s16be', '-ar', '8000'],
  'l16-44100-stereo': ['-c:a', 'pcm_s16be', '-ar', '44100', '-ac', '2'],
  opus: ['-c:a', 'libopus', '-ar', '48000', '-ac', '2', '-b:a', '48k'],
  g722: ['-c:a', 'g722', '-ar', '16000'],
  // These have the first sample in the high bits, as in a WAV file.
  'g726-16': ['-c:a', 'g726', '-ar', '8000', '-b:a', '16k'],
  'g726-24': ['-c:a', 'g726', '-ar', '8000', '-b:a', '24k'],
  'g726-32': ['-c:a', 'g726', '-ar', '8000', '-b:a', '32k'],
  'g726-40': ['-c:a', 'g726', '-ar', '8000', '-b:a', '40k'],
};

export type VideoEncoding = keyof typeof videoEncodings;
export type AudioEncoding = keyof typeof audioEncodings;

export interface SourceClip extends Media {
  readonly file: string;
  readonly seconds: number;
}

/** Makes clips with numbered pictures and a rising tone, each kind once. */
export class SourceClips {
  readonly #folder: string;
  readonly #seconds: number;
  readonly #made = new Map<string, Promise<SourceClip>>();

  /**
   * @param folder an existing one for the files
   * @param seconds of each clip, when nobody asks for more
   */
  constructor(folder: string, seconds: number) {
    this.#folder = folder;
    this.#seconds = seconds;
  }

  get(video: VideoEncoding, audio: AudioEncoding | undefined, seconds = this.#seconds): Promise<SourceClip> {
    const name = `${video}-${audio ?? 'silent'}-${seconds}`;
    const made = this.#made.get(name) ?? this.#make(name, { video, audio, seconds });
    this.#made.set(name, made);
    // Whoever asks again may have more luck.
    made.catch(() => this.#made.delete(name));
    return made;
  }

  async #make(
    name: string,
    clip: { video: VideoEncoding; audio: AudioEncoding | undefined; seconds: number },
  ): Promise<SourceClip> {
    const { video, audio, seconds } = clip;
    const { mp4File } = await numberedClip({
      frames: seconds * framesPerSecond,
      framesPerSecond,
      ...picture,
    });
    const isInMp4 = audio === undefined || ['aac', 'pcmu', 'pcma'].includes(audio) || audio.startsWith('l16');
    const file = path.join(this.#folder, `${name}.${isInMp4 ? 'mov' : 'mkv'}`);
    // The tone never repeats itself, so that a piece of it fits in one place alone.
    const tone = `aevalsrc=0.3*sin(2*PI*(200+250*t)*t):s=48000:d=${seconds}`;
    const result = await runTool(
      'ffmpeg',
      [
        ['-v', 'error', '-y', '-i', mp4File, '-f', 'lavfi', '-i', tone, '-map', '0:v', '-threads', '1'],
        ['-fps_mode', 'passthrough', ...videoEncodings[video]],
        audio === undefined ? [] : ['-map', '1:a', ...audioEncodings[audio]],
        // Cameras send no sound from before their first picture, as an edit list would have it.
        ['-video_track_timescale', '90000', ...(audio === 'aac' ? ['-use_editlist', '0'] : []), file],
      ].flat(),
      { timeoutMs: encodingMs },
    );
    if (result.code !== 0) throw new Error(`ffmpeg made no ${name}: ${result.errors.trim()}`);
    return { file, seconds, ...(await readMedia([file])) };
  }
}
