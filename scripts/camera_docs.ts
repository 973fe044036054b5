import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseDialogue } from '../src/dialogue/dialogue_text.ts';
import { type CameraQuirk, cameraQuirks, quirkSections } from './camera_quirks.ts';

const root = path.join(import.meta.dirname, '..');
const fixtures = 'test/fixtures/cameras';
/** Rows whose tests are many are shown by these. */
const maximumTests = 3;

const preamble = `# Camera quirks

What real cameras do against the standards, and what Nightjar does so that they are recorded all the same. Collected from
the issue trackers and source comments of other clients (retina, moonfire-nvr, gortsplib, mediamtx, go2rtc, FFmpeg,
GStreamer, live555, scrypted) and from users.

Each row is shown by a fixture, a camera's dialogue that the tests play to the recorder ([how to write one from a bug
report](camera-fixtures.md)), else by tests. All that show it have its number in their names:
\`npm test -- --test-name-pattern='C3\\b'\` runs those of C3. A row that nothing shows says why.

This page is made by \`scripts/camera_docs.ts\` from \`scripts/camera_quirks.ts\`, the fixtures and the names of tests; change
those, not the page.
`;

/** Where each quirk is shown: links, by its number. */
export interface QuirkProofs {
  readonly fixtures: ReadonlyMap<string, readonly string[]>;
  readonly tests: ReadonlyMap<string, readonly string[]>;
}

/** Reads all fixtures and the names of all tests. */
export function quirkProofs(): QuirkProofs {
  const byFixture = new Map<string, string[]>();
  for (const name of readdirSync(path.join(root, fixtures)).sort()) {
    const file = path.join(fixtures, name, 'dialogue.txt');
    const { ids } = parseDialogue(readFileSync(path.join(root, file), 'utf8'), file);
    for (const id of ids) add(byFixture, id, name);
  }
  const byTest = new Map<string, string[]>();
  for (const folder of ['src', 'test']) {
    const files = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((each) => each.endsWith('.test.ts')).sort()) {
      const text = readFileSync(path.join(root, folder, file), 'utf8');
      for (const [, ids = ''] of text.matchAll(/['"`]((?:[CSPVAO]\d+(?:, | and )?)+): /g)) {
        for (const [id] of ids.matchAll(/[CSPVAO]\d+/g)) add(byTest, id, path.join(folder, file));
      }
    }
  }
  return { fixtures: byFixture, tests: byTest };
}

function add(map: Map<string, string[]>, id: string, proof: string): void {
  const proofs = map.get(id) ?? [];
  if (!proofs.includes(proof)) proofs.push(proof);
  map.set(id, proofs);
}

/** The text of docs/cameras.md. */
export function cameraDocs(quirks: readonly CameraQuirk[], proofs: QuirkProofs): string {
  const sections = Object.entries(quirkSections).map(([letter, title]) => {
    const rows = quirks
      .filter(({ id }) => id.startsWith(letter))
      .map((quirk) => {
        const { id, camera, behaviour, nightjar } = quirk;
        return `| ${id} | ${camera} | ${behaviour} | ${nightjar} | ${shown(quirk, proofs)} |\n`;
      });
    return `\n## ${title}\n\n| id | camera | what it does | what Nightjar does | shown by |\n|---|---|---|---|---|\n${rows.join('')}`;
  });
  return preamble + sections.join('');
}

function shown({ id, leftOut }: CameraQuirk, proofs: QuirkProofs): string {
  if (leftOut !== undefined) return `Nothing: ${leftOut}`;
  const link = (name: string, target: string) => `[${name}](../${target})`;
  const dialogues = proofs.fixtures.get(id);
  if (dialogues) return dialogues.map((name) => link(name, `${fixtures}/${name}/dialogue.txt`)).join(', ');
  const tests = (proofs.tests.get(id) ?? []).slice(0, maximumTests);
  return tests.map((file) => link(`\`${path.basename(file)}\``, file)).join(', ');
}

if (import.meta.main) {
  writeFileSync(path.join(root, 'docs/cameras.md'), cameraDocs(cameraQuirks, quirkProofs()));
}
