import { defaultRootName } from '../roots/root_folders.ts';
import { loadSettings } from '../settings/load_settings.ts';
import type { Settings } from '../settings/setting_table.ts';
import type { Invocation } from './command.ts';

/** The settings that an invocation means. @throws NightjarError `setting_invalid`, `host_not_loopback` */
export function settingsOf({ settingFlags, options, process }: Invocation): Promise<Settings> {
  const { environment, workingDir } = process;
  return loadSettings({ flags: settingFlags, configFile: options.get('config'), environment, workingDir });
}

/** The storage roots of the settings, the default one first. */
export function configuredRoots({
  recordingsDir,
  storageRoots,
}: Pick<Settings, 'recordingsDir' | 'storageRoots'>): { name: string; folder: string }[] {
  return [{ name: defaultRootName, folder: recordingsDir }, ...storageRoots];
}
