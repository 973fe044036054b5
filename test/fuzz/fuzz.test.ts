import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { tryInput, tryInputs } from './fuzz_run.ts';
import { keptFolder, keptInputs } from './kept_inputs.ts';
import { targets } from './targets.ts';

/** A slice of the campaign (`npm run fuzz`): with all targets about thirty seconds. */
const inputs = 4000;
const seed = 20_261_122;

describe('no bytes make a parser throw, hang, keep memory or break its word', () => {
  for (const target of targets) {
    test(`${target.name}: its seeds are inputs like others`, async () => {
      for (const input of target.seeds)
        assert.equal(await tryInput(target, Uint8Array.from(input)), undefined);
    });

    test(`${target.name}: ${inputs} inputs made of the seeds`, async () => {
      const { tried, findings } = await tryInputs(target, { seed, from: 0, count: inputs, maxFindings: 1 });
      const [finding] = findings;
      assert.equal(finding?.reason, undefined, finding && Buffer.from(finding.input).toString('hex'));
      assert.equal(tried, inputs);
    });

    test(`${target.name}: what failed once does not fail again`, async () => {
      for (const { name, input } of await keptInputs(target.name)) {
        assert.equal(await tryInput(target, input), undefined, name);
      }
    });
  }
});

test('every kept input belongs to a target', async () => {
  const names = new Set(targets.map(({ name }) => name));
  const folders = await readdir(keptFolder);
  assert.deepEqual(
    folders.filter((folder) => folder !== 'README.md' && !names.has(folder)),
    [],
  );
});

test('a parser that fails is found, with the input that did it', async () => {
  const target = {
    name: 'broken',
    seeds: [Buffer.from('abc')],
    tokens: [],
    run: (input: Uint8Array) => assert.notEqual(input[0], 0x61),
  };
  const { findings } = await tryInputs(target, { seed: 1, from: 0, count: 50, maxFindings: 1 });
  assert.equal(findings[0]?.input[0], 0x61);
  assert.match(findings[0]?.reason ?? '', /AssertionError/);
});
