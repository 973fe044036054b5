import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StatusAnswer, StorageAnswer } from '../../src/api/contract/status.ts';
import { type App, startApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { createLog } from '../../src/logging/logger.ts';
import { resolveSettings } from '../../src/settings/settings.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { decodeErrors } from '../fixtures/ffprobe.ts';
import { until } from '../fixtures/until.ts';

interface Timeline {
  recordings: { startMs: number; endMs: number; growing: boolean }[];
  gaps: { startMs: number; endMs: number; cause: string; ongoing: boolean }[];
}

/** A disk that keeps what it has while it is not mounted. */
class Disk {
  readonly mountPoint: string;
  readonly #backing: string;

  private constructor(folder: string) {
    this.mountPoint = path.join(folder, 'disk');
    this.#backing = path.join(folder, 'backing');
  }

  /** Undefined where mounting is not allowed. */
  static make(folder: string): Disk | undefined {
    const disk = new Disk(folder);
    for (const made of [disk.mountPoint, disk.#backing]) mkdirSync(made);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk.#backing], { stdio: 'ignore' });
    } catch {
      return undefined;
    }
    return disk;
  }

  mount(options = 'rw'): void {
    execFileSync('mount', ['--bind', this.#backing, this.mountPoint]);
    execFileSync('mount', ['-o', `remount,bind,${options}`, this.mountPoint]);
  }

  remove(): void {
    this.unmount();
    execFileSync('umount', ['-l', this.#backing]);
  }

  /** As when somebody pulls its plug: files that are open stay so. */
  unmount(): void {
    try {
      execFileSync('umount', ['-l', this.mountPoint], { stdio: 'ignore' });
    } catch {
      // It is not mounted.
    }
  }
}

/** A file system of its own that hangs when it is told to: what writes to it waits until it goes on. */
class FreezingDisk {
  readonly mountPoint: string;
  #hangs = false;

  private constructor(folder: string) {
    this.mountPoint = path.join(folder, 'disk');
  }

  /** Undefined where mounting is not allowed. */
  static make(folder: string): FreezingDisk | undefined {
    const disk = new FreezingDisk(folder);
    const image = path.join(folder, 'image');
    mkdirSync(disk.mountPoint);
    writeFileSync(image, '');
    truncateSync(image, 64 * 1024 * 1024);
    try {
      execFileSync('mkfs.ext4', ['-q', image], { stdio: 'ignore' });
      execFileSync('mount', ['-o', 'loop', image, disk.mountPoint], { stdio: 'ignore' });
    } catch {
      return undefined;
    }
    return disk;
  }

  hang(): void {
    execFileSync('fsfreeze', ['--freeze', this.mountPoint]);
    this.#hangs = true;
  }

  goOn(): void {
    if (this.#hangs) execFileSync('fsfreeze', ['--unfreeze', this.mountPoint]);
    this.#hangs = false;
  }

  remove(): void {
    execFileSync('umount', ['-l', this.mountPoint]);
  }
}

/** A server whose data are in a folder, with a second root on a disk. */
async function start(folder: string, disk: { readonly mountPoint: string }): Promise<App> {
  const flag = (text: string) => ({ text, source: 'the test' });
  const settings = resolveSettings(
    {
      flags: {
        port: flag('0'),
        dataDir: flag(path.join(folder, 'data')),
        recordingsDir: flag(path.join(folder, 'recordings')),
        storageRoots: flag(`disk2=${disk.mountPoint}`),
        minFreeBytes: flag('0'),
        segmentSeconds: flag('1'),
        workers: flag('1'),
      },
      environment: {},
      file: {},
    },
    { cores: 2 },
  );
  const log = createLog({ level: 'fatal', clock: systemClock, sink: { write: () => {} } });
  return startApp({ settings, clock: systemClock, log });
}

async function ask<Answer>({ url }: App, what: string, body?: object, method = 'POST'): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const init = body ? { method, headers, body: JSON.stringify(body) } : {};
  const answer = await fetch(`${url}/api/v1${what}`, init);
  assert.ok(answer.ok, `${answer.status} ${what}`);
  return (await answer.json()) as Answer;
}

const timelineOf = (app: App, id: string, fromMs: number) =>
  ask<Timeline>(app, `/cameras/${id}/timeline?from=${fromMs}&to=${Date.now() + 1_000}`);

interface Camera {
  id: string;
  storageRoot: string;
  streams: { state: string; errorCode?: string; stateReason: string }[];
}

const streamOf = async (app: App, id: string) => (await ask<Camera>(app, `/cameras/${id}`)).streams[0]!;
/** Waits for footage of instants that have not begun yet. */
async function recordsOn(app: App, id: string): Promise<void> {
  const fromMs = Date.now();
  await until(async () => (await timelineOf(app, id, fromMs)).recordings.length > 0);
}

function noHoles({ recordings, gaps }: Timeline): void {
  const parts = [...recordings, ...gaps].sort((a, b) => a.startMs - b.startMs);
  for (const [index, part] of parts.slice(1).entries()) {
    assert.equal(part.startMs, parts[index]!.endMs, JSON.stringify(parts));
  }
}

/** A recorder whose second disk can be frozen, and its cameras; undefined where mounting is not allowed. */
async function startOnFreezingDisk(context: TestContext, cameras: readonly string[]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-hang-'));
  const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
  context.after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });
  const disk = FreezingDisk.make(folder);
  if (!disk) return undefined;
  stops.push(() => disk.remove());
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: cameras.map((name) => ({ path: name })),
  });
  stops.push(() => simulator.close());
  const app = await start(folder, disk);
  stops.push(() => app.stop());
  // Before the recorder is stopped, which would wait for it.
  stops.push(() => disk.goOn());
  return { app, disk, simulator, folder, fromMs: Date.now() };
}

test('a disk that goes away costs its own cameras a gap, fills no other, and is recorded to again when it is back', {
  timeout: 120_000,
}, async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-roots-'));
  const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
  context.after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });
  const disk = Disk.make(folder);
  if (!disk) return context.skip('mounting is not allowed here');
  stops.push(() => disk.remove());
  disk.mount();
  const paths = ['yard', 'door'];
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: paths.map((name) => ({ path: name })),
  });
  stops.push(() => simulator.close());
  let app = await start(folder, disk);
  stops.push(() => app.stop());
  const fromMs = Date.now();
  const add = (name: string, more = {}) => {
    const streams = [{ role: 'main', url: `rtsp://127.0.0.1:${simulator.port}/${name}` }];
    return ask<Camera>(app, '/cameras', { name, streams, ...more });
  };
  const [yard, door] = [await add('yard'), await add('door', { storageRoot: 'disk2' })];
  assert.deepEqual([yard.storageRoot, door.storageRoot], ['default', 'disk2']);
  const inRecordings = () => readdirSync(path.join(folder, 'recordings'));
  await recordsOn(app, door.id);
  await recordsOn(app, yard.id);
  assert.ok(readdirSync(disk.mountPoint).includes(door.id));
  assert.ok(!inRecordings().includes(door.id));

  const rootOf = async (name: string) => {
    const { storage } = await ask<{ storage: StorageAnswer }>(app, '/status');
    return storage.roots.find((root) => root.name === name)?.state;
  };
  const isAway = async () => {
    const { state, errorCode } = await streamOf(app, door.id);
    return state === 'backing_off' && errorCode === 'recordings_missing';
  };

  // It goes away while it is written to.
  disk.unmount();
  await until(isAway);
  await until(async () => (await rootOf('disk2')) === 'missing');
  await recordsOn(app, yard.id);
  assert.deepEqual(readdirSync(disk.mountPoint), [], 'nothing is made below the bare mount point');
  assert.ok(!inRecordings().includes(door.id));
  assert.equal((await fetch(`${app.url}/health`)).status, 200);
  const during = (await timelineOf(app, door.id, fromMs)).gaps.at(-1)!;
  assert.deepEqual([during.cause, during.ongoing], ['disk_missing', true]);

  // It comes back, but cannot be written.
  disk.mount('ro');
  await until(async () => (await rootOf('disk2')) === 'unwritable');
  assert.ok(await isAway());
  disk.unmount();
  disk.mount();
  await recordsOn(app, door.id);
  const back = await timelineOf(app, door.id, fromMs);
  assert.deepEqual(
    back.gaps.map(({ cause, ongoing }) => [cause, ongoing]),
    [['disk_missing', false]],
  );
  noHoles(back);

  // A start without it.
  await app.stop();
  disk.unmount();
  app = await start(folder, disk);
  await recordsOn(app, yard.id);
  await until(isAway);
  assert.deepEqual(readdirSync(disk.mountPoint), []);
  disk.mount();
  await recordsOn(app, door.id);
  const after = await timelineOf(app, door.id, fromMs);
  const causes = after.gaps.map(({ cause }) => cause);
  assert.deepEqual([causes[0], causes.at(-1)], ['disk_missing', 'disk_missing'], String(causes));
  noHoles(after);

  // All that is on the time line can be played, from both times that the disk was there.
  const window = `from=${fromMs}&to=${after.recordings.at(-1)!.endMs - 500}`;
  const clip = await fetch(`${app.url}/api/v1/cameras/${door.id}/clip.mp4?${window}`);
  assert.equal(clip.status, 200);
  assert.equal(clip.headers.get('nightjar-left-out-ms'), null);
  const file = path.join(folder, 'clip.mp4');
  writeFileSync(file, Buffer.from(await clip.arrayBuffer()));
  assert.equal(await decodeErrors(file), '');

  // A camera may move to another disk; its footage stays where it is, and its session and run go on.
  const movedMs = Date.now();
  await ask(app, `/cameras/${door.id}`, { storageRoot: null }, 'PATCH');
  await recordsOn(app, door.id);
  await until(() => inRecordings().includes(door.id));
  const folders = () => readdirSync(path.join(folder, 'recordings', door.id), { recursive: true });
  await until(() => folders().filter((name) => String(name).endsWith('.mp4')).length > 2);
  const moved = await timelineOf(app, door.id, movedMs - 1_000);
  assert.deepEqual([moved.gaps, moved.recordings.length], [[], 1]);
});

test('a camera that is removed while its disk hangs costs those on other disks nothing', {
  timeout: 60_000,
}, async (context) => {
  const site = await startOnFreezingDisk(context, ['door', 'yard']);
  if (!site) return context.skip('mounting is not allowed here');
  const { app, disk, simulator, fromMs } = site;
  const add = (name: string, storageRoot: string) => {
    const streams = [{ role: 'main', url: simulator.url(name) }];
    return ask<Camera>(app, '/cameras', { name, storageRoot, streams });
  };
  const [door, yard] = [await add('door', 'disk2'), await add('yard', 'default')];
  await recordsOn(app, door.id);
  await recordsOn(app, yard.id);
  disk.hang();
  const { status } = await fetch(`${app.url}/api/v1/cameras/${door.id}`, { method: 'DELETE' });
  assert.equal(status, 204);
  const { supervision } = await ask<StatusAnswer>(app, '/status');
  assert.equal(supervision.workerRestarts, 0);
  await recordsOn(app, yard.id);
  assert.deepEqual((await timelineOf(app, yard.id, fromMs)).gaps, []);
});

test('a camera that is moved off a disk that hangs is recorded at once, with a gap, and what the disk has is kept', {
  timeout: 60_000,
}, async (context) => {
  const site = await startOnFreezingDisk(context, ['door']);
  if (!site) return context.skip('mounting is not allowed here');
  const { app, disk, simulator, folder, fromMs } = site;
  const door = await ask<Camera>(app, '/cameras', {
    name: 'door',
    storageRoot: 'disk2',
    streams: [{ role: 'main', url: `rtsp://127.0.0.1:${simulator.port}/door` }],
  });
  await recordsOn(app, door.id);

  const hangsMs = Date.now();
  disk.hang();
  const slowestMs = async () => {
    const { cameras } = await ask<StatusAnswer>(app, '/status');
    return cameras[0]!.streams[0]!.slowestWriteMs;
  };
  await until(async () => (await slowestMs()) > 5_500);
  const movedMs = Date.now();
  await ask(app, `/cameras/${door.id}`, { storageRoot: null }, 'PATCH');
  await recordsOn(app, door.id);
  assert.ok(Date.now() - movedMs < 10_000, 'nothing of the old disk is waited for');
  assert.ok(readdirSync(path.join(folder, 'recordings')).includes(door.id));
  const during = await timelineOf(app, door.id, fromMs);
  const [gap] = during.gaps;
  assert.deepEqual([during.gaps.length, gap!.cause, gap!.ongoing], [1, 'disk_slow', false]);
  assert.ok(gap!.startMs < hangsMs + 2_000 && gap!.endMs > movedMs - 2_000, JSON.stringify(gap));
  noHoles(during);

  // What was left open there is closed, and all can be played.
  disk.goOn();
  await until(async () => !(await timelineOf(app, door.id, fromMs)).recordings[0]!.growing);
  const window = `from=${fromMs + 1_000}&to=${Date.now() - 2_000}`;
  await until(async () => {
    const clip = await fetch(`${app.url}/api/v1/cameras/${door.id}/clip.mp4?${window}`);
    await clip.arrayBuffer();
    return clip.status === 200 && clip.headers.get('nightjar-left-out-ms') === null;
  });
  noHoles(await timelineOf(app, door.id, fromMs));
});
