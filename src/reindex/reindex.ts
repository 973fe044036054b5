import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { NightjarError } from '../errors/nightjar_error.ts';
import { goneCauses } from '../footage/gap_cause.ts';
import type { FootageFile, SegmentSummary } from '../footage/segment.ts';
import type { IndexRebuild, RebuiltCamera, RebuiltStream } from '../index/rebuild.ts';
import { startInName } from '../recorder/paths.ts';
import { scanFile } from '../recorder/scan_file.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import {
  type FoundCamera,
  type FoundFile,
  findCameras,
  findFiles,
  journalLines,
  type SearchedRoot,
} from './found_footage.ts';
import { GapHistory, type JournalledGap } from './gap_history.ts';
import { HarmedTime } from './harmed_time.ts';
import { inOrderOfTime } from './journal_order.ts';
import { rebuiltCamera } from './rebuilt_camera.ts';
import { type FoundRun, runsInOrder } from './run_order.ts';
import { type EventLine, readEventLine, ToldProtections } from './told_events.ts';

/** A segment's start and the end of the one before it may be rounded so far apart, and are the same instant. */
const roundingMs = 2;

/** What could not be taken into the new index, and why. */
export interface LeftFile extends FootageFile {
  readonly reason: string;
}

export interface ReindexResult {
  readonly cameras: number;
  readonly streams: number;
  readonly runs: number;
  /** Finished files. */
  readonly segments: number;
  /** Files that were not finished: the next start closes them, and their footage is there then. */
  readonly unfinished: number;
  readonly gaps: number;
  /** Gaps where files are missing of which no journal says what became of them. */
  readonly lost: number;
  readonly events: number;
  readonly protections: number;
  readonly bytes: number;
  readonly left: readonly LeftFile[];
  /** Ways in which the new index contradicts itself: a mistake of Nightjar's own. */
  readonly faults: readonly string[];
}

export interface ReindexProgress {
  readonly camera: string;
  readonly done: number;
  /** Of the stream at hand. */
  readonly total: number;
}

export interface ReindexOptions {
  readonly roots: readonly SearchedRoot[];
  /** Names of roots whose disks are away. */
  readonly missing: readonly string[];
  readonly index: IndexRebuild;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ReindexProgress) => void;
}

/**
 * Fills a new index from the files alone: cameras and streams from the labels, runs and segments from the files, times by
 * the same fold that the recorder went by, causes of gaps from the journals. Nothing in the roots is changed.
 *
 * Files are read from end to end, since the index has their hashes; only what belongs to one stream is kept in memory.
 */
export async function reindex(options: ReindexOptions): Promise<ReindexResult> {
  const making = new Reindexing(options);
  return making.run();
}

class Reindexing {
  readonly #options: ReindexOptions;
  readonly #history = new GapHistory();
  readonly #folders: ReadonlyMap<string, string>;
  readonly #left: LeftFile[] = [];
  readonly #harmed = new HarmedTime();
  /** End of the newest footage that is not in the future. */
  #newestMs: number | undefined;
  readonly #counts = {
    cameras: 0,
    streams: 0,
    runs: 0,
    segments: 0,
    unfinished: 0,
    gaps: 0,
    lost: 0,
    events: 0,
    protections: 0,
    bytes: 0,
  };

  constructor(options: ReindexOptions) {
    this.#options = options;
    this.#folders = new Map(options.roots.map(({ id, folder }) => [id, folder]));
  }

  async run(): Promise<ReindexResult> {
    const { roots, missing, index } = this.#options;
    for (const { id, name } of roots) index.addRoot(id, name);
    for (const name of missing) index.addMissingRoot(name);
    const gaps = inOrderOfTime(roots.map((root) => this.#journal(root, 'gaps')));
    for await (const line of gaps) this.#history.add(line);
    for (const camera of await findCameras(roots, this.#leave)) await this.#camera(camera);
    this.#noteSignOfLife();
    await this.#events();
    await this.#protections();
    return { ...this.#counts, left: this.#left, faults: index.finish() };
  }

  /** A gap that lasts is a crash from the last sign of life on: what is known of the time before keeps its cause. */
  #noteSignOfLife(): void {
    const signs = [this.#history.newestMs, this.#newestMs].filter(
      (sign) => sign !== undefined && sign <= this.#options.nowMs,
    );
    if (signs.length > 0) this.#options.index.heartbeat(unixMillis(Math.max(...(signs as number[]))));
  }

  readonly #leave = ({ rootId, path: place }: FootageFile, { message }: NightjarError): void => {
    const last = this.#left.at(-1);
    // The journal of events is read twice.
    if (last?.rootId === rootId && last.path === place) return;
    this.#left.push({ rootId, path: place, reason: message });
    const startMs = startInName(place);
    if (startMs !== undefined) this.#harmed.isDamaged(place.split('/')[1]!, startMs);
  };

  /** As far as it can be read. */
  async *#journal({ id, folder }: SearchedRoot, name: 'gaps' | 'events' | 'holds'): AsyncGenerator<string> {
    try {
      yield* journalLines(folder, name);
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      this.#leave({ rootId: id, path: `${name}.jsonl` }, error);
    }
  }

  /** What began, and then what ended: a camera that was moved has its beginning and its end in different journals. */
  async #events(): Promise<void> {
    const { index } = this.#options;
    for await (const told of this.#toldEvents()) {
      if (told.kind === 'event' && index.addEvent(told.event)) this.#counts.events += 1;
    }
    for await (const told of this.#toldEvents()) {
      if (told.kind === 'end') index.closeEvent(told.id, told.endMs, told.data);
    }
  }

  async *#toldEvents(): AsyncGenerator<EventLine> {
    for (const root of this.#options.roots) {
      for await (const line of this.#journal(root, 'events')) {
        const told = readEventLine(line);
        if (told) yield told;
      }
    }
  }

  async #protections(): Promise<void> {
    const { roots, index } = this.#options;
    const told = new ToldProtections();
    for (const root of roots) for await (const line of this.#journal(root, 'holds')) told.add(line);
    for (const protection of told.inForce()) {
      if (index.addProtection(protection)) this.#counts.protections += 1;
    }
  }

  async #camera(found: FoundCamera): Promise<void> {
    const { index } = this.#options;
    const runs = new Map<string, FoundRun[]>();
    const ids = new Set([...(found.label?.streams ?? []).map(({ id }) => id), ...found.streamIds]);
    for (const streamId of ids) runs.set(streamId, await this.#runsOf({ cameraId: found.id, streamId }));
    const camera = rebuiltCamera(
      found,
      (streamId) => this.#beginOf(streamId, runs.get(streamId) ?? []),
      this.#options.nowMs,
    );
    index.addCamera(camera);
    this.#counts.cameras += 1;
    for (const stream of camera.streams) {
      this.#counts.streams += 1;
      await this.#stream(camera, stream, runs.get(stream.id) ?? []);
    }
  }

  async #runsOf(place: { cameraId: string; streamId: string }): Promise<FoundRun[]> {
    const files = [];
    for await (const file of findFiles(this.#options.roots, place, this.#leave)) {
      this.#options.signal.throwIfAborted();
      const { cameraId, streamId } = file.identity;
      if (cameraId === place.cameraId && streamId === place.streamId) files.push(file);
      else {
        const reason = `it says that it is of camera ${cameraId}, stream ${streamId}, and lies in the folder of another`;
        this.#left.push({ ...file, reason });
      }
    }
    return runsInOrder(files, (runId) => this.#history.orderOf(runId));
  }

  /** When a stream began, where its label does not say: with the first thing that is known of it. */
  #beginOf(streamId: string, runs: readonly FoundRun[]): number {
    const gaps = this.#history.gapsOf(streamId).map(({ startMs }) => startMs);
    return Math.round(Math.min(...gaps, ...runs.map(({ arrivalMs }) => arrivalMs), this.#options.nowMs));
  }

  async #stream(camera: RebuiltCamera, stream: RebuiltStream, runs: readonly FoundRun[]): Promise<void> {
    const { index, onProgress, signal, nowMs } = this.#options;
    const gaps = this.#history.gapsOf(stream.id);
    const total = runs.reduce((sum, { files }) => sum + files.length, 0);
    let done = 0;
    for (const run of runs) {
      this.#counts.runs += 1;
      // Each waits for the next one, with whose beginning it ends.
      let waiting: ReadFile | undefined;
      let before: EnteredFile | undefined;
      for (const file of run.files) {
        signal.throwIfAborted();
        onProgress({ camera: camera.name, done: done++, total });
        const read = await this.#read(file, waiting);
        if (!read) continue;
        if (waiting) before = this.#enter(run, waiting, { before, next: read }, gaps);
        waiting = read;
      }
      if (waiting) this.#enter(run, waiting, { before, next: undefined }, gaps);
    }
    for (const gap of gaps) {
      // What was removed is not waited for any more.
      const endMs = gap.endMs ?? (stream.archived ? nowMs : undefined);
      index.gaps.add(stream.id, { ...gap, endMs });
    }
    this.#counts.gaps += gaps.length;
    this.#counts.lost += this.#harmed.tell(stream.id, index.gaps);
  }

  /** Undefined for a file that cannot be taken. */
  async #read(file: FoundFile, before: ReadFile | undefined): Promise<ReadFile | undefined> {
    const { rootId, path: place, identity } = file;
    if (before?.file.identity.segmentNumber === identity.segmentNumber) {
      const reason = `its run has another file with the number ${identity.segmentNumber}: ${before.file.path}`;
      this.#left.push({ rootId, path: place, reason });
      return undefined;
    }
    try {
      const { scan, summary } = await scanFile(path.join(this.#folders.get(rootId)!, place), randomUUID());
      if (!summary) throw new NightjarError('file_malformed', 'it has no fragment that is whole');
      return { file, summary, closed: scan.closed };
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      this.#leave(file, error);
    }
    return undefined;
  }

  #enter(
    run: FoundRun,
    read: ReadFile,
    { before, next }: { readonly before: EnteredFile | undefined; readonly next: ReadFile | undefined },
    gaps: readonly JournalledGap[],
  ): EnteredFile {
    const { index } = this.#options;
    const { file, closed } = read;
    const { segmentNumber: number, streamId } = file.identity;
    const follows = index.hasClosedSegment(run.id, number - 1);
    const begun = follows ? read.summary : behindHole(read.summary, number, gaps);
    const followed = next?.file.identity.segmentNumber === number + 1 ? next.summary : undefined;
    const summary = { ...begun, endMs: endOf(begun, followed, gaps) };
    if (number !== (before?.number ?? -1) + 1) {
      // A run may have begun later than its first packet came.
      const startMs = before?.endMs ?? run.arrivalMs;
      this.#harmed.isMissing(streamId, { startMs, endMs: begun.startMs, isBeginVague: !before });
    }
    const { rootId, path: place } = file;
    const namedMs = summary.isBeginLost ? startInName(place) : undefined;
    const provisionalStartMs = namedMs ?? summary.startMs;
    if (summary.isEndLost) this.#harmed.isDamaged(streamId, Math.round(summary.endMs));
    index.addSegment(
      { id: summary.id, streamId, runId: run.id, number, rootId, path: place, provisionalStartMs },
      { id: run.id, streamId, clockEpoch: run.clockEpoch },
      closed ? summary : undefined,
    );
    this.#counts[closed ? 'segments' : 'unfinished'] += 1;
    this.#counts.bytes += summary.bytes;
    if (summary.endMs <= this.#options.nowMs)
      this.#newestMs = Math.max(this.#newestMs ?? summary.endMs, summary.endMs);
    return { number, endMs: summary.endMs };
  }
}

/** A file that the new index has. */
interface EnteredFile {
  readonly number: number;
  readonly endMs: number;
}

/** A file that was read from end to end. */
interface ReadFile {
  readonly file: FoundFile;
  readonly summary: SegmentSummary;
  /** It was finished. */
  readonly closed: boolean;
}

/**
 * A segment ends with the instant at which the next one of its run begins: there the clock of the run has bent a little
 * since the segment's own last fragment. Where the next one is gone, or never had a fragment, the gap that follows says it.
 */
function endOf(
  summary: SegmentSummary,
  next: SegmentSummary | undefined,
  gaps: readonly JournalledGap[],
): UnixMillis {
  const endMs = Math.round(summary.endMs);
  const bentMs = next
    ? Math.round(next.startMs)
    : gaps.find(({ startMs }) => touches(startMs, endMs))?.startMs;
  return bentMs !== undefined && touches(bentMs, endMs) ? unixMillis(bentMs) : summary.endMs;
}

function touches(aMs: number, bMs: number): boolean {
  return Math.abs(aMs - bMs) <= roundingMs;
}

/**
 * A segment whose predecessor was deleted, or lost, begins where that one ended, as it did while both were there: the journal
 * says where. Behind a hole it begins with what can be shown.
 */
function behindHole(summary: SegmentSummary, number: number, gaps: readonly JournalledGap[]): SegmentSummary {
  if (number === 0) return summary;
  const startMs = Math.round(summary.startMs);
  const touching = gaps.find(
    ({ cause, endMs }) => goneCauses.has(cause) && endMs !== undefined && touches(endMs, startMs),
  );
  if (touching) return { ...summary, startMs: unixMillis(touching.endMs!) };
  if (summary.independent) return summary;
  const shown = summary.fragments.find(({ keyFrame }) => keyFrame)?.startMs ?? summary.endMs;
  return { ...summary, startMs: unixMillis(Math.round(shown)) };
}
