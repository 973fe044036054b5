/**
 * Lets a call of the disk fail, each in a life of its own: recording goes on or a gap says why not, other cameras
 * notice nothing, and nothing is in files or in the index alone.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { type AtTheEnd, Cleanup } from '../fixtures/cleanup.ts';
import { temporaryFolder } from '../process/nightjar_process.ts';
import { Cameras } from './cameras.ts';
import type { Failure, NotedFailure } from './chaos_plan.ts';
import { disagreements, readIndexAndFiles } from './index_and_files.ts';
import { tilingFaults } from './kept_footage.ts';
import type { CameraSession } from './marking_camera.ts';
import { findMarks } from './picture_marks.ts';
import { RecorderLife } from './recorder_life.ts';

/** A picture belongs to the gap that it was sent in, but for what it took to come and to be cut at a key frame. */
const slackMs = 1_200;
/** Recording goes on within so long after a call that failed. */
const resumeMs = 25_000;
/** So much footage after the failure shows that it goes on. */
const goesOnMs = 1_500;

const causes: Record<Failure, readonly string[]> = {
  EIO: ['disk_missing'],
  TORN: ['disk_missing'],
  EACCES: ['disk_missing'],
  ENOSPC: ['disk_full'],
  SHORT: [],
};

export interface FailingCall {
  readonly thread: 'main' | 'recorder';
  /** Only calls at this step count. */
  readonly step?: string;
  readonly nth: number;
  readonly how: Failure;
}

/** The numbered steps of the durable order, of recovery and of deleting, by the thread that takes them. */
const numberedSteps = {
  recorder: [
    ...['2 folder mkdir', '2 create', '2 folder open', '2 folder sync', '2 folder close'],
    ...['3 first', '3 append', '4 sync', '5 cut'],
    ...['5 write 1', '5 write 2', '5 write 3', '5 write 4', '5 sync 1', '5 write 5', '5 sync 2', '5 close'],
  ],
  main: [
    ...['1 row', '6 row', 'recovery open', 'recovery 5 cut'],
    ...['recovery 5 write 1', 'recovery 5 write 2', 'recovery 5 write 3', 'recovery 5 write 4'],
    ...['recovery 5 sync 1', 'recovery 5 write 5', 'recovery 5 sync 2', 'recovery 5 close'],
    ...['recovery 6 folder sync', 'delete 1 rows', 'delete 2 unlink', 'delete 3 sync'],
    'delete 4 rows',
  ],
} as const;

const isWrite = (step: string) => /^(3|(recovery )?5 write)/.test(step);

/** Each numbered call once per kind of failure that it can have. */
export function numberedCalls(failures: readonly Failure[]): FailingCall[] {
  return (['recorder', 'main'] as const).flatMap((thread) =>
    numberedSteps[thread].flatMap((step) =>
      failures
        .filter((how) => isWrite(step) || !['SHORT', 'TORN'].includes(how))
        .map((how) => ({ thread, step, nth: 1, how })),
    ),
  );
}

/** Recovery and deletion come at a start, and need something that was recorded before. */
const isAtStart = ({ step }: FailingCall) => step !== undefined && /^(recovery|delete)/.test(step);
const isDeletion = ({ step }: FailingCall) => step?.startsWith('delete') ?? false;
/** Of each picture, so that half of what there is is more than the least limit of bytes. */
const paddingBytes = 12_000;
/** Footage before such a start: a few files. */
const beforeMs = 6_000;
/** What such a start leaves undone is done by the next one within so long. */
const mendMs = 10_000;

export interface FailingCallsFigures {
  readonly runs: number;
  /** Of those, the ones in which the call came. */
  readonly failed: number;
  readonly failedSteps: Readonly<Record<string, number>>;
  /** Of the camera that was hit. */
  readonly worstGapMs: number;
  readonly faults: readonly string[];
}

export async function failingCalls(options: {
  calls: readonly FailingCall[];
  parallel: number;
  say?: (line: string) => void;
}): Promise<FailingCallsFigures> {
  const left = options.calls.toReversed();
  const failedSteps: Record<string, number> = {};
  const faults: string[] = [];
  let worstGapMs = 0;
  let failed = 0;
  const worker = async () => {
    for (let call = left.pop(); call; call = left.pop()) {
      const end = new Cleanup();
      const name = `${call.how} at ${call.step ?? `call ${call.nth}`} of ${call.thread}`;
      try {
        const run = await new FailingRun(call, end).run();
        if (run.failure) {
          failed++;
          failedSteps[run.failure.step] = (failedSteps[run.failure.step] ?? 0) + 1;
        } else if (call.step !== undefined) faults.push(`${name}: never came`);
        worstGapMs = Math.max(worstGapMs, run.gapMs);
        faults.push(...run.faults.map((fault) => `${name} (${run.failure?.step}): ${fault}`));
        options.say?.(
          `${name}: ${run.failure?.step ?? 'never came'}, ${run.gapMs} ms, ${run.faults.length} faults`,
        );
      } catch (error) {
        faults.push(`${name}: ${error}`);
      } finally {
        await end.run();
      }
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, worker));
  return { runs: options.calls.length, failed, failedSteps, worstGapMs, faults };
}

class FailingRun {
  readonly #call: FailingCall;
  readonly #end: AtTheEnd;
  readonly #folder: string;
  readonly #faults: string[] = [];
  /** The start after the one with the failure has come. */
  #isMended = false;

  constructor(call: FailingCall, end: AtTheEnd) {
    this.#call = call;
    this.#end = end;
    this.#folder = temporaryFolder(end);
  }

  async run(): Promise<{ failure: NotedFailure | undefined; gapMs: number; faults: string[] }> {
    const cameras = await Cameras.start(this.#end, 2, isDeletion(this.#call) ? paddingBytes : 0);
    const answers = isAtStart(this.#call) ? await this.#recordBefore(cameras) : [];
    const life = this.#start(true);
    const serves = await life.serving().then(
      () => true,
      () => false,
    );
    if (!serves) return this.#refusedToStart(life);
    if (answers.length === 0) answers.push(...(await addCameras(life, cameras)));
    const sinceMs = Date.now();
    await this.#until(life, 8_000, async () => life.notedFailure() !== undefined);
    const failure = life.notedFailure();
    const atMs = failure?.atMs ?? sinceMs;
    const goesOn = async (camera: CameraAnswer) => {
      const last = (await life.timeline(camera)).recordings.at(-1);
      return last !== undefined && last.startMs < Date.now() && last.endMs > atMs + goesOnMs;
    };
    for (const [number, camera] of answers.entries()) {
      if (!(await this.#until(life, resumeMs, () => goesOn(camera)))) {
        this.#faults.push(
          `camera ${number} is not recorded again: ${JSON.stringify(await life.timeline(camera))}`,
        );
      }
    }
    const sessions = await cameras.sessions();
    let gapMs = 0;
    for (const [number, camera] of answers.entries()) {
      const isHit = failure !== undefined && !otherCamera(failure, camera, answers);
      const lostMs = await this.#compare(life, { camera, number, isHit, sessions: sessions[number]! });
      gapMs = Math.max(gapMs, lostMs);
    }
    await this.#endInGoodOrder(life);
    return { failure: failure ?? life.notedFailure(), gapMs, faults: this.#faults };
  }

  /** Some files of each camera, and a kill. */
  async #recordBefore(cameras: Cameras): Promise<CameraAnswer[]> {
    const life = this.#start(false);
    await life.serving();
    const answers = await addCameras(life, cameras);
    for (const camera of answers) {
      const hasFiles = async () => {
        const [first] = (await life.timeline(camera)).recordings;
        return first !== undefined && first.endMs - first.startMs > beforeMs;
      };
      if (!(await this.#until(life, resumeMs, hasFiles))) this.#faults.push('nothing was recorded before');
    }
    await life.kill();
    return answers;
  }

  #start(fails: boolean): RecorderLife {
    const words = ['--segment-seconds', '2', '--sync-seconds', '1', '--min-age-hours', '0'];
    // Something is to be deleted.
    if (fails && isDeletion(this.#call)) words.push('--max-bytes', `${this.#halfOfFiles()}`);
    return new RecorderLife(this.#end, {
      folder: this.#folder,
      words,
      plan: fails ? { fail: this.#call } : {},
    });
  }

  /** It may say that it cannot start, and then it must be able to once the disk is well. */
  async #refusedToStart(life: RecorderLife) {
    const { code } = await life.ended;
    if (code !== 1 || !/\([a-z_]+\)\s*$/.test(life.log))
      this.#faults.push(`it ended with ${code}: ${life.log}`);
    const failure = life.notedFailure();
    const next = this.#start(false);
    await next.serving().catch((error) => this.#faults.push(`it does not start afterwards: ${error}`));
    await this.#endInGoodOrder(next);
    return { failure, gapMs: 0, faults: this.#faults };
  }

  async #endInGoodOrder(life: RecorderLife): Promise<void> {
    const failedBefore = life.notedFailure() !== undefined && !(isAtStart(this.#call) && !this.#isMended);
    const { code } = await life.stop();
    if (code !== 0) this.#faults.push(`it ended with ${code}: ${life.log}`);
    // What could not be closed then is closed by the next start.
    if (!failedBefore && life.notedFailure()) {
      this.#isMended = true;
      const next = this.#start(false);
      await next.serving();
      const isDeleted = async () =>
        readIndexAndFiles(this.#folder).rows.every(({ state }) => state !== 'deleting');
      if (!(await this.#until(next, mendMs, isDeleted)))
        this.#faults.push('a deletion is not taken up again');
      return this.#endInGoodOrder(next);
    }
    this.#faults.push(...disagreements(readIndexAndFiles(this.#folder), true));
  }

  /** What is condemned cannot be played any more, though it is there until its files are gone. */
  async #clip(life: RecorderLife, camera: CameraAnswer, startMs: number, endMs: number): Promise<Buffer> {
    return life.clip(camera, startMs, endMs).catch((error) => {
      if (isDeletion(this.#call) && /no_footage/.test(`${error}`)) return Buffer.alloc(0);
      throw error;
    });
  }

  #halfOfFiles(): number {
    const { files } = readIndexAndFiles(this.#folder);
    return Math.max(1, [...files.values()].reduce((sum, bytes) => sum + bytes, 0) >> 1);
  }

  async #until(life: RecorderLife, limitMs: number, isSo: () => Promise<boolean>): Promise<boolean> {
    const untilMs = performance.now() + limitMs;
    while (!(await isSo())) {
      if (life.isOver) throw new Error(`the recorder ended: ${life.log}`);
      if (performance.now() > untilMs) return false;
      await pause(100);
    }
    return true;
  }

  /** @returns the length of gaps after the first footage */
  async #compare(
    life: RecorderLife,
    of: { camera: CameraAnswer; number: number; isHit: boolean; sessions: readonly CameraSession[] },
  ): Promise<number> {
    const { camera, number, isHit, sessions } = of;
    const say = (fault: string) => this.#faults.push(`camera ${number}: ${fault}`);
    const timeline = await life.timeline(camera);
    for (const fault of tilingFaults(timeline)) say(fault);
    const played = new Map<number, number>();
    for (const { startMs, endMs } of timeline.recordings) {
      for (const mark of findMarks(await this.#clip(life, camera, startMs, endMs)))
        played.set(mark.number, mark.sentMs);
    }
    const numbers = [...played.keys()].sort((a, b) => a - b);
    const gaps = timeline.gaps.filter(({ startMs }) => startMs > timeline.recordings[0]!.startMs);
    const allowed = [
      ...(isHit ? causes[this.#call.how] : []),
      ...(isAtStart(this.#call) ? ['crash', 'deleted'] : []),
    ];
    for (const { cause, startMs, endMs } of gaps) {
      if (!allowed.includes(cause)) say(`there is a gap of ${endMs - startMs} ms with the cause ${cause}`);
    }
    for (const missing of missingNumbers(numbers)) {
      const sentMs = sentMsOf(missing, sessions);
      if (!isWithin(sentMs, gaps))
        say(`picture ${missing}, sent at ${sentMs}, is missing, and nothing says so`);
    }
    return gaps.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  }
}

async function addCameras(life: RecorderLife, cameras: Cameras): Promise<CameraAnswer[]> {
  return [await life.addCamera('Camera 0', cameras.url(0)), await life.addCamera('Camera 1', cameras.url(1))];
}

/** Whether a failure was that of another camera alone. */
function otherCamera({ file }: NotedFailure, camera: CameraAnswer, all: readonly CameraAnswer[]): boolean {
  const owner = all.find(({ id }) => file.startsWith(id));
  return owner !== undefined && owner !== camera;
}

function missingNumbers(numbers: readonly number[]): number[] {
  return numbers.flatMap((number, index) => {
    const before = numbers[index - 1] ?? number - 1;
    return Array.from({ length: number - before - 1 }, (_, missing) => before + 1 + missing);
  });
}

/** Between the first and the last picture of a session they come in even steps. */
function sentMsOf(number: number, sessions: readonly CameraSession[]): number {
  const session = sessions.findLast(({ firstNumber }) => firstNumber <= number)!;
  const { firstMs, firstNumber, lastMs, lastNumber } = session;
  if (number >= lastNumber) return lastMs;
  return firstMs + ((lastMs - firstMs) * (number - firstNumber)) / Math.max(1, lastNumber - firstNumber);
}

function isWithin(atMs: number, gaps: TimelineAnswer['gaps']): boolean {
  return gaps.some(({ startMs, endMs }) => startMs - slackMs <= atMs && atMs <= endMs + slackMs);
}
