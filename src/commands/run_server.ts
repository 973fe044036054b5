import { flushCompileCache } from 'node:module';
import { pid as ownPid } from 'node:process';
import { type App, startApp } from '../app.ts';
import { sleep, type Timer } from '../clock/clock.ts';
import { ServiceManager } from '../host/service_manager.ts';
import { startWatchdog, type Watchdog } from '../host/watchdog.ts';
import type { Settings } from '../settings/setting_table.ts';
import { type CommandProcess, exitFailed, exitGood } from './command.ts';
import { commandLog } from './command_log.ts';

/** Whoever stops us waits two seconds at most; what is not closed by then is closed by recovery. */
const stopDeadlineMs = 1_800;

/**
 * So long after a start the code that was compiled is kept for the next one. An end in good order does that too, but a
 * recorder may never come to one that is not a power cut. It takes half a second, once after each upgrade.
 */
const keepCodeMs = 5_000;

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
  const manager = ServiceManager.of({
    environment: process.environment,
    pid: ownPid,
    clock,
    warn: (text) => log.logger.warn(text),
  });
  let watchdog: Watchdog | undefined;
  let keepCode: Timer | undefined;
  try {
    const app = await startApp({ settings, clock, log });
    keepCode = clock.after(keepCodeMs, () => flushCompileCache());
    // Not before: bringing the index of an older version up to date may take its time.
    const limitMs = settings.watchdogSeconds * 1000;
    if (limitMs > 0) watchdog = startWatchdog({ clock, limitMs, isTTY: process.stderr.isTTY === true });
    try {
      await onStart(app);
      manager?.ready(() => app.summary());
      await aborted(signal);
    } catch (error) {
      await app.stop();
      throw error;
    }
    manager?.stopping();
    const late = sleep(clock, stopDeadlineMs).then(() => 'late' as const);
    if ((await Promise.race([app.stop(), late])) !== 'late') return exitGood;
    log.logger.error('Not every file could be closed in time; the next start does that.');
    return exitFailed;
  } finally {
    keepCode?.cancel();
    await watchdog?.stop();
    log.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
