/**
 * Kills a recorder again and again, at random moments and at each step of the durable order, and compares what it said
 * before with what there is afterwards.
 */
import { execFile } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { type AtTheEnd, Cleanup } from '../fixtures/cleanup.ts';
import { temporaryFolder } from '../process/nightjar_process.ts';
import { between, uniform } from '../torture/fault_plan.ts';
import { startBusyWriter } from './busy_writer.ts';
import { Cameras } from './cameras.ts';
import type { ChaosPlan, Moment, NotedCall } from './chaos_plan.ts';
import { disagreements, readIndexAndFiles } from './index_and_files.ts';
import { clipFaults, lossMs, missingFootage, tilingFaults } from './kept_footage.ts';
import type { CameraSession } from './marking_camera.ts';
import { findMarks } from './picture_marks.ts';
import { RecorderLife } from './recorder_life.ts';

/** Steps at which a recorder can be ended from within. Those of recovery come before it serves anything. */
export const killSteps = [
  '1 row',
  '2 folder mkdir',
  '2 create',
  '2 folder sync',
  '3 first',
  '3 append',
  '4 sync',
  '5 cut',
  '5 write 1',
  '5 write 2',
  '5 write 3',
  '5 write 4',
  '5 write 5',
  '5 sync 1',
  '5 sync 2',
  '5 close',
  '6 row',
  'recovery 5 cut',
  'recovery 5 write 1',
  'recovery 5 write 2',
  'recovery 5 write 5',
  'recovery 5 sync 1',
  'recovery 5 sync 2',
  'recovery 6 folder sync',
  'delete 1 rows',
  'delete 2 unlink',
  'delete 3 sync',
  'delete 4 rows',
  'journal appendFile',
] as const;

const moments: readonly Moment[] = ['before', 'midway', 'after'];
/** A step that was not reached by then does not come in this life. */
const stepLimitMs = 9_000;
const reportIntervalMs = 700;
/** A step that so many lives in a row were to end at, and none did, is not reached. */
const mostTries = 6;
/** What a kill may cost. */
export const goalMs = 1_500;
const silentDisk = /^.*cannot be used: its disk does not answer.*$/gm;
/** No less can be set. */
const leastLimitBytes = 1_000_000;
/** A clip for comparison goes so far back from the end of the footage. */
const clipMs = 4_000;
/** Footage has its time by its earliest arrival: on a busy machine all may have come late. */
const lateMs = 500;
/** From key frame to key frame, in the demo clip. */
const groupPictures = 25;

export interface KillOptions {
  readonly seed: number;
  readonly cameras: number;
  /** Ends when so many cameras were recorded at a kill, all kills together, or after so many kills. */
  readonly cameraKills: number;
  readonly mostKills?: number;
  /** Longest random life after the checks. */
  readonly longestLifeMs: number;
  readonly segmentSeconds: number;
  readonly syncSeconds: number;
  /** Footage older than this is deleted meanwhile. */
  readonly maxAgeDays?: number;
  /** Each of them ends a life, in turn with random moments; it goes on until that is so. */
  readonly steps: readonly string[];
  /** Ends after so long in any case, with what it has by then. */
  readonly longestMs?: number;
  /** Where the files are; among temporary ones unless given. */
  readonly inside?: string;
  /** Programs that write and sync there all the time. */
  readonly writers?: number;
  /** So long each sync takes at least, in milliseconds. */
  readonly syncMs?: number;
  readonly say?: (line: string) => void;
}

export interface KillFigures {
  readonly kills: number;
  /** Of those, before the recorder served anything. */
  readonly killsAtStart: number;
  readonly cameraKills: number;
  readonly killsAtStep: Readonly<Record<string, number>>;
  /** Steps at which a life ended, of those at which one was to. */
  readonly stepsReached: string;
  readonly worstLossMs: number;
  readonly medianLossMs: number;
  /** Camera-kills that cost more than the goal. */
  readonly overGoal: number;
  /** From a kill to the first picture that a camera sends again. */
  readonly worstBackMs: number;
  /** In files by the account of the disk calls. */
  readonly fragmentsWritten: number;
  /** Of those, not in the index and in files after the restart. */
  readonly fragmentsLost: number;
  readonly faults: readonly string[];
}

/** What is to be compared after the next start that succeeds. */
interface Killed {
  readonly number: number;
  readonly killMs: number;
  readonly how: string;
  /** By camera. */
  readonly reported: ReadonlyMap<string, readonly { startMs: number; endMs: number }[]>;
  readonly sessions: readonly (readonly CameraSession[])[];
  readonly calls: readonly NotedCall[];
}

export async function killCampaign(options: KillOptions): Promise<KillFigures> {
  const end = new Cleanup();
  try {
    return await new KillCampaign(options, end).run();
  } finally {
    await end.run();
  }
}

class KillCampaign {
  readonly #options: KillOptions;
  readonly #end: AtTheEnd;
  readonly #folder: string;
  readonly #random: () => number;
  #cameras!: Cameras;
  #answers: CameraAnswer[] = [];
  #pending: Killed[] = [];
  #kills = 0;
  #killsAtStart = 0;
  #fragmentsWritten = 0;
  #fragmentsLost = 0;
  #worstBackMs = 0;
  /** Of each step, how often it was to be the last one, and how often it was. */
  readonly #tries = new Map<string, { tried: number; hit: number }>();
  readonly #killsAtStep: Record<string, number> = {};
  readonly #losses: number[] = [];
  readonly #faults: string[] = [];

  constructor(options: KillOptions, end: AtTheEnd) {
    this.#options = options;
    this.#end = end;
    this.#folder = temporaryFolder(end, options.inside);
    this.#random = uniform(options.seed);
  }

  async run(): Promise<KillFigures> {
    const { cameras, cameraKills, mostKills = Number.POSITIVE_INFINITY } = this.#options;
    this.#cameras = await Cameras.start(this.#end, cameras);
    for (let writer = 0; writer < (this.#options.writers ?? 0); writer++)
      startBusyWriter(this.#end, this.#folder);
    const untilMs = performance.now() + (this.#options.longestMs ?? Number.POSITIVE_INFINITY);
    const isOver = () => performance.now() > untilMs;
    const isDone = () => isOver() || (this.#losses.length >= cameraKills && this.#stepsLeft().length === 0);
    while (!isDone() && this.#kills < mostKills) await this.#life(this.#nextPlan());
    await this.#lastLife();
    for (const step of isOver() ? [] : this.#options.steps) {
      if (!this.#tries.get(step)?.hit) this.#faults.push(`no life ended at the step ${step}`);
    }
    return {
      kills: this.#kills,
      killsAtStart: this.#killsAtStart,
      cameraKills: this.#losses.length,
      killsAtStep: this.#killsAtStep,
      stepsReached: `${[...this.#tries.values()].filter(({ hit }) => hit > 0).length} of ${this.#options.steps.length}`,
      worstLossMs: Math.max(...this.#losses),
      medianLossMs: this.#losses.toSorted((a, b) => a - b)[this.#losses.length >> 1]!,
      overGoal: this.#losses.filter((ms) => ms > goalMs).length,
      worstBackMs: this.#worstBackMs,
      fragmentsWritten: this.#fragmentsWritten,
      fragmentsLost: this.#fragmentsLost,
      faults: this.#faults,
    };
  }

  /** Steps that no life has ended at yet, and that are not given up. */
  #stepsLeft(): string[] {
    return this.#options.steps.filter((step) => {
      const { tried, hit } = this.#tries.get(step) ?? { tried: 0, hit: 0 };
      return hit === 0 && tried < mostTries;
    });
  }

  /** Every other life ends at a step, when there are such: the one at which the fewest did. */
  #nextPlan(): Partial<ChaosPlan> {
    const { steps, syncMs } = this.#options;
    const slow = syncMs === undefined ? {} : { syncMs };
    if (steps.length === 0 || this.#kills % 2 === 1) return slow;
    const left = this.#stepsLeft();
    const triesAt = (step: string) => this.#tries.get(step)?.tried ?? 0;
    const [step] = (left.length > 0 ? left : steps).toSorted((a, b) => triesAt(a) - triesAt(b));
    // The life that adds the cameras must come to its end.
    if (this.#answers.length === 0 && /^([12] |recovery|delete)/.test(step!)) return slow;
    const tries = this.#tries.get(step!) ?? { tried: 0, hit: 0 };
    this.#tries.set(step!, { ...tries, tried: tries.tried + 1 });
    const moment = moments[between(this.#random, 0, 2)]!;
    // Where it did not come so often it is to be an earlier one.
    const nth = tries.tried > tries.hit ? 1 : between(this.#random, 1, timesOf(step!));
    return { ...slow, kill: { step: step!, moment, nth } };
  }

  #start(plan: Partial<ChaosPlan>): RecorderLife {
    const { segmentSeconds, syncSeconds, maxAgeDays } = this.#options;
    const words = ['--segment-seconds', `${segmentSeconds}`, '--sync-seconds', `${syncSeconds}`];
    if (maxAgeDays !== undefined) words.push('--max-age-days', `${maxAgeDays}`, '--min-age-hours', '0');
    // A life that is to end in a deletion has something to delete.
    if (plan.kill?.step.startsWith('delete'))
      words.push('--max-bytes', `${Math.max(leastLimitBytes, this.#recordedBytes() >> 1)}`);
    return new RecorderLife(this.#end, { folder: this.#folder, words, plan });
  }

  #recordedBytes(): number {
    const { files } = readIndexAndFiles(this.#folder);
    return Math.max(
      2,
      [...files.values()].reduce((sum, bytes) => sum + bytes, 0),
    );
  }

  async #life(plan: Partial<ChaosPlan>): Promise<void> {
    const life = this.#start(plan);
    const serves = await life.serving().then(
      () => true,
      () => false,
    );
    if (serves) await this.#use(life, plan);
    const killMs = await life.kill();
    const noted = life.notedKill();
    const how = noted ? `${noted.moment} ${noted.step}` : serves ? 'from outside' : 'nothing';
    this.#kills++;
    if (!serves) this.#killsAtStart++;
    if (noted) this.#noteStep(noted.step, how);
    else if (!serves) this.#faults.push(`life ${this.#kills} never served: ${life.log}`);
    const agreement = disagreements(readIndexAndFiles(this.#folder), false);
    this.#faults.push(...agreement.map((fault) => `after kill ${this.#kills} (${how}): ${fault}`));
    this.#pending.push({
      number: this.#kills,
      killMs,
      how,
      reported: this.#reportedBy(life),
      sessions: serves ? await this.#cameras.sessions() : [],
      calls: life.calls(),
    });
    // A disk that others keep busy may not answer for seconds, and that is said.
    const log = this.#options.writers ? life.log.replace(silentDisk, '') : life.log;
    if (/"level":(50|60)/.test(log)) this.#faults.push(`life ${this.#kills} logged an error: ${log}`);
    this.#options.say?.(`kill ${this.#kills}: ${how}; ${this.#losses.length} camera-kills compared`);
  }

  #noteStep(step: string, how: string): void {
    this.#killsAtStep[how] = (this.#killsAtStep[how] ?? 0) + 1;
    const { tried, hit } = this.#tries.get(step)!;
    this.#tries.set(step, { tried, hit: hit + 1 });
  }

  /** Compares with what was before, then lets it record until its end. */
  async #use(life: RecorderLife, plan: Partial<ChaosPlan>): Promise<void> {
    try {
      await life.listen();
      if (this.#answers.length === 0) await this.#addCameras(life);
      await this.#comparePending(life);
      const limitMs = plan.kill ? stepLimitMs : between(this.#random, 0, this.#options.longestLifeMs);
      const untilMs = performance.now() + limitMs;
      while (!life.isOver && performance.now() < untilMs) {
        await Promise.all(this.#answers.map((camera) => life.timeline(camera)));
        const leftMs = Math.max(0, untilMs - performance.now());
        await Promise.race([pause(Math.min(reportIntervalMs, leftMs)), life.ended]);
      }
    } catch (error) {
      // A life that ends at a step does so in the middle of an answer; any other must answer.
      const isEnding = plan.kill !== undefined && (life.isOver || (await endsSoon(life)));
      if (!isEnding) throw error;
    }
  }

  async #addCameras(life: RecorderLife): Promise<void> {
    for (let number = 0; number < this.#cameras.count; number++) {
      this.#answers.push(await life.addCamera(`Camera ${number}`, this.#cameras.url(number)));
    }
  }

  #reportedBy(life: RecorderLife): Killed['reported'] {
    return new Map(
      [...life.reports].map(([camera, { timeline }]) => {
        const ranges = timeline.recordings.map(({ startMs, endMs }) => ({ startMs, endMs }));
        const last = ranges.at(-1);
        const pushedMs = life.pushedMs.get(camera) ?? 0;
        // What was pushed later belongs to the newest stretch, if that was growing; else to one that is not known.
        if (last && timeline.recordings.at(-1)!.growing) last.endMs = Math.max(last.endMs, pushedMs);
        return [camera, ranges] as const;
      }),
    );
  }

  async #comparePending(life: RecorderLife): Promise<void> {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#compareFragments(pending);
    const sessions = await this.#cameras.sessions();
    const found = await Promise.all(
      this.#answers.map((camera, number) =>
        this.#compareCamera(life, { camera, number, pending, sessions: sessions[number]! }),
      ),
    );
    this.#pending = [];
    for (const { losses, faults } of found) {
      this.#losses.push(...losses);
      this.#faults.push(...faults);
    }
  }

  async #compareCamera(
    life: RecorderLife,
    of: {
      camera: CameraAnswer;
      number: number;
      pending: readonly Killed[];
      sessions: readonly CameraSession[];
    },
  ): Promise<{ losses: number[]; faults: string[] }> {
    const { camera, number, pending, sessions } = of;
    const timeline = await life.timeline(camera);
    const losses: number[] = [];
    const faults = tilingFaults(timeline);
    for (const killed of pending) {
      const say = (fault: string) =>
        faults.push(`camera ${number} after kill ${killed.number} (${killed.how}): ${fault}`);
      for (const range of missingFootage(killed.reported.get(camera.id) ?? [], timeline)) {
        say(`footage that was reported is missing, from ${range.startMs} to ${range.endMs}`);
      }
      const stretch = timeline.recordings.findLast(({ startMs }) => startMs < killed.killMs);
      const marks = stretch ? findMarks(await this.#clipEnd(life, camera, stretch)) : [];
      if (stretch) {
        const startMs = Math.max(stretch.startMs, stretch.endMs - clipMs);
        const preroll = startMs > stretch.startMs ? groupPictures : 0;
        const asked = { stretch: { startMs, endMs: stretch.endMs }, preroll };
        for (const fault of clipFaults(marks, number, asked)) say(fault);
      }
      const loss = lossMs(killed.sessions[number] ?? [], killed.killMs, marks.at(-1));
      if (loss === undefined) continue;
      losses.push(loss);
      if (loss > goalMs) say(`${loss} ms of footage are lost`);
      for (const fault of gapFaults(timeline, killed.killMs)) say(fault);
      const back = sessions.find(({ firstMs }) => firstMs > killed.killMs);
      if (back) this.#worstBackMs = Math.max(this.#worstBackMs, back.firstMs - killed.killMs);
    }
    return { losses, faults };
  }

  async #clipEnd(
    life: RecorderLife,
    camera: CameraAnswer,
    stretch: { startMs: number; endMs: number },
  ): Promise<Buffer> {
    const clip = await life.clip(camera, Math.max(stretch.startMs, stretch.endMs - clipMs), stretch.endMs);
    // One clip of a kill is read by another program.
    if (camera === this.#answers[this.#kills % this.#answers.length])
      await this.#probe(clip, findMarks(clip).length);
    return clip;
  }

  async #probe(clip: Buffer, pictures: number): Promise<void> {
    const file = path.join(this.#folder, 'clip.mp4');
    writeFileSync(file, clip);
    const words = [
      '-v',
      'error',
      '-count_packets',
      '-show_entries',
      'stream=nb_read_packets',
      '-of',
      'csv=p=0',
      file,
    ];
    const { stdout, stderr } = await promisify(execFile)('ffprobe', words);
    if (Number(stdout.trim()) !== pictures || stderr !== '') {
      this.#faults.push(`ffprobe reads ${stdout.trim()} pictures of ${pictures}: ${stderr}`);
    }
  }

  /** Each fragment whose write had returned must be in its file, and in the index. */
  #compareFragments(pending: readonly Killed[]): void {
    const { rows } = readIndexAndFiles(this.#folder);
    const byPath = new Map(rows.map((row) => [row.path, row]));
    for (const { calls, number, how } of pending) {
      const deleted = new Set(calls.filter(({ kind }) => kind === 'unlink').map(({ file }) => file));
      const written = calls.filter(({ step }) => step === '3 first' || step === '3 append');
      this.#fragmentsWritten += written.length;
      for (const { file, offset = 0, bytes = 0 } of written) {
        const row = byPath.get(file);
        const size = sizeOf(path.join(this.#folder, 'recordings', file));
        const end = offset + bytes;
        if (deleted.has(file) || (row && row.state !== 'open' && row.bytes! >= end && size >= end)) continue;
        if (this.#options.maxAgeDays !== undefined && !row) continue;
        this.#fragmentsLost++;
        this.#faults.push(
          `after kill ${number} (${how}): bytes ${offset} to ${end} of ${file} are lost; its row: ${JSON.stringify(row)}`,
        );
      }
    }
  }

  async #lastLife(): Promise<void> {
    const life = this.#start({});
    await life.serving();
    await this.#comparePending(life);
    await pause(2_000);
    const { code } = await life.stop();
    if (code !== 0) this.#faults.push(`the last recorder ended with ${code}: ${life.log}`);
    this.#faults.push(
      ...disagreements(readIndexAndFiles(this.#folder), true).map((fault) => `at the end: ${fault}`),
    );
  }
}

/** How often a step comes in a life at least: retention works in batches, recovery on each camera. */
function timesOf(step: string): number {
  if (['delete 1 rows', 'delete 4 rows', '2 folder mkdir'].includes(step)) return 1;
  return /^(delete|recovery|\d row)/.test(step) ? 3 : 12;
}

/** From the newest footage to the next there must be a gap, and its cause must be the crash. */
function gapFaults(timeline: TimelineAnswer, killMs: number): string[] {
  const gap = timeline.gaps.find(({ startMs, endMs }) => startMs <= killMs + lateMs && endMs > killMs);
  if (!gap)
    return [
      `there is no gap at ${killMs}: ${JSON.stringify([timeline.recordings.slice(-2), timeline.gaps.slice(-3)])}`,
    ];
  return gap.cause === 'crash' ? [] : [`the gap at ${killMs} has the cause ${gap.cause}`];
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** The connection may be lost a moment before the end of the process is known. */
async function endsSoon(life: RecorderLife): Promise<boolean> {
  return Promise.race([life.ended.then(() => true), pause(2_000, false)]);
}
