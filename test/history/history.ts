/**
 * Weeks of an installation in minutes: the real supervisor, recorders, files, SQLite, recovery and retention on a simulated
 * clock, with cameras that play a script. What must be told of every instant is kept beside it, by what happened alone.
 */
import { randomUUID } from 'node:crypto';
import { indexAlone, readTimeline } from '../../src/api/timeline_service.ts';
import type { GapCause } from '../../src/footage/gap_cause.ts';
import { type Interval, subtract } from '../../src/footage/interval.ts';
import type { Camera } from '../../src/index/cameras.ts';
import { openIndexReadOnly } from '../../src/index/open_index.ts';
import { unixMillis } from '../../src/units/time.ts';
import { Installation, settled } from './installation.ts';
import { LeapingClock } from './leaping_clock.ts';
import { type ScriptEvent, writeScript } from './script.ts';
import { ScriptedCamera } from './scripted_camera.ts';
import { StreamTruth, type TrueSpan } from './stream_truth.ts';

export interface HistoryOptions {
  /** An empty folder. */
  readonly folder: string;
  readonly days: number;
  readonly cameras: number;
  readonly seed: number;
  readonly startMs: number;
  readonly onDay?: (day: number) => void;
}

export interface HistoryFigures {
  readonly events: number;
  readonly pictures: number;
  readonly files: number;
  readonly bytes: number;
  readonly deletedFiles: number;
  /** Ranges of footage and gaps that were compared. */
  readonly spans: number;
  readonly crashes: number;
  readonly steps: number;
}

/** Before an event pictures come each second for so long, so that it is known to the second what it cost. */
const closeSeconds = 8;
/** After an event time goes on by seconds for so long, so that everybody can answer it. */
const afterSeconds = 15;
const calmSeconds = 1_800;
const heartbeatMs = 5_000;

class Site {
  readonly camera = new ScriptedCamera();
  readonly truth = new StreamTruth();
  readonly cameraId: string = randomUUID();
  readonly streamId: string = randomUUID();
  isPaused = false;
  nextPictureAt = 0;
  stepSeconds = 0.5;
  pictures = 0;
  /** Instants of its events, in order. */
  eventTimes: number[] = [];

  row(name: string, createdMs: number): Camera {
    return {
      id: this.cameraId,
      name,
      createdMs: unixMillis(createdMs),
      streams: [
        {
          id: this.streamId,
          role: 'main',
          url: 'rtsp://192.0.2.1/main',
          transport: 'tcp',
          record: !this.isPaused,
        },
      ],
    };
  }
}

export class History {
  readonly installation: Installation;
  readonly sites: Site[];
  readonly clock: LeapingClock;
  readonly #script: ScriptEvent[];
  readonly #options: HistoryOptions;
  #steppingUntil = 0;
  #hasStepped = false;
  #crashes = 0;
  #steps = 0;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.clock = new LeapingClock(options.startMs);
    this.sites = Array.from({ length: options.cameras }, () => new Site());
    const cameraOf = new Map(this.sites.map(({ streamId, camera }) => [streamId, camera]));
    this.installation = new Installation(options.folder, this.clock, (id) => cameraOf.get(id)!);
    this.#script = writeScript({ ...options, random: uniform(options.seed) });
    for (const [number, site] of this.sites.entries()) {
      site.eventTimes = this.#script
        .filter((event) => !('camera' in event) || event.camera === number)
        .map(({ at }) => at);
    }
  }

  /** Plays the script to its end; the installation runs on. */
  async play(): Promise<void> {
    await this.installation.start();
    for (const [number, site] of this.sites.entries()) {
      await this.installation.add(site.row(`Camera ${number + 1}`, this.clock.now()));
    }
    this.#steppingUntil = afterSeconds;
    let day = 0;
    for (const event of this.#script) {
      await this.#advanceTo(event.at);
      await this.#happen(event);
      await settled();
      this.#steppingUntil = event.at + afterSeconds;
      while (event.at >= (day + 1) * 86_400) {
        day++;
        this.#options.onDay?.(day);
      }
    }
    await this.#advanceTo(this.#options.days * 86_400);
  }

  get startMs(): number {
    return this.#options.startMs;
  }

  get figures(): HistoryFigures {
    const files = [...this.installation.files()].filter(([file]) => file.endsWith('.mp4'));
    return {
      events: this.#script.length,
      pictures: this.sites.reduce((sum, { pictures }) => sum + pictures, 0),
      files: files.length,
      bytes: files.reduce((sum, [, bytes]) => sum + bytes, 0),
      deletedFiles: this.installation.deleted.length,
      spans: this.sites.reduce((sum, site) => sum + site.truth.spans(this.clock.now()).length, 0),
      crashes: this.#crashes,
      steps: this.#steps,
    };
  }

  /** Where the ledger says something else than what happened, in words; to be called once, when the recorder has stopped. */
  ledgerFaults(): string[] {
    const index = openIndexReadOnly(this.installation.databaseFile);
    try {
      return this.sites.flatMap((site, number) => {
        const told = readTimeline(indexAlone(index.footage, this.clock), {
          streamId: site.streamId,
          fromMs: unixMillis(0),
          toMs: unixMillis(this.clock.now()),
        });
        const parts = [
          ...told.recordings.map((range) => ({ ...range, what: 'footage' as const })),
          ...told.gaps.map((range) => ({ ...range, what: range.cause })),
        ].sort((a, b) => a.startMs - b.startMs);
        const spans = this.#afterDeletion(site, this.clock.now());
        return differences(spans, joined(parts)).map((text) => `camera ${number + 1}: ${text}`);
      });
    } finally {
      index.close();
    }
  }

  /** What must be told now that retention has deleted files: where no file is left of footage, that. */
  #afterDeletion(site: Site, nowMs: number): TrueSpan[] {
    const deleted = this.installation.deleted.filter(({ streamId }) => streamId === site.streamId);
    const index = openIndexReadOnly(this.installation.databaseFile);
    const kept = index.footage.segmentsBetween(site.streamId, 0, Number.MAX_SAFE_INTEGER);
    index.close();
    const gone = deleted
      .toSorted((a, b) => a.startMs - b.startMs)
      .flatMap((segment) => subtract(segment, kept));
    return site.truth.spans(nowMs).flatMap((span) => {
      if (span.what !== 'footage') return [span];
      const footage = subtract(span, gone).map((range) => ({ ...range, what: 'footage' as const }));
      const lost = subtract(span, footage).map((range) => ({ ...range, what: 'deleted' as const }));
      return [...footage, ...lost]
        .sort((a, b) => a.startMs - b.startMs)
        .map((range) => ({ ...range, earlierMs: 0 }));
    });
  }

  async #advanceTo(second: number): Promise<void> {
    for (let now = this.#now; now < second; now = this.#now) {
      const due = this.sites.filter((site) => this.#sends(site)).map(({ nextPictureAt }) => nextPictureAt);
      const target = this.#mustStep(now) ? now + 1 : Math.max(now + 1, Math.min(second, ...due));
      this.clock.advance((target - now) * 1000);
      await settled();
      for (const site of this.sites) this.#picture(site);
      await settled();
    }
  }

  get #now(): number {
    return Math.round(this.clock.monotonic() / 1000);
  }

  #sends({ camera, isPaused }: Site): boolean {
    return this.installation.isRunning && !isPaused && camera.trouble === undefined && camera.isPlaying;
  }

  /** While a camera that is well waits to be recorded, or is asked to be, time goes on by seconds. */
  #mustStep(now: number): boolean {
    if (!this.installation.isRunning) return false;
    const isAwaited = ({ camera, isPaused }: Site) =>
      !isPaused && camera.trouble === undefined && !camera.isPlaying;
    return now < this.#steppingUntil || this.sites.some(isAwaited);
  }

  #picture(site: Site): void {
    if (!this.#sends(site) || this.#now < site.nextPictureAt) return;
    const wallMs = Math.round(this.clock.now());
    if (this.#hasStepped) this.#endRunsOfOldClock(wallMs);
    if (!site.truth.isRecording) site.stepSeconds = 0.5;
    site.truth.picture(wallMs);
    site.camera.picture();
    site.pictures++;
    site.stepSeconds = Math.min(calmSeconds, site.stepSeconds * 2);
    const eventAt = site.eventTimes.find((at) => at >= this.#now) ?? Number.POSITIVE_INFINITY;
    const calm = eventAt - closeSeconds - this.#now;
    if (calm < 1) site.stepSeconds = 1;
    site.nextPictureAt = this.#now + Math.max(1, Math.min(site.stepSeconds, calm));
  }

  /** Each stream has its picture in the second of the step: its run ends with that. */
  #endRunsOfOldClock(wallMs: number): void {
    this.#hasStepped = false;
    for (const site of this.sites) {
      if (site.truth.isRecording) site.truth.ends(wallMs, 'timeline_break');
      site.nextPictureAt = this.#now;
    }
  }

  async #happen(event: ScriptEvent): Promise<void> {
    const wallMs = Math.round(this.clock.now());
    const { installation } = this;
    switch (event.kind) {
      case 'stop':
        await installation.stop();
        return this.#recorderGone((site) => site.truth.ends(wallMs, 'recorder_stopped'));
      case 'crash':
        this.#crashes++;
        await installation.crash();
        return this.#recorderGone((site) => site.truth.crashes(wallMs, heartbeatMs));
      case 'start':
        await installation.start();
        for (const { truth, camera, isPaused } of this.sites) {
          if (camera.trouble && !isPaused) truth.ends(wallMs, camera.trouble);
        }
        return;
      case 'sweep':
        return installation.isRunning ? installation.sweep() : undefined;
      case 'shrink':
        // From now on the disk is as full as it may be: whatever comes must make room for itself.
        installation.capacityBytes = installation.usedBytes();
        return;
      case 'step':
        this.#steps++;
        this.clock.stepWallClock(event.ms);
        this.#hasStepped = true;
        return;
      default:
        return this.#happenTo(this.sites[event.camera]!, event, wallMs);
    }
  }

  async #happenTo(site: Site, event: ScriptEvent & { camera: number }, wallMs: number): Promise<void> {
    const { camera, truth } = site;
    const ends = (cause: GapCause) => this.installation.isRunning && truth.ends(wallMs, cause);
    site.nextPictureAt = 0;
    switch (event.kind) {
      case 'trouble':
        camera.begin(event.trouble);
        return void ends(event.trouble);
      case 'well':
        return camera.end();
      case 'pause':
      case 'resume':
        site.isPaused = event.kind === 'pause';
        await this.installation.apply(site.row(`Camera ${event.camera + 1}`, this.#options.startMs));
        if (site.isPaused) ends('paused');
    }
  }

  #recorderGone(tell: (site: Site) => void): void {
    for (const site of this.sites) {
      if (!site.isPaused) tell(site);
      site.camera.forget();
      site.nextPictureAt = 0;
    }
  }
}

type Told = Interval & { readonly what: 'footage' | GapCause };

/** Footage of two runs that touch is footage. */
function joined(parts: readonly Told[]): Told[] {
  const result: Told[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last?.what === part.what && last.endMs === part.startMs) {
      result[result.length - 1] = { ...last, endMs: part.endMs };
    } else result.push(part);
  }
  return result;
}

function differences(expected: readonly TrueSpan[], told: readonly Told[]): string[] {
  const must = joined(expected) as TrueSpan[];
  const faults: string[] = [];
  for (let place = 0; place < Math.max(must.length, told.length); place++) {
    const [right, found] = [must[place], told[place]];
    const earlierMs = right?.earlierMs ?? 0;
    const next = must[place + 1]?.earlierMs ?? 0;
    const isRight =
      right !== undefined &&
      found?.what === right.what &&
      found.startMs <= right.startMs &&
      found.startMs >= right.startMs - earlierMs &&
      found.endMs <= right.endMs &&
      found.endMs >= right.endMs - next;
    if (isRight) continue;
    faults.push(`it must be ${words(right)}, but ${words(found)} is told`);
    if (faults.length >= 3) break;
  }
  return faults;
}

function words(span: Told | undefined): string {
  if (!span) return 'nothing';
  const [from, to] = [span.startMs, span.endMs].map((ms) => new Date(ms).toISOString());
  return `${span.what} from ${from} to ${to}`;
}

/** Uniform in [0, 1): mulberry32. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
