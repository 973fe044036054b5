import { closeSync, cpSync, mkdirSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Camera } from '../../src/index/cameras.ts';
import type { DeletableSegment } from '../../src/index/deletion.ts';
import { type Index, openIndex } from '../../src/index/open_index.ts';
import { GapJournal } from '../../src/recorder/gap_journal.ts';
import type { WorkerSettings } from '../../src/recorder/messages.ts';
import { recoverOpenSegments, recoverSegment } from '../../src/recorder/recovery.ts';
import { Supervisor } from '../../src/recorder/supervisor.ts';
import { RetentionSweep } from '../../src/retention/sweep.ts';
import { sweepFiles } from '../../src/retention/sweep_files.ts';
import { defaultRootName } from '../../src/roots/root_folders.ts';
import { RootJournals } from '../../src/roots/root_journals.ts';
import { StorageRoots } from '../../src/roots/storage_roots.ts';
import { migrationsDir } from '../fixtures/index_fixture.ts';
import { type LeapingClock, ProcessClock } from './leaping_clock.ts';
import type { ScriptedCamera } from './scripted_camera.ts';
import { SimulatedThread } from './simulated_thread.ts';

const segmentMs = 2 * 3_600_000;
const largeDiskBytes = 1e12;
const noLog = { info() {}, warn() {}, error() {} };

/** Resolves when the disk has done all that it was asked for, and what follows from that is done too. */
export async function settled(): Promise<void> {
  for (let quiet = 0; quiet < 4; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))) quiet = -1;
  }
}

/** One life of the process that records, from its start to its end, made of the parts that the server is made of. */
interface Life {
  readonly clock: ProcessClock;
  readonly index: Index;
  readonly supervisor: Supervisor;
  readonly sweep: RetentionSweep;
  readonly journals: RootJournals;
  readonly threads: readonly SimulatedThread[];
}

/** An installation on a disk: recordings, index, and now and then a process that records. */
export class Installation {
  readonly recordingsDir: string;
  readonly deleted: DeletableSegment[] = [];
  /** Of the disk; undefined while it is large enough. */
  capacityBytes: number | undefined;
  readonly #folder: string;
  readonly #clock: LeapingClock;
  readonly #camera: (streamId: string) => ScriptedCamera;
  #dataDir: string;
  #lives = 0;
  #life: Life | undefined;

  constructor(folder: string, clock: LeapingClock, camera: (streamId: string) => ScriptedCamera) {
    this.#folder = folder;
    this.#clock = clock;
    this.#camera = camera;
    this.recordingsDir = path.join(folder, 'recordings');
    this.#dataDir = path.join(folder, 'data-0');
    mkdirSync(this.recordingsDir);
  }

  get isRunning(): boolean {
    return this.#life !== undefined;
  }

  get index(): Index {
    return this.#life!.index;
  }

  get databaseFile(): string {
    return path.join(this.#dataDir, 'nightjar.db');
  }

  async start(): Promise<void> {
    const clock = new ProcessClock(this.#clock);
    const index = openIndex({ file: this.databaseFile, migrationsDir, clock });
    const { recordingsDir } = this;
    const storage = await StorageRoots.prepare({
      roots: [{ name: defaultRootName, folder: recordingsDir }],
      ledger: index.roots,
      installationId: index.installationId,
      clock,
      inFlightBytes: () => 0,
    });
    const roots = storage.folders;
    for (const rootId of roots.keys()) {
      await recoverOpenSegments({ ledger: index.ledger, roots, rootId, log: noLog });
    }
    const journals = new RootJournals(roots, (error) => {
      throw error;
    });
    const journal = new GapJournal(
      () => storage.idOf(),
      (rootIds, entry) => journals.append('gaps', rootIds, entry),
    );
    const sweep = this.#makeSweep(index, clock, storage);
    const threads: SimulatedThread[] = [];
    const supervisor = new Supervisor({
      index,
      journal,
      clock,
      log: noLog,
      settings: { roots, syncMs: 2_000, segmentMs, workers: 2, rootIdOf: (name) => storage.idOf(name) },
      makeRoom: (rootId) => sweep.makeRoom(rootId),
      repair: async (segment, rewrite) => {
        await recoverSegment(segment, { ledger: index.ledger, roots, log: noLog, rewrite });
      },
      // In the calm of a simulation pictures are half an hour apart, which would be called silence.
      isStorageUsable: () => false,
      takeThread: (settings: WorkerSettings) => {
        const thread = new SimulatedThread(settings, clock, this.#camera);
        threads.push(thread);
        return thread;
      },
    });
    supervisor.start(index.cameras.list());
    this.#life = { clock, index, supervisor, sweep, journals, threads };
    await settled();
  }

  /** Ends the process in good order. */
  async stop(): Promise<void> {
    const { clock, index, supervisor, journals } = this.#take();
    await supervisor.stop();
    await journals.flush();
    await settled();
    clock.die();
    index.close();
  }

  /** Ends the process by force: what is left is what the kernel has, and what SQLite has committed. */
  async crash(): Promise<void> {
    await settled();
    const { clock, index, threads } = this.#take();
    clock.die();
    for (const thread of threads) thread.die();
    const before = this.#dataDir;
    this.#dataDir = path.join(this.#folder, `data-${++this.#lives}`);
    mkdirSync(this.#dataDir, { mode: 0o700 });
    for (const name of readdirSync(before).filter((file) => /\.db(-wal)?$/.test(file))) {
      cpSync(path.join(before, name), path.join(this.#dataDir, name));
    }
    index.close();
    rmSync(before, { recursive: true });
    for (const fd of this.#openFiles()) closeSync(fd);
  }

  async apply(camera: Camera): Promise<void> {
    const { index, supervisor } = this.#life!;
    index.cameras.update(camera.id, { streams: camera.streams });
    await supervisor.applyCamera(camera);
    await settled();
  }

  async add(camera: Camera): Promise<void> {
    const { index, supervisor } = this.#life!;
    index.cameras.insert(camera);
    await supervisor.applyCamera(camera);
  }

  async sweep(): Promise<void> {
    const { failed, shortfalls } = await this.#life!.sweep.sweepNow();
    if (failed > 0 || shortfalls.length > 0)
      throw new Error(`The sweep fell short: ${JSON.stringify(shortfalls)}`);
    const usedBytes = this.usedBytes();
    if (usedBytes >= (this.capacityBytes ?? Number.POSITIVE_INFINITY))
      throw new Error(`The sweep left ${usedBytes} bytes on a disk of ${this.capacityBytes}.`);
    await settled();
  }

  /** Every file below the recordings folder, by its path relative to that, with its size. */
  files(): Map<string, number> {
    const files = new Map<string, number>();
    for (const entry of readdirSync(this.recordingsDir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      files.set(path.relative(this.recordingsDir, file), statSync(file).size);
    }
    return files;
  }

  /** What the files take up of the disk. */
  usedBytes(): number {
    let blocks = 0;
    for (const file of this.files().keys()) blocks += statSync(path.join(this.recordingsDir, file)).blocks;
    return blocks * 512;
  }

  #makeSweep(index: Index, clock: ProcessClock, storage: StorageRoots): RetentionSweep {
    return new RetentionSweep({
      index,
      roots: storage.folders,
      isRootPresent: (rootId) => storage.isPresent(rootId),
      minFreeBytes: 1,
      maxBytes: undefined,
      defaults: { maxAgeDays: undefined, eventMaxAgeDays: undefined, minAgeHours: 1 / 6 },
      clock,
      log: noLog,
      record: noLog,
      onDeleted: (segments) => this.deleted.push(...segments),
      files: {
        ...sweepFiles,
        // The only thing of the disk that is not real: a folder has no size of its own.
        space: async () => {
          const totalBytes = this.capacityBytes ?? largeDiskBytes;
          return { freeBytes: totalBytes - this.usedBytes(), totalBytes };
        },
      },
    });
  }

  #take(): Life {
    const life = this.#life!;
    this.#life = undefined;
    return life;
  }

  /** Files of recordings that the killed process would have had closed by the kernel. */
  #openFiles(): number[] {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(this.recordingsDir);
        } catch {
          return false;
        }
      });
  }
}
