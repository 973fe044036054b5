import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';

/** Of what ffmpeg says when it fails. */
const maxWords = 300;

/** How it is run for one piece of work. */
export interface FfmpegRun {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Of ffmpeg, looked up in PATH. */
  readonly program?: string | undefined;
  readonly limitMs: number;
  /** Of what it makes. */
  readonly maxBytes: number;
  /** Makes the error of what it says when it fails, in words that follow its name. */
  readonly failed: (what: string) => NightjarError;
}

/**
 * Runs the ffmpeg of the system on bytes, with less priority than what records; it is gone when this settles.
 *
 * @param options that read `pipe:0` and write `pipe:1`
 * @throws NightjarError `ffmpeg_missing`, what `failed` makes, or the reason of the signal
 */
export async function runFfmpeg(
  options: readonly string[],
  input: Uint8Array,
  { clock, signal, program = 'ffmpeg', limitMs, maxBytes, failed }: FfmpegRun,
): Promise<Buffer> {
  signal?.throwIfAborted();
  const { PATH } = process.env;
  const env = { LC_ALL: 'C', ...(PATH !== undefined && { PATH }) };
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const child = spawn(program, ['-v', 'error', '-nostdin', ...options], {
    ...{ env, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] },
  });
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
    if (bytes > maxBytes) return reject(failed(`made more than ${maxBytes} bytes`));
    parts.push(part);
  });
  child.stderr.on('data', (part: Buffer) => {
    if (words.length < maxWords) words += part.toString('utf8');
  });
  child.on('close', (code, by) => {
    if (code === 0 && bytes > 0) resolve(Buffer.concat(parts));
    else reject(failed(`ended with ${by ?? code}: ${words.slice(0, maxWords).trim() || 'it made nothing'}`));
  });
  // It may have all that it wants before the end; what went wrong it says itself.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
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
