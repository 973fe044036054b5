/**
 * Loaded into every thread of a server under test (`node --import`): notes its heap and what its event loop holds, once
 * in ten seconds, as lines of JSON in the file that SOAK_FIGURES names.
 */
import { appendFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';

const intervalMs = 10_000;

export interface ThreadFigures {
  readonly atMs: number;
  readonly threadId: number;
  /** Bytes. */
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  /** Sockets, timers, files and the like that the event loop waits for. */
  readonly handles: number;
}

const file = process.env.SOAK_FIGURES!;
const note = () => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().length;
  const figures: ThreadFigures = { atMs: Date.now(), threadId, heapUsed, arrayBuffers, handles };
  appendFileSync(file, `${JSON.stringify(figures)}\n`);
};
setInterval(note, intervalMs).unref();
