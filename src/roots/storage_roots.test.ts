import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { StorageRoots } from './storage_roots.ts';

const installationId = '6f1c9d2e-0000-4000-8000-000000000001';

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-roots-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Lets a check that was begun come to its end. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** The roots of an index, in memory. */
class Ledger {
  readonly names = new Map<string, string>();
  readonly claimed = new Set<string>();

  list() {
    return [...this.names].map(([id, name]) => ({ id, name }));
  }

  settle(roots: readonly { name: string; id: string | undefined }[]) {
    for (const { id, name } of roots) {
      if (id === undefined) continue;
      for (const [other, held] of this.names) if (held === name) this.names.set(other, `${name} before`);
      this.names.set(id, name);
    }
    return roots.map(({ name }) => this.named(name).id);
  }

  named(name: string) {
    const known = this.list().find((root) => root.name === name);
    const id = known?.id ?? `00000000-0000-4000-8000-00000000000${this.names.size}`;
    this.names.set(id, name);
    return { id };
  }

  claim(id: string) {
    this.claimed.add(id);
  }

  isClaimed(id: string) {
    return this.claimed.has(id);
  }
}

async function prepared(
  context: TestContext,
  folders: Record<string, string>,
  { ledger = new Ledger(), clock = new SimulatedClock(), inFlightBytes = 0 } = {},
) {
  const named = Object.entries(folders).map(([name, folder]) => ({ name, folder }));
  const roots = await StorageRoots.prepare({
    roots: named,
    ledger,
    installationId,
    clock,
    inFlightBytes: () => inFlightBytes,
  });
  context.after(() => roots.stop());
  return { roots, ledger, clock };
}

const markerIn = (folder: string) => JSON.parse(readFileSync(path.join(folder, '.nightjar'), 'utf8'));

test('the default root is made, marked with the ids of installation and root, and measured', async (context) => {
  const folder = path.join(temporaryFolder(context), 'made/as needed');
  const { roots, clock } = await prepared(context, { default: folder });
  const { usable, totalBytes, freeBytes } = roots.statuses[0]!;
  assert.equal(usable, true);
  assert(totalBytes! >= freeBytes! && freeBytes! > 0);
  assert.equal(await roots.isPresent(roots.idOf()), true);
  assert.deepEqual(markerIn(folder), { installationId, rootId: roots.idOf('default') });
  roots.stop();
  assert.equal(clock.pendingTimers, 0);
});

test('a second start leaves the mark as it is, and nothing else', async (context) => {
  const folder = temporaryFolder(context);
  const { ledger } = await prepared(context, { default: folder });
  const { ino, mtimeMs } = statSync(path.join(folder, '.nightjar'));
  await prepared(context, { default: folder }, { ledger });
  const after = statSync(path.join(folder, '.nightjar'));
  assert.deepEqual([after.ino, after.mtimeMs], [ino, mtimeMs]);
  assert.deepEqual(readdirSync(folder), ['.nightjar']);
});

test('a mark from the time of one folder gets the id of its root, though it was in use', async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(path.join(folder, '.nightjar'), `${JSON.stringify({ installationId })}\n`);
  const ledger = new Ledger();
  ledger.claim(ledger.named('default').id);
  const { roots } = await prepared(context, { default: folder }, { ledger });
  assert.equal(roots.statuses[0]!.usable, true);
  assert.deepEqual(markerIn(folder), { installationId, rootId: roots.idOf() });
});

test('a root is known by its mark: its name may move to another folder', async (context) => {
  const [one, two] = [temporaryFolder(context), temporaryFolder(context)];
  const { roots: before, ledger } = await prepared(context, { default: one, disk2: two });
  const { roots: after } = await prepared(context, { default: two, disk2: one }, { ledger });
  assert.deepEqual([after.idOf('default'), after.idOf('disk2')], [before.idOf('disk2'), before.idOf()]);
  assert(after.statuses.every(({ usable }) => usable));
});

test('a further root whose folder is not there is not made, and used once it is there', async (context) => {
  const folder = path.join(temporaryFolder(context), 'mount');
  const { roots, clock } = await prepared(context, { default: temporaryFolder(context), disk2: folder });
  assert.match(roots.statuses[1]!.reason!, /storage root disk2 \(\/.*mount\) cannot be used: ENOENT/);
  const made = temporaryFolder(context);
  renameSync(made, folder);
  clock.advance(3_000);
  await until(() => roots.statuses[1]!.usable);
  assert.deepEqual(markerIn(folder), { installationId, rootId: roots.idOf('disk2') });
});

test('a file in the place of a folder makes the root unusable, and no other', async (context) => {
  const file = path.join(temporaryFolder(context), 'file');
  writeFileSync(file, '');
  const { roots } = await prepared(context, { default: file, disk2: temporaryFolder(context) });
  assert.match(roots.statuses[0]!.reason!, /ENOTDIR/);
  assert.equal(roots.statuses[1]!.usable, true);
});

test('a folder of another installation is refused and left as it is', async (context) => {
  const folder = temporaryFolder(context);
  const marker = '{"installationId":"another"}\n';
  writeFileSync(path.join(folder, '.nightjar'), marker);
  await assert.rejects(prepared(context, { default: folder }), { code: 'recordings_of_another' });
  assert.equal(readFileSync(path.join(folder, '.nightjar'), 'utf8'), marker);
});

test('one folder under two names is refused', async (context) => {
  const folder = temporaryFolder(context);
  await assert.rejects(prepared(context, { default: folder, disk2: folder }), { code: 'setting_invalid' });
});

test('a root that had its mark once gets no other: at a later start a folder without is a disk that is not mounted', async (context) => {
  const folder = temporaryFolder(context);
  const { ledger } = await prepared(context, { default: folder });
  rmSync(path.join(folder, '.nightjar'));
  const { roots } = await prepared(context, { default: folder }, { ledger });
  assert.match(roots.statuses[0]!.reason!, /no file \.nightjar in it, as if its disk were not mounted/);
  assert.equal(await roots.isPresent(roots.idOf()), false);
  assert.deepEqual(readdirSync(folder), []);
});

test('a disk that is taken away is noticed, and so is its return', async (context) => {
  const folder = path.join(temporaryFolder(context), 'mount');
  const { roots, clock } = await prepared(context, { default: folder });
  renameSync(folder, `${folder}-away`);
  roots.checked.subscribe(() => {});
  clock.advance(3_000);
  await until(() => !roots.statuses[0]!.usable);
  assert.equal(await roots.isPresent(roots.idOf()), false);
  assert.throws(() => statSync(folder), { code: 'ENOENT' }, 'it is not made anew');
  renameSync(`${folder}-away`, folder);
  clock.advance(3_000);
  await until(() => roots.statuses[0]!.usable);
});

test('an empty mount point is not taken for the disk, though nothing was recorded yet', async (context) => {
  const folder = temporaryFolder(context);
  const { roots, clock } = await prepared(context, { default: folder });
  rmSync(path.join(folder, '.nightjar'));
  clock.advance(3_000);
  await until(() => !roots.statuses[0]!.usable);
  assert.deepEqual(readdirSync(folder), []);
});

test('what is on its way to the disk is taken off the free space before that is judged', async (context) => {
  const inFlightBytes = 1e15;
  const { roots } = await prepared(context, { default: temporaryFolder(context) }, { inFlightBytes });
  const [status] = roots.statuses;
  assert.deepEqual([status!.state, status!.inFlightBytes], ['full', inFlightBytes]);
  assert.ok(status!.freeBytes! > 0);
  assert.equal(roots.isAway(status!.id), false, 'deleting old footage may make room');
});
