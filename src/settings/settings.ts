import { NightjarError } from '../errors/nightjar_error.ts';
import {
  environmentName,
  type Machine,
  type SettingDefinition,
  type SettingName,
  type Settings,
  settingNames,
  settingTable,
} from './setting_table.ts';
import { nearest } from './suggestion.ts';
import { isLoopback } from './value.ts';

/** Names the settings file; not a setting itself, since it cannot stand in that file. */
export const configVariable = 'NIGHTJAR_CONFIG';

/** One value as somebody wrote it, and where. */
export interface WrittenValue {
  readonly text: string;
  /** `--port`, `NIGHTJAR_PORT` or `nightjar.yaml line 3`. */
  readonly source: string;
}

export type WrittenSettings = Partial<Record<SettingName, WrittenValue>>;

/** What was written, by source. */
export interface SettingSources {
  readonly flags: WrittenSettings;
  readonly environment: WrittenSettings;
  readonly file: WrittenSettings;
}

/**
 * The value of every setting: flags before environment before file before defaults. A wrong value is refused even
 * where a stronger source hides it, so that it does not come to light on another day.
 *
 * @throws NightjarError `setting_invalid`, `host_not_loopback`
 */
export function resolveSettings(sources: SettingSources, machine: Machine): Settings {
  const settings: Record<string, unknown> = {};
  for (const name of settingNames) {
    const definition: SettingDefinition<unknown> = settingTable[name];
    settings[name] = definition.defaultValue(machine);
    for (const source of [sources.file, sources.environment, sources.flags]) {
      const written = source[name];
      if (written) settings[name] = parseValue(name, definition, written);
    }
  }
  const complete = settings as Settings;
  checkHost(complete, sources);
  return complete;
}

function parseValue(
  name: SettingName,
  definition: SettingDefinition<unknown>,
  written: WrittenValue,
): unknown {
  const parsed = definition.parse(written.text);
  if ('value' in parsed) return parsed.value;
  throw new NightjarError(
    'setting_invalid',
    `${written.source}: ${name} is ${quote(written.text)}, but must be ${parsed.expected}.`,
    { place: { field: name } },
  );
}

function checkHost(settings: Settings, sources: SettingSources): void {
  if (isLoopback(settings.host)) return;
  const written = sources.flags.host ?? sources.environment.host ?? sources.file.host;
  throw new NightjarError(
    'host_not_loopback',
    `${written!.source}: host is ${quote(settings.host)}, but must be 127.0.0.1, ::1 or localhost: Nightjar has no accounts yet, so it listens on this machine only.`,
    { place: { field: 'host' } },
  );
}

/**
 * The settings among the environment variables.
 *
 * @throws NightjarError `setting_invalid` for a `NIGHTJAR_` variable that is no setting: most likely a typing mistake
 */
export function environmentSettings(
  environment: Readonly<Record<string, string | undefined>>,
): WrittenSettings {
  const byVariable = new Map(settingNames.map((name) => [environmentName(name), name]));
  const written: WrittenSettings = {};
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith('NIGHTJAR_') || variable === configVariable || text === undefined) continue;
    const name = byVariable.get(variable);
    if (name === undefined) throw unknownSetting('environment', variable, [...byVariable.keys()]);
    written[name] = { text, source: variable };
  }
  return written;
}

export function unknownSetting(source: string, name: string, known: readonly string[]): NightjarError {
  const near = nearest(name, known);
  const hint = near === undefined ? 'See docs/settings.md for those there are.' : `Did you mean ${near}?`;
  return new NightjarError('setting_invalid', `${source}: there is no setting ${quote(name)}. ${hint}`, {
    place: { field: name.slice(0, maxQuotedLength) },
  });
}

const maxQuotedLength = 80;

function quote(text: string): string {
  return JSON.stringify(text.length > maxQuotedLength ? `${text.slice(0, maxQuotedLength)}…` : text);
}
