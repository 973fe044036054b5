import type { Clock } from '../clock/clock.ts';
import type { SettingName } from '../settings/setting_table.ts';
import type { WrittenSettings } from '../settings/settings.ts';

/** An option of one command, as against a setting of the whole program. */
export interface OptionDefinition {
  readonly flag: string;
  /** What goes behind the flag; a flag without one is either given or not. */
  readonly placeholder?: string;
  readonly description: string;
}

/** What the command line may say to a command; known without loading it. */
export interface CommandDefinition {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Names of what stands without a flag, in order; all are required. */
  readonly operands: readonly string[];
  readonly options: readonly OptionDefinition[];
  /** Settings that it takes as flags. */
  readonly settings: readonly SettingName[];
}

export interface CommandModule {
  /** Resolves with the exit code; throws NightjarError. */
  readonly run: (invocation: Invocation) => Promise<number>;
}

/** What a command is given to do, and by what means. */
export interface Invocation {
  readonly operands: readonly string[];
  /** Value of each option that was given, by its flag; empty for a flag without a value. */
  readonly options: ReadonlyMap<string, string>;
  readonly settingFlags: WrittenSettings;
  /** `--json`: JSON alone on standard output. */
  readonly json: boolean;
  readonly process: CommandProcess;
}

/** What a command sees of the process that it runs in. */
export interface CommandProcess {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDir: string;
  readonly clock: Clock;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean | undefined };
  /** Aborted by SIGTERM and SIGINT: the command is to end in good order, and soon. */
  readonly signal: AbortSignal;
}

export const exitGood = 0;
export const exitFailed = 1;
export const exitUsage = 2;
