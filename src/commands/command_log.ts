import { createLog, type Log } from '../logging/logger.ts';
import type { Settings } from '../settings/setting_table.ts';
import type { CommandProcess } from './command.ts';

/** The log of a command: to standard error, so that standard output has its answer alone. */
export function commandLog({ clock, stderr }: CommandProcess, { logLevel }: Pick<Settings, 'logLevel'>): Log {
  return createLog({ level: logLevel, clock, sink: stderr });
}
