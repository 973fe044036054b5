import { execFile } from 'node:child_process';
import type { Clock, Timer } from '../clock/clock.ts';

/**
 * Tells the service manager how the server is: the notification protocol of sd_notify(3).
 *
 * The protocol wants datagrams on a Unix socket, which Node.js cannot send; `systemd-notify`, which comes with systemd, does
 * it. It knows the socket from $NOTIFY_SOCKET, whether that is a path or an abstract name, and since systemd 246 it stays until the
 * manager has read the message, which could not tell whose it is otherwise. The sender is a child of ours: the unit needs
 * `NotifyAccess=all`.
 */

const command = 'systemd-notify';
/** A manager that does not read must not let processes pile up. */
const sendMs = 10_000;
/** The manager is told so many times within the time that it waits. */
const beatsPerTimeout = 3;

export interface ServiceManagerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly clock: Clock;
  readonly warn: (text: string) => void;
}

export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  #beat: Timer | undefined;
  #sending: Promise<void> = Promise.resolve();
  #beating = false;
  #warned = false;

  private constructor(options: ServiceManagerOptions) {
    this.#options = options;
  }

  /** Undefined when there is none that wants to know. */
  static of(options: ServiceManagerOptions): ServiceManager | undefined {
    return options.environment.NOTIFY_SOCKET ? new ServiceManager(options) : undefined;
  }

  /**
   * The server is ready. From now on the manager is told again and again that it is alive, if it has a watchdog.
   *
   * @param status how it is, in a line of words; asked for each time
   */
  ready(status: () => string): void {
    void this.#send('READY=1', statusLine(status()));
    const intervalMs = beatMs(this.#options);
    if (intervalMs === undefined) return;
    this.#beat = this.#options.clock.every(intervalMs, () => {
      // One that is still under way says the same.
      if (this.#beating) return;
      this.#beating = true;
      void this.#send('WATCHDOG=1', statusLine(status())).then(() => {
        this.#beating = false;
      });
    });
  }

  stopping(): void {
    this.#beat?.cancel();
    void this.#send('STOPPING=1', statusLine('Closing the files.'));
  }

  #send(...assignments: string[]): Promise<void> {
    const { PATH, NOTIFY_SOCKET } = this.#options.environment;
    const env = { ...(PATH !== undefined && { PATH }), NOTIFY_SOCKET };
    this.#sending = this.#sending.then(
      () =>
        new Promise((resolve) => {
          execFile(command, assignments, { env, timeout: sendMs, killSignal: 'SIGKILL' }, (error) => {
            if (error) this.#warn(error);
            resolve();
          });
        }),
    );
    return this.#sending;
  }

  #warn(error: Error): void {
    if (this.#warned) return;
    this.#warned = true;
    const what =
      (error as { code?: unknown }).code === 'ENOENT' ? 'it is not installed' : error.message.trim();
    this.#options.warn(
      `The service manager could not be told how the server is, for which ${command} is needed: ${what}.`,
    );
  }
}

/** One line: a line break would begin another assignment. */
function statusLine(status: string): string {
  return `STATUS=${status.replace(/\p{Cc}/gu, ' ')}`;
}

/** How often the manager is told, by sd_watchdog_enabled(3); undefined: it does not ask for it, or not of this process. */
function beatMs({ environment: { WATCHDOG_USEC, WATCHDOG_PID }, pid }: ServiceManagerOptions) {
  if (WATCHDOG_USEC === undefined || !/^\d{1,15}$/.test(WATCHDOG_USEC)) return undefined;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return undefined;
  const timeoutMs = Number(WATCHDOG_USEC) / 1000;
  return timeoutMs > 0 ? timeoutMs / beatsPerTimeout : undefined;
}
