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
  const inOrder: FileContents[] = [];
  for (const file of files) inOrder.push(await contents(file));
  return {
    complaints: inOrder.map(({ complaints }) => complaints).join(''),
    video: video && {
      codec: video.codec_name,
      frames: inOrder.flatMap(({ pictures }) => pictures),
      frameSeconds: frameSeconds(video),
    },
    audio: audio && {
      codec: audio.codec_name,
      sampleRate: Number(audio.sample_rate),
      channels: audio.channels ?? 0,
      ...(withoutFrames.test(audio.codec_name)
        ? await soundBytes(files, audio, packets)
        : soundFrames(inOrder, audio)),
      afterVideoS: await secondsToSound(files, inOrder),
    },
  };
}

function frameSeconds({ avg_frame_rate }: ProbedStream): number {
  const [frames = 0, seconds = 0] = avg_frame_rate.split('/').map(Number);
  return seconds / frames;
}

function soundFrames(files: readonly FileContents[], { codec_name, sample_rate }: ProbedStream) {
  const frameSamples = codec_name === 'opus' ? 960 : 1024;
  return {
    coded: files.flatMap(({ sounds }) => sounds).join(''),
    charactersPerSecond: (32 * Number(sample_rate)) / frameSamples,
  };
}

async function soundBytes(
  files: readonly string[],
  { index }: ProbedStream,
  packets: readonly ProbedPacket[],
) {
  let coded = '';
  for (const file of files) {
    const args = ['-v', 'error', '-i', file, '-map', '0:a', '-c', 'copy', '-f', 'data', '-'];
    coded += (await runTool('ffmpeg', args)).output.toString('latin1');
  }
  return {
    coded,
    charactersPerSecond: bytesPerSecond(packets.filter(({ stream_index }) => stream_index === index)),
  };
}

/** By sizes and times of packets, since nothing else tells how many bits a sample has. */
function bytesPerSecond(packets: readonly ProbedPacket[]): number {
  const bytes = packets.slice(0, -1).reduce((sum, { size }) => sum + Number(size), 0);
  return bytes / (Number(packets.at(-1)?.pts_time) - Number(packets[0]?.pts_time));
}

/** From the first picture to the first sound, which long packets put into a later file than the first. */
async function secondsToSound(files: readonly string[], inOrder: readonly FileContents[]): Promise<number> {
  let beforeS = 0;
  for (const [index, file] of files.entries()) {
    const { packets, streams } = await ffprobe(file, { packets: true });
    const start = (kind: string) =>
      Math.min(
        ...packets.filter(({ codec_type }) => codec_type === kind).map(({ pts_time }) => Number(pts_time)),
      );
    if (packets.some(({ codec_type }) => codec_type === 'audio')) {
      return beforeS + start('audio') - start('video');
    }
    beforeS += inOrder[index]!.pictures.length * frameSeconds(streams[0]!);
  }
  return Number.POSITIVE_INFINITY;
}

interface FileContents {
  /** MD5 of each decoded picture. */
  readonly pictures: readonly string[];
  /** MD5 of each packet of sound. */
  readonly sounds: readonly string[];
  readonly complaints: string;
}

/** Decodes all of a file once. */
async function contents(file: string): Promise<FileContents> {
  const hashes = ['-map', '0:v', '-map', '0:a?', '-c:a', 'copy', '-fps_mode', 'passthrough'];
  const decoding = ['-map', '0', '-c:v', 'copy', '-f', 'null', '-'];
  const { output, errors, code } = await runTool(
    'ffmpeg',
    [['-v', 'error', '-i', file], hashes, ['-f', 'framemd5', '-'], decoding].flat(),
  );
  // Stream, DTS, PTS, duration, size, hash, and perhaps side data.
  const rows = output
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').map((column) => column.trim()));
  const hashesOf = (stream: string) => rows.filter(([first]) => first === stream).map((row) => row[5]!);
  return {
    pictures: hashesOf('0'),
    sounds: hashesOf('1'),
    complaints: code === 0 ? errors : `${errors}ffmpeg ended with ${code}\n`,
  };
}
