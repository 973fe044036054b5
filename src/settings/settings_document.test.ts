import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { settingsDocument } from './settings_document.ts';

test('docs/settings.md is what the table of settings says', () => {
  const document = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
  assert.equal(document, settingsDocument());
});
