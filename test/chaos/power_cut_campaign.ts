/**
 * Kills a recorder, copies what is on the disk, takes away from the copy what was not synced as a power cut would, and
 * starts a recorder there: what was durable must be there.
 */
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { type AtTheEnd, Cleanup } from '../fixtures/cleanup.ts';
import { temporaryFolder } from '../process/nightjar_process.ts';
import { between, uniform } from '../torture/fault_plan.ts';
import { Cameras } from './cameras.ts';
import type { ChaosPlan, NotedCall } from './chaos_plan.ts';
import { disagreements, readIndexAndFiles } from './index_and_files.ts';
import { lossMs, tilingFaults } from './kept_footage.ts';
import type { CameraSession } from './marking_camera.ts';
import { findMarks } from './picture_marks.ts';
import { RecorderLife } from './recorder_life.ts';
import { type PowerCut, powerCut, tornBytes } from './tear.ts';
import { tornDatabase } from './torn_database.ts';

/** Beside what syncing leaves open, footage waits for its fragment to be whole. */
const fragmentMs = 1_500;
/** So long a recorder may take until all cameras have footage. */
const startLimitMs = 20_000;
/** Footage is deleted after a minute and a half, the least that there is. */
const maxAgeMs = 86_400;
const words = ['--segment-seconds', '2', '--sync-seconds', '1', '--max-age-days', `${maxAgeMs / 86_400_000}`];

export interface PowerCutOptions {
  readonly seed: number;
  readonly cameras: number;
  readonly cuts: number;
  /** Each cut is torn in so many ways. */
  readonly tears: number;
  /** Some lives end at one of these. */
  readonly steps: readonly string[];
  /** Lives last so long after the first footage of all cameras. */
  readonly shortestLifeMs: number;
  readonly longestLifeMs: number;
  readonly say?: (line: string) => void;
}

export interface PowerCutFigures {
  readonly tornCopies: number;
  readonly durableFragments: number;
  readonly durableFragmentsLost: number;
  readonly unsyncedFragments: number;
  readonly worstLossMs: number;
  readonly faults: readonly string[];
}

export async function powerCutCampaign(options: PowerCutOptions): Promise<PowerCutFigures> {
  const end = new Cleanup();
  try {
    return await new PowerCutCampaign(options, end).run();
  } finally {
    await end.run();
  }
}

/** At the moment of a cut. */
interface Moment {
  readonly number: number;
  readonly atMs: number;
  readonly how: string;
  readonly cut: PowerCut;
  readonly sessions: readonly (readonly CameraSession[])[];
  readonly lossBoundMs: number;
  readonly life: RecorderLife;
}

class PowerCutCampaign {
  readonly #options: PowerCutOptions;
  readonly #end: AtTheEnd;
  readonly #folder: string;
  readonly #random: () => number;
  #answers: CameraAnswer[] = [];
  /** Of all lives. */
  #calls: NotedCall[] = [];
  #tornCopies = 0;
  #durable = 0;
  #durableLost = 0;
  #unsynced = 0;
  #worstLossMs = 0;
  readonly #faults: string[] = [];

  constructor(options: PowerCutOptions, end: AtTheEnd) {
    this.#options = options;
    this.#end = end;
    this.#folder = temporaryFolder(end);
    this.#random = uniform(options.seed);
  }

  async run(): Promise<PowerCutFigures> {
    const cameras = await Cameras.start(this.#end, this.#options.cameras);
    for (let number = 1; number <= this.#options.cuts; number++) {
      const moment = await this.#life(number, cameras);
      for (let tear = 0; tear < this.#options.tears; tear++) await this.#tear(moment);
      this.#options.say?.(`cut ${number}: ${moment.how}; ${this.#faults.length} faults`);
    }
    return {
      tornCopies: this.#tornCopies,
      durableFragments: this.#durable,
      durableFragmentsLost: this.#durableLost,
      unsyncedFragments: this.#unsynced,
      worstLossMs: this.#worstLossMs,
      faults: this.#faults,
    };
  }

  async #life(number: number, cameras: Cameras): Promise<Moment> {
    const life = new RecorderLife(this.#end, { folder: this.#folder, words, plan: this.#plan(number) });
    let lossBoundMs = 0;
    const serves = await life.serving().then(
      () => true,
      () => false,
    );
    try {
      if (serves && this.#answers.length === 0) {
        for (let camera = 0; camera < cameras.count; camera++) {
          this.#answers.push(await life.addCamera(`Camera ${camera}`, cameras.url(camera)));
        }
      }
      const { shortestLifeMs, longestLifeMs } = this.#options;
      const lifeMs = between(this.#random, shortestLifeMs, longestLifeMs);
      let untilMs = performance.now() + startLimitMs;
      let hasFootage = false;
      while (serves && !life.isOver && performance.now() < untilMs) {
        const streams = (await life.status()).cameras.flatMap((camera) => camera.streams);
        lossBoundMs = Math.max(lossBoundMs, ...streams.map((stream) => stream.lossBoundMs));
        if (!hasFootage && streams.every(({ counters }) => counters.fragmentsWritten > 0)) {
          hasFootage = true;
          untilMs = performance.now() + lifeMs;
        }
        await Promise.race([pause(Math.min(500, Math.max(0, untilMs - performance.now()))), life.ended]);
      }
    } catch (error) {
      if (!(await Promise.race([life.ended.then(() => true), pause(2_000, false)]))) throw error;
    }
    const atMs = await life.kill();
    const noted = life.notedKill();
    this.#calls = [...this.#calls, ...life.calls()];
    const how = noted ? `${noted.moment} ${noted.step}` : 'from outside';
    const sessions = await cameras.sessions();
    return { number, atMs, how, cut: powerCut(this.#calls), sessions, lossBoundMs, life };
  }

  #plan(number: number): Partial<ChaosPlan> {
    const { steps } = this.#options;
    if (steps.length === 0 || number % 2 === 1) return {};
    const moment = (['before', 'midway', 'after'] as const)[between(this.#random, 0, 2)]!;
    const step = steps[between(this.#random, 0, steps.length - 1)]!;
    return { kill: { step, moment, nth: between(this.#random, 1, 6) } };
  }

  async #tear(moment: Moment): Promise<void> {
    const folder = path.join(this.#folder, 'torn');
    for (const part of ['recordings', 'data']) {
      cpSync(path.join(this.#folder, part), path.join(folder, part), { recursive: true });
    }
    this.#cutRecordings(path.join(folder, 'recordings'), moment);
    this.#cutDatabase(path.join(folder, 'data'));
    this.#tornCopies++;
    const say = (fault: string) => this.#faults.push(`cut ${moment.number} (${moment.how}): ${fault}`);
    const life = new RecorderLife(this.#end, { folder, words });
    try {
      await life.serving();
      this.#compareFragments(folder, moment, say);
      for (const [number, camera] of this.#answers.entries())
        await this.#compareCamera(life, { camera, number, moment, say });
      const { code } = await life.stop();
      if (code !== 0) say(`the recorder ended with ${code}: ${life.log}`);
      for (const fault of disagreements(readIndexAndFiles(folder), true)) say(fault);
    } catch (error) {
      say(`${error}; ${life.log}`);
      await life.kill();
    }
    rmSync(folder, { recursive: true });
  }

  #cutRecordings(recordings: string, { cut, life }: Moment): void {
    for (const file of cut.files) {
      const place = path.join(recordings, file.file);
      if (!existsSync(place)) continue;
      if (!file.nameIsDurable && this.#random() < 0.5) rmSync(place);
      else if (file.unsynced.length > 0)
        writeFileSync(place, tornBytes(readFileSync(place), file, this.#random));
    }
    for (const file of cut.mayReturn) {
      const kept = life.unlinked(file);
      if (existsSync(kept) && this.#random() < 0.5) copyFileSync(kept, path.join(recordings, file));
    }
    for (const folder of cut.unnamedFolders) {
      // The recordings folder itself was there before.
      if (folder !== '' && this.#random() < 0.5)
        rmSync(path.join(recordings, folder), { recursive: true, force: true });
    }
  }

  #cutDatabase(data: string): void {
    const [file, log] = [path.join(data, 'nightjar.db'), path.join(data, 'nightjar.db-wal')];
    if (!existsSync(log)) return;
    const { database, wal } = tornDatabase(
      { database: readFileSync(file), wal: readFileSync(log) },
      this.#random,
    );
    writeFileSync(file, database);
    writeFileSync(log, wal);
    // It was in memory only.
    rmSync(path.join(data, 'nightjar.db-shm'), { force: true });
  }

  /** What a sync had vouched for must be in its file, and in the index. */
  #compareFragments(folder: string, { cut }: Moment, say: (fault: string) => void): void {
    const rows = new Map(readIndexAndFiles(folder).rows.map((row) => [row.path, row]));
    const files = new Map(cut.files.map((file) => [file.file, file]));
    // Written so long ago that it may be deleted, and its row with it.
    const oldNs = process.hrtime.bigint() - BigInt(maxAgeMs - 5_000) * 1_000_000n;
    for (const { step, file, offset = 0, bytes = 0, endedNs } of this.#calls) {
      if (step !== '3 first' && step !== '3 append') continue;
      // Retention and recovery delete files with their rows.
      if (!files.has(file)) continue;
      if (files.get(file)!.unsynced.some((write) => write.offset === offset)) {
        this.#unsynced++;
        continue;
      }
      this.#durable++;
      const row = rows.get(file);
      if (row && row.state !== 'open' && row.bytes! >= offset + bytes) continue;
      if (!row && BigInt(endedNs) < oldNs) continue;
      this.#durableLost++;
      say(
        `bytes ${offset} to ${offset + bytes} of ${file} were durable and are lost; its row: ${JSON.stringify(row)}`,
      );
    }
  }

  async #compareCamera(
    life: RecorderLife,
    of: { camera: CameraAnswer; number: number; moment: Moment; say: (fault: string) => void },
  ): Promise<void> {
    const { camera, number, moment, say } = of;
    const timeline = await life.timeline(camera);
    for (const fault of tilingFaults(timeline)) say(`camera ${number}: ${fault}`);
    const stretch = timeline.recordings.findLast(({ startMs }) => startMs < moment.atMs);
    const marks = stretch
      ? findMarks(await life.clip(camera, Math.max(stretch.startMs, stretch.endMs - 2_000), stretch.endMs))
      : [];
    const loss = lossMs(moment.sessions[number] ?? [], moment.atMs, marks.at(-1));
    if (loss === undefined) return;
    this.#worstLossMs = Math.max(this.#worstLossMs, loss);
    if (moment.lossBoundMs > 0 && loss > moment.lossBoundMs + fragmentMs) {
      say(`camera ${number} lost ${loss} ms; the bound that was told is ${moment.lossBoundMs} ms`);
    }
  }
}
