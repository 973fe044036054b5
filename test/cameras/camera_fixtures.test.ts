import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parseDialogue } from '../../src/dialogue/dialogue_text.ts';
import { judge } from './expectation.ts';
import { recordFixture } from './fixture_recording.ts';

const folder = path.join(import.meta.dirname, '../fixtures/cameras');

// Most of the time of each goes by in waiting for the disk.
describe('cameras', { concurrency: 8 }, () => {
  for (const name of readdirSync(folder).sort()) {
    const file = path.join(folder, name, 'dialogue.txt');
    const dialogue = parseDialogue(readFileSync(file, 'utf8'), `${name}/dialogue.txt`);
    const { ids, source, behaviour, nightjar } = dialogue;
    assert.ok(ids.length > 0 && source && behaviour && nightjar, `${name} does not say what it shows`);
    test(`${ids.join(', ')}: ${behaviour} (${name})`, async () => {
      await judge(dialogue.expect, await recordFixture(dialogue));
    });
  }

  test('the example of the page of camera fixtures is one', async () => {
    const page = readFileSync(path.join(import.meta.dirname, '../../docs/camera-fixtures.md'), 'utf8');
    const [, example = ''] = /^```\n(.*?)^```$/ms.exec(page) ?? [];
    const dialogue = parseDialogue(example, 'the example');
    await judge(dialogue.expect, await recordFixture(dialogue));
  });
});
