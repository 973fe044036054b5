import { cronExpression } from './cron_expression.ts';
import {
  byteCount,
  byteLimit,
  decimalNumber,
  folder,
  hostName,
  interfaceNames,
  oneOf,
  orNone,
  orOff,
  type StorageRootSetting,
  storageRootList,
  type ValueParser,
  wholeNumber,
  zeroOrNumber,
} from './value.ts';

/** What a default may depend on. */
export interface Machine {
  /** Processor cores that this process may use. */
  readonly cores: number;
}

export interface SettingDefinition<Value> {
  /** As a flag, without the dashes; the other two spellings follow from it. */
  readonly flag: string;
  /** What goes behind the flag in the help. */
  readonly placeholder: string;
  readonly parse: ValueParser<Value>;
  readonly defaultValue: (machine: Machine) => Value;
  /** The default in words. */
  readonly defaultText: string;
  /** Type, range and unit in words. */
  readonly values: string;
  readonly description: string;
}

const define = <Value>(definition: SettingDefinition<Value>): SettingDefinition<Value> => definition;

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Every setting there is. The key is its name in `nightjar.yaml`; `docs/settings.md` is made from this table. */
export const settingTable = {
  dataDir: define({
    flag: 'data-dir',
    placeholder: 'FOLDER',
    parse: folder,
    defaultValue: () => 'data',
    defaultText: '`data`',
    values: 'folder',
    description: 'Where the index database lives. On a local disk: SQLite is not safe on a network share.',
  }),
  recordingsDir: define({
    flag: 'recordings-dir',
    placeholder: 'FOLDER',
    parse: folder,
    defaultValue: () => 'recordings',
    defaultText: '`recordings`',
    values: 'folder',
    description: 'Where the footage is written: the storage root `default`.',
  }),
  storageRoots: define({
    flag: 'storage-roots',
    placeholder: 'NAME=FOLDER,…',
    parse: storageRootList,
    defaultValue: (): readonly StorageRootSetting[] => [],
    defaultText: 'none',
    values:
      'names with their folders, such as `disk2=/mnt/disk2,disk3=/mnt/disk3`; in the file also one line for each name below `storageRoots:`',
    description:
      'Further folders for footage, each on a disk of its own, which must be there when it is used first. A camera says by name which it is recorded to.',
  }),
  host: define({
    flag: 'host',
    placeholder: 'ADDRESS',
    parse: hostName,
    defaultValue: () => '127.0.0.1',
    defaultText: '`127.0.0.1`',
    values: 'loopback address or `localhost`',
    description: 'Address to listen on. Only this machine can be allowed in until there are accounts.',
  }),
  port: define({
    flag: 'port',
    placeholder: 'NUMBER',
    parse: wholeNumber(0, 65_535),
    defaultValue: () => 8080,
    defaultText: '`8080`',
    values: 'whole number, 0 to 65535',
    description: 'Port to listen on; 0 takes any free one and says which.',
  }),
  segmentSeconds: define({
    flag: 'segment-seconds',
    placeholder: 'SECONDS',
    parse: wholeNumber(1, 3600),
    defaultValue: () => 60,
    defaultText: '`60`',
    values: 'whole number of seconds, 1 to 3600',
    description: 'A new file begins at the first key frame after this time.',
  }),
  syncSeconds: define({
    flag: 'sync-seconds',
    placeholder: 'SECONDS',
    parse: decimalNumber(0.1, 60),
    defaultValue: () => 2,
    defaultText: '`2`',
    values: 'number of seconds, 0.1 to 60',
    description: 'How often footage is forced to the disk: the most that a power cut can cost.',
  }),
  conversions: define({
    flag: 'conversions',
    placeholder: 'NUMBER',
    parse: zeroOrNumber(1, 8),
    defaultValue: () => 1,
    defaultText: '`1`',
    values: '0, or a whole number from 1 to 8',
    description:
      'How many pieces of footage ffmpeg may convert at once for browsers that cannot play what was recorded; 0: none. Only when somebody asks for it, with less priority than what records.',
  }),
  minFreeBytes: define({
    flag: 'min-free-bytes',
    placeholder: 'SIZE',
    parse: byteCount,
    defaultValue: () => 5 * 2 ** 30,
    defaultText: '`5GiB`',
    values: 'bytes, plain or with kB, MB, GB, TB, KiB, MiB, GiB, TiB',
    description:
      'The oldest footage is deleted so that this much stays free on the disk of the recordings folder.',
  }),
  maxBytes: define({
    flag: 'max-bytes',
    placeholder: 'SIZE',
    parse: orNone(byteLimit),
    defaultValue: (): number | 'none' => 'none',
    defaultText: '`none`',
    values: '`none`, or bytes from 1MB on, plain or with kB, MB, GB, TB, KiB, MiB, GiB, TiB',
    description:
      'The oldest footage is deleted so that all cameras together have no more than this. A camera can have a limit of its own as well.',
  }),
  maxAgeDays: define({
    flag: 'max-age-days',
    placeholder: 'DAYS',
    parse: decimalNumber(0.001, 36_500),
    defaultValue: () => 30,
    defaultText: '`30`',
    values: 'number of days, 0.001 to 36500',
    description: 'Footage older than this is deleted, unless its camera has an age of its own.',
  }),
  eventMaxAgeDays: define({
    flag: 'event-max-age-days',
    placeholder: 'DAYS',
    parse: orNone(decimalNumber(0.001, 36_500)),
    defaultValue: (): number | 'none' => 'none',
    defaultText: '`none`',
    values: '`none`, or number of days, 0.001 to 36500',
    description:
      'Footage with events may get this old, where that is longer than other footage may. Unless its camera has such an age of its own.',
  }),
  minAgeHours: define({
    flag: 'min-age-hours',
    placeholder: 'HOURS',
    parse: decimalNumber(0, 876_000),
    defaultValue: () => 0.25,
    defaultText: '`0.25`',
    values: 'number of hours, 0 to 876000',
    description:
      'Guaranteed: younger footage is never deleted, even when the disk is full and recording must stop. Unless its camera has such an age of its own.',
  }),
  retentionSchedule: define({
    flag: 'retention-schedule',
    placeholder: 'CRON',
    parse: cronExpression,
    defaultValue: () => '* * * * *',
    defaultText: '`* * * * *`',
    values: 'cron expression of five fields',
    description: 'When old footage is looked for: every minute unless set.',
  }),
  verifySchedule: define({
    flag: 'verify-schedule',
    placeholder: 'CRON',
    parse: orOff(cronExpression),
    defaultValue: () => '30 3 * * *',
    defaultText: '`30 3 * * *`',
    values: 'cron expression of five fields, in UTC, or `off`',
    description:
      'When all recorded files are compared with the index, in the background. `off`: not by the clock, and not after a start or when a disk is back either.',
  }),
  verifyDeepSchedule: define({
    flag: 'verify-deep-schedule',
    placeholder: 'CRON',
    parse: orOff(cronExpression),
    defaultValue: () => '0 5 1 * *',
    defaultText: '`0 5 1 * *`',
    values: 'cron expression of five fields, in UTC, or `off`',
    description:
      'When all recorded files begin to be read from end to end, slowly and in the background, so that damage inside them is found: once a month unless set. A time at which the server does not run, or which its clock leaps over, is not caught up with: the next one counts. A reading that was interrupted goes on after the next start.',
  }),
  discoveryInterfaces: define({
    flag: 'discovery-interfaces',
    placeholder: 'NAMES',
    parse: interfaceNames,
    defaultValue: (): readonly string[] => ['all'],
    defaultText: '`all`',
    values: '`all`, or names of network interfaces between commas, such as `eth0,lo`',
    description: 'Where cameras are looked for: a network with strangers in it can be left out.',
  }),
  workers: define({
    flag: 'workers',
    placeholder: 'NUMBER',
    parse: wholeNumber(1, 64),
    defaultValue: (machine) => Math.max(1, Math.min(64, machine.cores - 1)),
    defaultText: 'one fewer than the cores, at least 1',
    values: 'whole number, 1 to 64',
    description: 'Threads that receive and write footage; the cameras are spread over them.',
  }),
  watchdogSeconds: define({
    flag: 'watchdog-seconds',
    placeholder: 'SECONDS',
    parse: zeroOrNumber(10, 3600),
    defaultValue: () => 60,
    defaultText: '`60`',
    values: 'whole number of seconds, 10 to 3600, or 0 for never',
    description:
      'When the main thread has been blocked for so long, the process ends, so that it can be started again.',
  }),
  logLevel: define({
    flag: 'log-level',
    placeholder: 'LEVEL',
    parse: oneOf(...logLevels),
    defaultValue: (): LogLevel => 'info',
    defaultText: '`info`',
    values: logLevels.map((level) => `\`${level}\``).join(', '),
    description: 'The least important kind of line that is logged.',
  }),
} as const;

export type SettingName = keyof typeof settingTable;
export const settingNames = Object.keys(settingTable) as SettingName[];

/** The value of every setting. */
export type Settings = {
  readonly [Name in SettingName]: (typeof settingTable)[Name] extends SettingDefinition<infer Value>
    ? Value
    : never;
};

/** The spelling in the environment: `NIGHTJAR_DATA_DIR`. */
export function environmentName(name: SettingName): string {
  return `NIGHTJAR_${settingTable[name].flag.replaceAll('-', '_').toUpperCase()}`;
}
