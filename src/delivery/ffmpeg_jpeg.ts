import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';

/** Wider pictures are made so wide. */
export const jpegWidth = 320;
/** A key frame of 4K takes a fifth of a second. */
const limitMs = 5_000;
/** Ten times what a picture of this width has. */
export const maxJpegBytes = 256 * 1024;
/** Larger pictures than any camera's are not decoded: they would take the memory of the machine. */
const maxPixels = 64 * 1024 * 1024;
/** Of what ffmpeg says when it fails. */
const maxWords = 300;

/** In square pixels, with an even height. */
const scale = `scale=w='min(${jpegWidth},trunc(iw*sar/2)*2)':h='max(2,trunc(ow/dar/2)*2)',setsar=1`;

const options = [
  ['-v', 'error', '-nostdin', '-threads', '1'],
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
export async function ffmpegJpeg(
  movie: Uint8Array,
  { clock, signal, program = 'ffmpeg' }: { clock: Clock; signal?: AbortSignal | undefined; program?: string },
): Promise<Buffer> {
  signal?.throwIfAborted();
  const { PATH } = process.env;
  const env = { LC_ALL: 'C', ...(PATH !== undefined && { PATH }) };
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const child = spawn(program, options, { env, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  yieldToRecorders(child);
  const onAbort = () => reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const limit = clock.after(limitMs, () => reject(failed(`took longer than ${limitMs / 1000} s`)));
  const parts: Buffer[] = [];
  let bytes = 0;
  let words = '';
  child.on('error', (cause: NodeJS.ErrnoException) => {
    const isMissing = cause.code === 'ENOENT' || cause.code === 'EACCES';
    reject(
      isMissing
        ? new NightjarError('ffmpeg_missing', 'There is no ffmpeg on the path of the server.', { cause })
        : failed(`could not be started: ${cause.message}`),
    );
  });
  child.stdout.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > maxJpegBytes) return reject(failed(`made more than ${maxJpegBytes} bytes`));
    parts.push(part);
  });
  child.stderr.on('data', (part: Buffer) => {
    if (words.length < maxWords) words += part.toString('utf8');
  });
  child.on('close', (code, by) => {
    if (code === 0 && bytes > 0) resolve(Buffer.concat(parts));
    else
      reject(failed(`ended with ${by ?? code}: ${words.slice(0, maxWords).trim() || 'it made no picture'}`));
  });
  // It may have all that it wants before the end; what went wrong it says itself.
  child.stdin.on('error', () => {});
  child.stdin.end(movie);
  try {
    return await promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    limit.cancel();
    child.kill('SIGKILL');
  }
}

function yieldToRecorders({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already, or may not be told.
  }
}

function failed(what: string): NightjarError {
  return new NightjarError('picture_failed', `ffmpeg ${what}.`);
}
