import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { runFfmpeg } from './ffmpeg.ts';

/** Wider pictures are made so wide. */
export const jpegWidth = 320;
/** A key frame of 4K takes a fifth of a second. */
const limitMs = 5_000;
/** Ten times what a picture of this width has. */
export const maxJpegBytes = 256 * 1024;
/** Larger pictures than any camera's are not decoded: they would take the memory of the machine. */
export const maxPixels = 64 * 1024 * 1024;
/** In square pixels, with an even height. */
const scale = `scale=w='min(${jpegWidth},trunc(iw*sar/2)*2)':h='max(2,trunc(ow/dar/2)*2)',setsar=1`;

const options = [
  ['-threads', '1'],
  // All that it is given comes by the pipe: a file that names others is read no further.
  ['-protocol_whitelist', 'pipe', '-f', 'mp4', '-max_pixels', String(maxPixels), '-i', 'pipe:0'],
  ['-map', '0:v:0', '-frames:v', '1', '-vf', scale, '-pix_fmt', 'yuvj420p'],
  ['-c:v', 'mjpeg', '-q:v', '4', '-f', 'mjpeg', 'pipe:1'],
].flat();

/**
 * The first picture of an MP4 file as JPEG, made by the ffmpeg of the system, which is gone when this settles.
 *
 * @param options.program of ffmpeg, looked up in PATH
 * @throws NightjarError `ffmpeg_missing`, `picture_failed`, or the reason of the signal
 */
export function ffmpegJpeg(
  movie: Uint8Array,
  { clock, signal, program }: { clock: Clock; signal?: AbortSignal | undefined; program?: string },
): Promise<Buffer> {
  return runFfmpeg(options, movie, { clock, signal, program, limitMs, maxBytes: maxJpegBytes, failed });
}

function failed(what: string): NightjarError {
  return new NightjarError('picture_failed', `ffmpeg ${what}.`);
}
