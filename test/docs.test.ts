import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { cameraDocs, quirkProofs } from '../scripts/camera_docs.ts';
import { cameraQuirks } from '../scripts/camera_quirks.ts';
import { errorDocs } from '../scripts/error_docs.ts';
import { errorCatalogue } from '../src/errors/catalogue.ts';
import { gapCauses } from '../src/footage/gap_cause.ts';
import { userTypes, uuidText } from '../src/mp4/uuid.ts';
import { mediaFaults } from '../src/simulator/dialogue_media.ts';
import { mediaSourceNames } from '../src/simulator/dialogue_sources.ts';

const root = path.join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

const textFiles = (folder: string, extension: RegExp): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => path.join(folder, file))
    .filter((file) => extension.test(file));

const pages = [...readdirSync(root).filter((file) => file.endsWith('.md')), ...textFiles('docs', /\.md$/)];

/** First cells of a page's tables, without their back-quotes: those that are wholly so quoted. */
function quotedFirstCells(text: string): string[] {
  return [...text.matchAll(/^\| `([^|]+)` \|/gm)].flatMap(([, cell = '']) => cell.split('`, `'));
}

/** The anchor that GitHub gives a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

test('the page of errors equals the catalogue (made by scripts/error_docs.ts)', () => {
  assert.equal(read('docs/errors.md'), errorDocs(errorCatalogue));
});

test('the page of cameras equals quirks, fixtures and tests (made by scripts/camera_docs.ts)', () => {
  assert.equal(read('docs/cameras.md'), cameraDocs(cameraQuirks, quirkProofs()));
});

test('every camera quirk is shown by a fixture or a test, or says why not', () => {
  const { fixtures, tests } = quirkProofs();
  const known = cameraQuirks.map(({ id }) => id);
  assert.equal(new Set(known).size, known.length);
  for (const { id, leftOut } of cameraQuirks)
    assert.equal(fixtures.has(id) || tests.has(id), leftOut === undefined, id);
  for (const id of [...fixtures.keys(), ...tests.keys()]) assert.ok(known.includes(id), id);
});

test('the page of camera fixtures names all that can be made and all that can be wrong with it', () => {
  const page = read('docs/camera-fixtures.md');
  for (const name of [...mediaSourceNames, ...mediaFaults]) assert.ok(page.includes(`\`${name}\``), name);
});

test('every package has its reason on the page of dependencies', () => {
  const manifest = JSON.parse(read('package.json'));
  const packages = ['dependencies', 'optionalDependencies', 'devDependencies'].flatMap((kind) =>
    Object.keys(manifest[kind]),
  );
  const [listed = ''] = read('docs/dependencies.md').split('## Programs');
  assert.deepEqual(quotedFirstCells(listed).sort(), packages.sort());
});

test('every version is pinned, and the lock file names no host', () => {
  const manifest = JSON.parse(read('package.json'));
  for (const kind of ['dependencies', 'optionalDependencies', 'devDependencies']) {
    for (const version of Object.values(manifest[kind]))
      assert.match(String(version), /^(npm:[a-z]+@)?\d+\.\d+\.\d+$/);
  }
  assert.doesNotMatch(read('package-lock.json'), /"resolved"/);
});

test('links between pages lead somewhere', () => {
  for (const page of pages) {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    for (const link of links.filter((target) => !/^https?:/.test(target))) {
      const [file = '', fragment] = link.split('#');
      const target = file === '' ? page : path.join(path.dirname(page), file);
      assert.ok(existsSync(path.join(root, target)), `${page}: ${link}`);
      if (fragment === undefined) continue;
      const anchors = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading));
      assert.ok(anchors.includes(fragment), `${page}: ${link}`);
    }
  }
});

test('the folder table of the architecture equals the rules that are enforced', async () => {
  const { mayImport } = await import(new URL('../.dependency-cruiser.mjs', import.meta.url).href);
  const base = ['units', 'bytes', 'errors', 'clock', 'footage'];
  const documented: Record<string, string[]> = {};
  const rows = read('docs/architecture.md').matchAll(/^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$/gm);
  for (const [, folder = '', allowed = ''] of rows) {
    const names = allowed.split(', ').filter((name) => name !== 'nothing');
    documented[folder] = names.flatMap((name) => (name === 'base' ? base : name.replaceAll('`', '')));
  }
  assert.deepEqual(documented, mayImport);
});

test('the page of storage names every table, gap cause and user type', () => {
  const page = read('docs/storage.md');
  const schema = textFiles('migrations', /\.sql$/)
    .map(read)
    .join('\n');
  const tables = [...schema.matchAll(/create table (\w+)/g)].map(([, table = '']) => table);
  // A table that takes the place of another one, as a change of its rules needs.
  const passing = new Set(
    [...schema.matchAll(/alter table (\w+) rename to/g)].map(([, table = '']) => table),
  );
  const renamed = new Set([...schema.matchAll(/ rename to (\w+)/g)].map(([, table = '']) => table));
  for (const [, table = ''] of schema.matchAll(/drop table (\w+)/g))
    if (!renamed.has(table)) passing.add(table);
  assert.ok(tables.length > 0);
  for (const word of [...tables.filter((table) => !passing.has(table)), ...gapCauses])
    assert.ok(page.includes(`\`${word}\``), word);
  for (const type of Object.values(userTypes)) assert.ok(page.includes(`\`${uuidText(type)}\``));
});

test('every npm script that a page names exists', () => {
  const { scripts } = JSON.parse(read('package.json'));
  for (const page of pages) {
    for (const [, name = ''] of read(page).matchAll(/npm run ([a-z:]+)/g)) {
      assert.ok(name in scripts, `${page}: npm run ${name}`);
    }
  }
});

test('nothing is left for later in a comment', () => {
  const marks = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'HA' + 'CK', 'X'.repeat(3)].join('|')})\\b`);
  for (const file of ['src', 'test', 'scripts', 'migrations', 'docs'].flatMap((folder) =>
    textFiles(folder, /\.(ts|sh|sql|md|py)$/),
  )) {
    assert.doesNotMatch(read(file), marks, file);
  }
});
