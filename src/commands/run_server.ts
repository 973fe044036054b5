import { type App, startApp } from '../app.ts';
import { sleep } from '../clock/clock.ts';
import type { Settings } from '../settings/setting_table.ts';
import { type CommandProcess, exitFailed, exitGood } from './command.ts';
import { commandLog } from './command_log.ts';

/** Whoever stops us waits two seconds at most; what is not closed by then is closed by recovery. */
const stopDeadlineMs = 1_800;

/**
 * Runs a server until the process is told to end.
 *
 * @param onStart says where it is
 */
export async function runServer(
  process: CommandProcess,
  settings: Settings,
  onStart: (app: App) => void | Promise<void>,
): Promise<number> {
  const { clock, signal } = process;
  const log = commandLog(process, settings);
  try {
    const app = await startApp({ settings, clock, logger: log.logger });
    try {
      await onStart(app);
      await aborted(signal);
    } catch (error) {
      await app.stop();
      throw error;
    }
    const late = sleep(clock, stopDeadlineMs).then(() => 'late' as const);
    if ((await Promise.race([app.stop(), late])) !== 'late') return exitGood;
    log.logger.error('Not every file could be closed in time; the next start does that.');
    return exitFailed;
  } finally {
    log.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
