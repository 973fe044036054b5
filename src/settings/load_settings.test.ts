import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { loadSettings } from './load_settings.ts';

function inFolder<Result>(run: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-settings-'));
  return run(folder).finally(() => rmSync(folder, { recursive: true }));
}

test('folders come out absolute, from the working folder', () =>
  inFolder(async (workingDir) => {
    const flags = { recordingsDir: { text: '/srv/footage', source: '--recordings-dir' } };
    const settings = await loadSettings({ flags, environment: {}, workingDir });
    assert.equal(settings.dataDir, path.join(workingDir, 'data'));
    assert.equal(settings.recordingsDir, '/srv/footage');
  }));

test('nightjar.yaml of the working folder is read, and another one when it is named', () =>
  inFolder(async (workingDir) => {
    writeFileSync(path.join(workingDir, 'nightjar.yaml'), 'port: 1001\n');
    writeFileSync(path.join(workingDir, 'other.yaml'), 'port: 1002\n');
    writeFileSync(path.join(workingDir, 'third.yaml'), 'port: 1003\n');
    const request = { flags: {}, environment: {}, workingDir };
    assert.equal((await loadSettings(request)).port, 1001);
    const environment = { NIGHTJAR_CONFIG: 'other.yaml' };
    assert.equal((await loadSettings({ ...request, environment })).port, 1002);
    assert.equal((await loadSettings({ ...request, environment, configFile: 'third.yaml' })).port, 1003);
  }));

test('a settings file that was named must be there', () =>
  inFolder(async (workingDir) => {
    await assert.rejects(loadSettings({ flags: {}, configFile: 'gone.yaml', environment: {}, workingDir }), {
      code: 'setting_invalid',
      message: /^The settings file gone\.yaml cannot be read: ENOENT/,
    });
  }));

test('a folder in the place of nightjar.yaml is refused, not ignored', () =>
  inFolder(async (workingDir) => {
    const request = { flags: {}, configFile: '.', environment: {}, workingDir };
    await assert.rejects(loadSettings(request), { code: 'setting_invalid', message: /EISDIR/ });
  }));
