/** A program that writes and syncs all the time, so that whoever else syncs on that disk waits for it. */
import { fork } from 'node:child_process';
import path from 'node:path';
import type { AtTheEnd } from '../fixtures/cleanup.ts';

/** It ends with the campaign, or with this process. */
export function startBusyWriter(end: AtTheEnd, folder: string): void {
  const file = path.join(import.meta.dirname, 'busy_writer_process.ts');
  const child = fork(file, [folder], { execArgv: [] });
  end.after(() => child.kill('SIGKILL'));
}
