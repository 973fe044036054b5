import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { NightjarError } from '../errors/nightjar_error.ts';
import { systemCode } from '../errors/system_error.ts';
import type { Settings } from './setting_table.ts';
import { configVariable, environmentSettings, resolveSettings, type WrittenSettings } from './settings.ts';

const defaultFile = 'nightjar.yaml';

export interface SettingsRequest {
  readonly flags: WrittenSettings;
  /** Value of `--config`. */
  readonly configFile?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDir: string;
}

/**
 * Reads the settings file, if there is one, and resolves all settings. Folders come out as absolute paths.
 *
 * @throws NightjarError `setting_invalid`, `host_not_loopback`
 */
export async function loadSettings(request: SettingsRequest): Promise<Settings> {
  const settings = resolveSettings(
    {
      flags: request.flags,
      environment: environmentSettings(request.environment),
      file: await readFileSettings(request),
    },
    { cores: availableParallelism() },
  );
  return {
    ...settings,
    dataDir: path.resolve(request.workingDir, settings.dataDir),
    recordingsDir: path.resolve(request.workingDir, settings.recordingsDir),
    storageRoots: settings.storageRoots.map(({ name, folder }) => {
      return { name, folder: path.resolve(request.workingDir, folder) };
    }),
  };
}

async function readFileSettings(request: SettingsRequest): Promise<WrittenSettings> {
  const asked = request.configFile ?? request.environment[configVariable];
  const text = readIfPresent(path.resolve(request.workingDir, asked ?? defaultFile), asked);
  if (text === undefined) return {};
  // The YAML parser is a large module that most starts do not need.
  const { fileSettings } = await import('./settings_file.ts');
  return fileSettings(text, asked ?? defaultFile);
}

/** @param asked how the file was named, when it was: then it must be there */
function readIfPresent(file: string, asked: string | undefined): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (asked === undefined && systemCode(thrown) === 'ENOENT') return undefined;
    throw new NightjarError(
      'setting_invalid',
      `The settings file ${asked ?? file} cannot be read: ${(thrown as Error).message}.`,
      { place: { file }, cause: thrown },
    );
  }
}
