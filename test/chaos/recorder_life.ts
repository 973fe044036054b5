/** One life of a recorder under test: a process, from its start to its end, as it is seen from outside. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import type { StatusAnswer } from '../../src/api/contract/status.ts';
import type { AtTheEnd } from '../fixtures/cleanup.ts';
import { NightjarProcess } from '../process/nightjar_process.ts';
import {
  type ChaosPlan,
  type NotedCall,
  type NotedFailure,
  type NotedKill,
  planVariable,
} from './chaos_plan.ts';

const compileCache = path.join(import.meta.dirname, '../../node_modules/.cache/nightjar');

/** What the recorder said of a camera's footage, and when it said so. */
export interface Report {
  readonly atMs: number;
  readonly timeline: TimelineAnswer;
}

export class RecorderLife {
  readonly #process: NightjarProcess;
  readonly #notes: string;
  api = '';
  /** By camera. */
  readonly reports = new Map<string, Report>();
  /** Newest end of footage that was pushed, by camera. */
  readonly pushedMs = new Map<string, number>();

  constructor(
    end: AtTheEnd,
    options: {
      /** Holds `recordings`, `data` and `notes`; what the life before noted goes, but for files that it unlinked. */
      folder: string;
      words?: readonly string[];
      plan?: Partial<ChaosPlan>;
    },
  ) {
    this.#notes = path.join(options.folder, 'notes');
    mkdirSync(this.#notes, { recursive: true });
    for (const name of readdirSync(this.#notes)) {
      if (/\.jsonl?$/.test(name)) rmSync(path.join(this.#notes, name));
    }
    const recordings = path.join(options.folder, 'recordings');
    const plan: ChaosPlan = { recordings, notes: this.#notes, ...options.plan };
    const words = ['serve', '--port', '0', '--log-level', 'warn', '--min-free-bytes', '0', '--workers', '1'];
    this.#process = new NightjarProcess(end, [...words, ...(options.words ?? [])], {
      cwd: options.folder,
      // As bin/nightjar sets them.
      env: {
        [planVariable]: JSON.stringify(plan),
        UV_THREADPOOL_SIZE: '64',
        NODE_COMPILE_CACHE: compileCache,
      },
      nodeOptions: ['--max-semi-space-size=2', '--import', path.join(import.meta.dirname, 'faulty_disk.ts')],
    });
  }

  get pid(): number {
    return this.#process.child.pid!;
  }

  get isOver(): boolean {
    return this.#process.child.exitCode !== null || this.#process.child.signalCode !== null;
  }

  get log(): string {
    return this.#process.stderr;
  }

  get ended(): NightjarProcess['ended'] {
    return this.#process.ended;
  }

  /** Rejects when the process ends before it serves anything. */
  async serving(): Promise<void> {
    this.api = `${await this.#process.url()}/api/v1`;
  }

  async addCamera(name: string, url: string, more: object = {}): Promise<CameraAnswer> {
    const answer = await fetch(`${this.api}/cameras`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name,
        streams: [{ role: 'main', url, transport: 'tcp', record: true }],
        ...more,
      }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as CameraAnswer;
  }

  status(): Promise<StatusAnswer> {
    return this.#get('/status');
  }

  /** All that is known of a camera; it counts as reported. */
  async timeline({ id, createdMs }: CameraAnswer): Promise<TimelineAnswer> {
    const window = `from=${createdMs - 10_000}&to=${Date.now() + 60_000}`;
    const timeline = await this.#get<TimelineAnswer>(`/cameras/${id}/timeline?${window}`);
    this.reports.set(id, { atMs: Date.now(), timeline });
    return timeline;
  }

  async clip({ id }: CameraAnswer, fromMs: number, toMs: number): Promise<Buffer> {
    const answer = await fetch(
      `${this.api}/cameras/${id}/clip.mp4?from=${Math.floor(fromMs)}&to=${Math.ceil(toMs)}`,
    );
    if (!answer.ok) throw new Error(await answer.text());
    return Buffer.from(await answer.arrayBuffer());
  }

  /** Listens to what is pushed, until the process ends. */
  async listen(): Promise<void> {
    const answer = await fetch(`${this.api}/updates`);
    void this.#read(answer.body!).catch(() => {});
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const part of body) {
      text += decoder.decode(part, { stream: true });
      const events = text.split('\n\n');
      text = events.pop()!;
      for (const event of events) {
        const [, data] = /event: footage\ndata: (.*)/.exec(event) ?? [];
        if (data === undefined) continue;
        const { cameraId, endMs } = JSON.parse(data) as { cameraId: string; endMs: number };
        this.pushedMs.set(cameraId, Math.max(endMs, this.pushedMs.get(cameraId) ?? 0));
      }
    }
  }

  /** SIGKILL from outside; resolves to when. */
  async kill(): Promise<number> {
    const atMs = Date.now();
    await this.#process.kill();
    return this.notedKill()?.atMs ?? atMs;
  }

  async stop(): Promise<{ code: number | null }> {
    this.#process.child.kill('SIGTERM');
    return await this.#process.ended;
  }

  /** What was done to the disk, in the order in which it was begun. */
  calls(): NotedCall[] {
    const calls = ['main', 'recorder'].flatMap((thread) => {
      return linesOf(path.join(this.#notes, `calls-${thread}.jsonl`)).map(
        (line) => JSON.parse(line) as NotedCall,
      );
    });
    return calls.sort((a, b) => (BigInt(a.beganNs) < BigInt(b.beganNs) ? -1 : 1));
  }

  notedKill(): NotedKill | undefined {
    return readNote(path.join(this.#notes, 'killed.json')) as NotedKill | undefined;
  }

  notedFailure(): NotedFailure | undefined {
    return readNote(path.join(this.#notes, 'failed.json')) as NotedFailure | undefined;
  }

  /** Where a file is kept that was unlinked. */
  unlinked(file: string): string {
    return path.join(this.#notes, 'unlinked', file.replaceAll('/', '|'));
  }

  async #get<Answer>(what: string): Promise<Answer> {
    const answer = await fetch(`${this.api}${what}`);
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Answer;
  }
}

function linesOf(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    // The last one may be cut off by a kill.
    return lines.slice(0, -1);
  } catch {
    return [];
  }
}

function readNote(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
