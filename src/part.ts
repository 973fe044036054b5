import type { Clock } from './clock/clock.ts';
import type { Log } from './logging/logger.ts';
import type { Settings } from './settings/setting_table.ts';

/** What the server and each part of it is started with. */
export interface PartOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
}

/** What to stop, in the order of its start. */
export type Stops = (() => void | Promise<void>)[];
