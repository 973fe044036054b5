import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { NightjarError } from '../errors/nightjar_error.ts';
import { type SettingName, settingNames, settingTable } from './setting_table.ts';
import { unknownSetting, type WrittenSettings } from './settings.ts';

/**
 * The settings in the text of `nightjar.yaml`: a mapping from setting names to plain values.
 *
 * @param fileName as it is to be named in errors
 * @throws NightjarError `setting_invalid`, with the line
 */
export function fileSettings(text: string, fileName: string): WrittenSettings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => `${fileName} line ${lines.linePos(offset).line}`;
  const fault = document.errors[0];
  if (fault) throw invalid(`${lineAt(fault.pos[0])}: this is not YAML: ${fault.message}.`);
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return {};
  if (!isMap(root)) throw invalid(`${lineAt(root.range[0])}: expected lines such as "port: 8080".`);

  const written: WrittenSettings = {};
  for (const { key, value } of root.items) {
    if (!isScalar(key)) throw invalid(`${fileName}: expected lines such as "port: 8080".`);
    const source = lineAt(key.range![0]);
    const name = String(key.value);
    if (!isSettingName(name)) throw unknownSetting(source, name, settingNames);
    const folders = name === 'storageRoots' && isMap(value) ? namedFolders(value) : undefined;
    if (folders !== undefined) {
      written[name] = { text: folders, source };
      continue;
    }
    if (!isScalar(value) || value.value === null) {
      throw invalid(`${source}: ${name} must be one plain value: ${settingTable[name].values}.`, name);
    }
    // The text as written, so that 010 or 1e3 is judged here and not by YAML's own idea of a number.
    written[name] = { text: value.source ?? String(value.value), source };
  }
  return written;
}

/** A mapping of names to folders, as it would be written in one line. */
function namedFolders({ items }: YAMLMap): string | undefined {
  const parts = items.map(({ key, value }) => {
    return isScalar(key) && isScalar(value) ? `${key.value}=${value.value}` : undefined;
  });
  return parts.includes(undefined) ? undefined : parts.join(',');
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingTable, name);
}

function invalid(detail: string, field?: string): NightjarError {
  return new NightjarError('setting_invalid', detail, field === undefined ? {} : { place: { field } });
}
