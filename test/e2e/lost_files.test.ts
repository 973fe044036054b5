import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { CoverageAnswer } from '../../src/api/contract/coverage.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import type { StatusAnswer } from '../../src/api/contract/status.ts';
import { type App, startApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { createLog } from '../../src/logging/logger.ts';
import { resolveSettings } from '../../src/settings/settings.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { until } from '../fixtures/until.ts';

/** A server with one camera, whose footage is files of a second. */
class Site {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'nightjar-lost-'));
  readonly recordings = path.join(this.folder, 'recordings');
  readonly fromMs = Date.now();
  readonly #stops: (() => unknown)[] = [];
  app!: App;
  cameraId = '';

  constructor(context: TestContext) {
    mkdirSync(this.recordings);
    context.after(async () => {
      for (const stop of this.#stops.toReversed()) await stop();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  onEnd(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  async start(): Promise<void> {
    const flag = (text: string) => ({ text, source: 'the test' });
    const settings = resolveSettings(
      {
        flags: {
          port: flag('0'),
          dataDir: flag(path.join(this.folder, 'data')),
          recordingsDir: flag(this.recordings),
          minFreeBytes: flag('0'),
          segmentSeconds: flag('1'),
          workers: flag('1'),
          // A pass that was under way would be joined by one that is asked for.
          verifySchedule: flag('off'),
        },
        environment: {},
        file: {},
      },
      { cores: 2 },
    );
    const log = createLog({ level: 'fatal', clock: systemClock, sink: { write: () => {} } });
    const app = await startApp({ settings, clock: systemClock, log });
    this.app = app;
    this.onEnd(() => app.stop());
  }

  /** Records until there are so many closed files; then the camera pauses, and nothing changes any more. */
  async record(files: number): Promise<string[]> {
    const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'yard' }] });
    this.onEnd(() => simulator.close());
    const streams = [{ role: 'main', url: `rtsp://127.0.0.1:${simulator.port}/yard` }];
    this.cameraId = (await this.ask<{ id: string }>('/cameras', { name: 'Yard', streams })).id;
    await until(() => this.files().length > files);
    const paused = streams.map((stream) => ({ ...stream, record: false }));
    await this.ask(`/cameras/${this.cameraId}`, { streams: paused }, 'PATCH');
    // The last picture lasts until the next one would have come: a window that ends with now may cut it.
    await until(async () => (await this.timeline()).gaps.some(({ cause }) => cause === 'paused'));
    return this.files();
  }

  files(): string[] {
    const all = readdirSync(this.recordings, { recursive: true, encoding: 'utf8' });
    return all
      .filter((name) => name.endsWith('.mp4'))
      .sort()
      .map((name) => path.join(this.recordings, name));
  }

  async ask<Answer>(what: string, body?: object, method = 'POST'): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    const init = body ? { method, headers, body: JSON.stringify(body) } : {};
    const answer = await fetch(`${this.app.url}/api/v1${what}`, init);
    assert.ok(answer.ok, `${answer.status} ${what} ${answer.ok ? '' : await answer.text()}`);
    return (await answer.json()) as Answer;
  }

  window = () => `from=${this.fromMs}&to=${Date.now()}`;
  status = () => this.ask<StatusAnswer>('/status');
  coverage = () => this.ask<CoverageAnswer>(`/cameras/${this.cameraId}/coverage?${this.window()}`);
  timeline = () => this.ask<TimelineAnswer>(`/cameras/${this.cameraId}/timeline?${this.window()}`);

  /** Looks at all files now, and waits for the end of it. */
  async verify(deep = false): Promise<StatusAnswer['verification']> {
    const before = (await this.status()).verification.last?.startedMs;
    await this.ask('/verification', { deep });
    await until(async () => {
      const { last, running } = (await this.status()).verification;
      return !running && last !== undefined && last.startedMs !== before;
    });
    return (await this.status()).verification;
  }

  /** How many gaps of these causes the time line has, and that it is whole. */
  async gapsOf(...causes: string[]): Promise<number> {
    const { recordings, gaps } = await this.timeline();
    const parts = [...recordings, ...gaps].sort((a, b) => a.startMs - b.startMs);
    for (const [at, part] of parts.slice(1).entries()) assert.equal(part.startMs, parts[at]!.endMs);
    return gaps.filter(({ cause }) => causes.includes(cause)).length;
  }

  isAlarmed = async () => (await this.status()).alarms.some(({ kind }) => kind === 'footage_missing');
}

/** Changes a byte in the middle of a file. */
async function flipByte(file: string): Promise<void> {
  await using handle = await open(file, 'r+');
  const { size } = await handle.stat();
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, Math.floor(size / 2));
  byte[0]! ^= 0xff;
  await handle.write(byte, 0, 1, Math.floor(size / 2));
}

describe('recorded files that are lost', { concurrency: 2 }, () => {
  test('files that vanish, are cut off or damaged become gaps and an alarm, and footage again when they are back', {
    timeout: 120_000,
  }, async (context) => {
    const site = new Site(context);
    await site.start();
    const files = await site.record(5);
    const before = await site.coverage();
    assert.deepEqual(
      before.gaps.filter(({ cause }) => ['lost', 'damaged'].includes(cause)),
      [],
    );
    const kept = path.join(site.folder, 'kept');
    cpSync(site.recordings, kept, { recursive: true });
    const [gone, cut, flipped] = [files[0]!, files[2]!, files[4]!];
    rmSync(gone);
    const clip = await fetch(`${site.app.url}/api/v1/cameras/${site.cameraId}/clip.mp4?${site.window()}`);
    await clip.arrayBuffer();
    await until(async () => (await site.gapsOf('lost')) === 1);

    truncateSync(cut, 1_000);
    await flipByte(flipped);

    const fast = await site.verify();
    assert.deepEqual([fast.missingFiles, fast.damagedFiles], [1, 1]);
    assert.equal(fast.last!.checked, files.length);
    assert.equal((await site.verify()).last!.lost, 0, 'and nothing is found twice');
    const deep = await site.verify(true);
    assert.deepEqual([deep.missingFiles, deep.damagedFiles, deep.last!.lost], [1, 2, 1]);
    assert.equal(await site.gapsOf('lost'), 1);
    assert.equal(await site.gapsOf('damaged'), 2);
    const after = await site.coverage();
    assert.ok(after.coveredMs < before.coveredMs - 2_000, `${after.coveredMs} of ${before.coveredMs} ms`);
    assert.ok(after.percent! < before.percent!);
    await until(site.isAlarmed);
    const metrics = await (await fetch(`${site.app.url}/metrics`)).text();
    assert.match(metrics, /^nightjar_missing_files 1$/m);
    assert.match(metrics, /^nightjar_damaged_files 2$/m);

    // After a restart it is known as well.
    await site.app.stop();
    await site.start();
    assert.equal(await site.gapsOf('lost', 'damaged'), 3);
    await until(site.isAlarmed);

    for (const file of [gone, cut, flipped]) {
      copyFileSync(path.join(kept, path.relative(site.recordings, file)), file);
    }
    const back = await site.verify();
    assert.deepEqual([back.missingFiles, back.damagedFiles], [0, 0]);
    const whole = await site.coverage();
    assert.equal(whole.coveredMs, before.coveredMs);
    assert.equal(await site.gapsOf('lost', 'damaged'), 0);
    await until(async () => !(await site.isAlarmed()));
  });

  test('an empty disk in the place of another says nothing until it has the marker, and then what is lost', {
    timeout: 120_000,
  }, async (context) => {
    const site = new Site(context);
    const mount = (folder: string) =>
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder], { stdio: 'ignore' });
    try {
      mount(site.recordings);
    } catch {
      return context.skip('mounting is not allowed here');
    }
    site.onEnd(() => execFileSync('umount', ['--lazy', site.recordings]));
    await site.start();
    await site.record(3);
    const kept = path.join(site.folder, 'kept');
    cpSync(site.recordings, kept, { recursive: true });
    execFileSync('umount', ['--lazy', site.recordings]);
    mount(site.recordings);

    const away = await site.verify();
    assert.deepEqual([away.last!.awayRoots, away.missingFiles], [['default'], 0]);
    assert.equal(await site.gapsOf('lost'), 0);

    copyFileSync(path.join(kept, '.nightjar'), path.join(site.recordings, '.nightjar'));
    await until(async () => (await site.status()).storage.usable);
    const lost = await site.verify();
    assert.deepEqual(lost.last!.awayRoots, []);
    assert.ok(lost.missingFiles >= 3);
    assert.equal((await site.coverage()).coveredMs, 0);

    cpSync(kept, site.recordings, { recursive: true });
    assert.equal((await site.verify()).missingFiles, 0);
    assert.ok((await site.coverage()).coveredMs >= 3_000);
  });
});
