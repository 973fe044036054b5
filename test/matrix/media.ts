import { ffprobe, type ProbedPacket, type ProbedStream, runTool } from '../fixtures/ffprobe.ts';

/** What ffprobe and ffmpeg find in files that follow each other. */
export interface Media {
  readonly video: VideoFacts | undefined;
  readonly audio: AudioFacts | undefined;
  /** What ffmpeg complained of while decoding; empty when all is well. */
  readonly complaints: string;
}

export interface VideoFacts {
  /** As ffprobe names it. */
  readonly codec: string;
  /** MD5 of each decoded picture, in the order of presentation. */
  readonly frames: readonly string[];
  /** From one picture to the next, by the frame rate that ffprobe tells. */
  readonly frameSeconds: number;
}

export interface AudioFacts {
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
  /** The MD5 of each coded frame, or for codecs without frames each byte as a character. */
  readonly coded: string;
  /** How many characters of `coded` are a second. */
  readonly charactersPerSecond: number;
  /** Seconds from the first picture to the first sound. */
  readonly afterVideoS: number;
}

/** Codecs in which any whole number of samples is a packet: the sizes of packets say nothing. */
const withoutFrames = /^(pcm_|adpcm_)/;

/**
 * Reads files that play one after the other: each is decoded on its own, as it must be playable alone.
 *
 * @param files at least one; all with the same streams
 */
export async function readMedia(files: readonly string[]): Promise<Media> {
  const { streams, packets } = await ffprobe(files[0]!, { packets: true });
  const of = (kind: string) => streams.find(({ codec_type }) => codec_type === kind);
  const [video, audio] = [of('video'), of('audio')];
  const start = (stream: ProbedStream | undefined) =>
    Math.min(
      ...packets
        .filter(({ stream_index }) => stream_index === stream?.index)
        .map(({ pts_time }) => Number(pts_time)),
    );
  const decoded = video ? await inTurn(files, decodedFrames) : [];
  return {
    complaints: (await inTurn(files, async (file) => [await complaintsOf(file)])).join(''),
    video: video && {
      codec: video.codec_name,
      frames: decoded,
      frameSeconds: frameSeconds(video),
    },
    audio: audio && {
      codec: audio.codec_name,
      sampleRate: Number(audio.sample_rate),
      channels: audio.channels ?? 0,
      ...(await codedAudio(files, audio, packets)),
      afterVideoS: start(audio) - start(video),
    },
  };
}

function frameSeconds({ avg_frame_rate }: ProbedStream): number {
  const [frames = 0, seconds = 0] = avg_frame_rate.split('/').map(Number);
  return seconds / frames;
}

async function codedAudio(files: readonly string[], audio: ProbedStream, packets: readonly ProbedPacket[]) {
  const rate = Number(audio.sample_rate);
  const copy = ['-map', '0:a', '-c', 'copy', '-f'];
  if (!withoutFrames.test(audio.codec_name)) {
    const hashes = await inTurn(files, async (file) =>
      framesOf(await output(['-i', file, ...copy, 'framemd5', '-'])),
    );
    const frameSamples = audio.codec_name === 'opus' ? 960 : 1024;
    return { coded: hashes.join(''), charactersPerSecond: (32 * rate) / frameSamples };
  }
  const bytes = await inTurn(files, async (file) => [await output(['-i', file, ...copy, 'data', '-'])]);
  return {
    coded: Buffer.concat(bytes).toString('latin1'),
    charactersPerSecond: bytesPerSecond(packets.filter(({ stream_index }) => stream_index === audio.index)),
  };
}

/** By sizes and times of packets, since nothing else tells how many bits a sample has. */
function bytesPerSecond(packets: readonly ProbedPacket[]): number {
  const bytes = packets.slice(0, -1).reduce((sum, { size }) => sum + Number(size), 0);
  return bytes / (Number(packets.at(-1)?.pts_time) - Number(packets[0]?.pts_time));
}

async function decodedFrames(file: string): Promise<string[]> {
  return framesOf(
    await output(['-i', file, '-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framemd5', '-']),
  );
}

/** The column of the hashes in ffmpeg's list of frames: stream, DTS, PTS, duration, size, hash, side data. */
function framesOf(list: Buffer): string[] {
  return list
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',')[5]!.trim());
}

async function complaintsOf(file: string): Promise<string> {
  const { errors, code } = await runTool('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-']);
  return code === 0 ? errors : `${errors}ffmpeg ended with ${code}\n`;
}

async function output(args: readonly string[]): Promise<Buffer> {
  const result = await runTool('ffmpeg', ['-v', 'error', ...args]);
  if (result.code !== 0) throw new Error(`ffmpeg ended with ${result.code}: ${result.errors.trim()}`);
  return result.output;
}

async function inTurn<T>(
  files: readonly string[],
  read: (file: string) => Promise<readonly T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (const file of files) found.push(...(await read(file)));
  return found;
}
