import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { IndexFixture, migrationsDir } from '../../test/fixtures/index_fixture.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { openDatabase } from './database.ts';
import { migrate } from './migrations.ts';
import { openIndex } from './open_index.ts';

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function fixtureFor(context: TestContext): IndexFixture {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  return fixture;
}

test('a name has one root, with a new id the first time', (context) => {
  const { index } = fixtureFor(context);
  const root = index.roots.named('disk2');
  assert.match(root.id, uuid4);
  assert.deepEqual(index.roots.named('disk2'), root);
  assert.deepEqual(index.roots.list(), [{ id: testRootId, name: 'default' }, root]);
});

test('a root that comes by another name takes it, and whoever had it says which it was', (context) => {
  const { index } = fixtureFor(context);
  const { id } = index.roots.named('disk2');
  index.roots.identify(id, 'default');
  assert.deepEqual(index.roots.list(), [
    { id: testRootId, name: 'default (5a0c4a2e)' },
    { id, name: 'default' },
  ]);
  index.roots.identify(testRootId, 'disk2');
  assert.deepEqual(
    index.roots.list().map(({ name }) => name),
    ['disk2', 'default'],
  );
});

test('a marker with an id that is not known is a root from before the database was lost', (context) => {
  const { index } = fixtureFor(context);
  const id = randomUUID();
  index.roots.identify(id, 'disk2');
  assert.equal(index.roots.named('disk2').id, id);
});

test('a root is claimed once its marker was seen, and stays so', (context) => {
  const fixture = fixtureFor(context);
  const { roots } = fixture.index;
  const other = roots.named('disk2').id;
  assert.deepEqual([roots.isClaimed(testRootId), roots.isClaimed(other)], [true, false]);
  roots.claim(other);
  assert.equal(fixture.reopen().roots.isClaimed(other), true);
});

test('a camera names its root, and follows when that gets another name', (context) => {
  const fixture = fixtureFor(context);
  const { id } = fixture.index.roots.named('disk2');
  const { cameraId } = fixture.addCamera({ storageRoot: 'disk2' });
  assert.equal(fixture.index.cameras.get(cameraId)!.storageRoot, 'disk2');
  fixture.index.roots.identify(id, 'garage');
  assert.equal(fixture.reopen().cameras.get(cameraId)!.storageRoot, 'garage');
  fixture.index.cameras.update(cameraId, { storageRoot: undefined });
  assert.equal(fixture.index.cameras.get(cameraId)!.storageRoot, undefined);
});

test('a camera keeps to the name that it chose when another disk has that name, also when two swap theirs', (context) => {
  const fixture = fixtureFor(context);
  const { roots, cameras } = fixture.index;
  const { id } = roots.named('disk2');
  const { cameraId } = fixture.addCamera({ storageRoot: 'disk2' });
  const rootOf = () => {
    const { storageRoot } = cameras.get(cameraId)!;
    return [storageRoot, roots.named(storageRoot!).id];
  };
  const settings = (first: string | undefined, second: string | undefined) => [
    { name: 'default', id: first },
    { name: 'disk2', id: second },
  ];
  assert.deepEqual(roots.settle(settings(testRootId, undefined)), [testRootId, id]);
  const another = randomUUID();
  assert.deepEqual(roots.settle(settings(testRootId, another)), [testRootId, another]);
  assert.deepEqual(rootOf(), ['disk2', another]);
  assert.deepEqual(roots.settle(settings(another, testRootId)), [another, testRootId]);
  assert.deepEqual(rootOf(), ['disk2', testRootId]);
});

test('footage from the time of one folder is in the root default; without footage there is no root', (context) => {
  for (const withFootage of [true, false]) {
    const folder = mkdtempSync(join(tmpdir(), 'nightjar-migrated-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const old = join(folder, 'migrations');
    mkdirSync(old);
    for (const name of ['0001-footage.sql', '0002-certificates.sql', '0003-damages.sql']) {
      cpSync(join(migrationsDir, name), join(old, name));
    }
    const file = join(folder, 'nightjar.db');
    const clock = new SimulatedClock();
    const before = openDatabase(file);
    migrate(before, old, clock);
    if (withFootage) {
      const ids = Array.from({ length: 4 }, () => `'${randomUUID()}'`);
      before.sqlite.exec(`
        insert into cameras (key, id, name, created_ms) values (1, ${ids[0]}, 'Door', 0);
        insert into streams (key, id, camera_key, role, url, transport, record, created_ms)
          values (1, ${ids[1]}, 1, 'main', 'rtsp://camera/1', 'auto', 1, 0);
        insert into runs values (1, ${ids[2]}, 1, 0);
        insert into segments (id, stream_key, run_key, number, state, path, start_ms)
          values (${ids[3]}, 1, 1, 0, 'open', 'a.mp4', 0);`);
    }
    before.sqlite.close();
    const index = openIndex({ file, migrationsDir, clock });
    const roots = index.roots.list();
    assert.deepEqual(
      roots.map(({ name }) => name),
      withFootage ? ['default'] : [],
    );
    for (const { id } of roots) assert.match(id, uuid4);
    assert.deepEqual(
      index.ledger.openSegments().map(({ rootId }) => rootId),
      roots.map(({ id }) => id),
    );
    index.close();
  }
});
