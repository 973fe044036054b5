import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { runFfmpeg } from './ffmpeg.ts';
import { maxPixels } from './ffmpeg_jpeg.ts';

/** Higher pictures are made so high: what two cores can encode while they are watched. */
const maxHeight = 720;
/** A minute of 4K takes longer, and whoever watches has gone by then. */
const limitMs = 60_000;
/** A minute at 8 Mbit/s. */
const maxBytes = 60 * 1024 * 1024;

const scale = `scale=w='trunc(oh*dar/2)*2':h='min(${maxHeight},trunc(ih/2)*2)',setsar=1`;

const options = [
  // All that it is given comes by the pipe: a file that names others is read no further.
  ['-protocol_whitelist', 'pipe', '-f', 'mp4', '-max_pixels', String(maxPixels), '-copyts', '-i', 'pipe:0'],
  // Each picture keeps its time, in the ticks of the recording.
  ['-map', '0:v:0', '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-vf', scale, '-pix_fmt', 'yuv420p'],
  // In the order in which they are shown, and none but the first a key frame.
  ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-crf', '25'],
  ['-bf', '0', '-g', '1000000', '-sc_threshold', '0', '-map_metadata', '-1'],
  [
    '-movflags',
    '+empty_moov+default_base_moof+frag_discont',
    '-avoid_negative_ts',
    'disabled',
    '-f',
    'mp4',
    'pipe:1',
  ],
].flat();

/**
 * The pictures of a fragmented MP4 file as H.264, at most 720 lines high, as a fragmented MP4 file of their own.
 *
 * @param options.program of ffmpeg, looked up in PATH
 * @throws NightjarError `ffmpeg_missing`, `conversion_failed`, or the reason of the signal
 */
export function ffmpegH264(
  movie: Uint8Array,
  { clock, signal, program }: { clock: Clock; signal?: AbortSignal | undefined; program?: string },
): Promise<Buffer> {
  return runFfmpeg(options, movie, { clock, signal, program, limitMs, maxBytes, failed });
}

function failed(what: string): NightjarError {
  return new NightjarError('conversion_failed', `ffmpeg ${what}.`);
}
