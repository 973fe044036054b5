import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import type { Clock } from '../clock/clock.ts';

/**
 * Whether something keeps the clock of this machine right. The kernel knows (STA_UNSYNC of adjtimex(2)), but only native code
 * can ask it, so programs that can are asked, and the file that systemd-timesyncd touches whenever it has set the
 * clock.
 */

/** `unknown` where nobody can be asked, as in most containers. */
export type ClockSynchronisation = 'synchronised' | 'unsynchronised' | 'unknown';

/** systemd-timesyncd asks its server every 34 minutes at the least often: after three times it has lost it. */
const freshMs = 3 * 2_048_000;
const answerMs = 5_000;

/** What this machine is asked by; a test answers in its place. */
export interface ClockWitnesses {
  /** What a program printed; undefined when there is none, or it failed. */
  run(program: string, words: readonly string[]): Promise<string | undefined>;
  /** When a file or folder was changed last, in Unix time; undefined when there is none. */
  changedMs(file: string): Promise<number | undefined>;
}

/** One witness for a right clock is enough: chronyd does not tell the kernel unless its `rtcsync` is set. */
export async function readClockSynchronisation(
  clock: Pick<Clock, 'now'>,
  witnesses: ClockWitnesses = machine,
): Promise<ClockSynchronisation> {
  // The file costs least, and is the usual one.
  const timesyncd = await askTimesyncd(clock, witnesses);
  if (timesyncd === 'synchronised') return timesyncd;
  const answers = [timesyncd, await askTimedated(witnesses), await askChrony(witnesses)];
  if (answers.includes('synchronised')) return 'synchronised';
  return answers.includes('unsynchronised') ? 'unsynchronised' : 'unknown';
}

async function askTimesyncd(
  clock: Pick<Clock, 'now'>,
  { changedMs }: ClockWitnesses,
): Promise<ClockSynchronisation> {
  const folder = '/run/systemd/timesync';
  const setMs = await changedMs(`${folder}/synchronized`);
  if (setMs !== undefined) return clock.now() - setMs < freshMs ? 'synchronised' : 'unsynchronised';
  // The folder is there while the service runs.
  return (await changedMs(folder)) === undefined ? 'unknown' : 'unsynchronised';
}

/** It reads the flag of the kernel, which most services set. */
async function askTimedated({ run }: ClockWitnesses): Promise<ClockSynchronisation> {
  const printed = await run('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  if (printed?.trim() === 'yes') return 'synchronised';
  return printed?.trim() === 'no' ? 'unsynchronised' : 'unknown';
}

async function askChrony({ run }: ClockWitnesses): Promise<ClockSynchronisation> {
  const printed = await run('chronyc', ['-n', '-c', 'tracking']);
  const fields = printed?.trim().split(',') ?? [];
  // The last one is the leap status.
  if (fields.length < 10) return 'unknown';
  return /not synchronised/i.test(fields.at(-1)!) ? 'unsynchronised' : 'synchronised';
}

const machine: ClockWitnesses = {
  run(program, words) {
    const { PATH } = process.env;
    const env = { LC_ALL: 'C', ...(PATH !== undefined && { PATH }) };
    return new Promise((resolve) => {
      execFile(program, words, { env, timeout: answerMs, killSignal: 'SIGKILL' }, (error, stdout) =>
        resolve(error ? undefined : stdout),
      );
    });
  },
  async changedMs(file) {
    try {
      return (await stat(file)).mtimeMs;
    } catch {
      return undefined;
    }
  },
};
