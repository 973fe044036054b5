/** Runs the inputs of the targets that it is told, one target after the other. */
import { setImmediate } from 'node:timers/promises';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { Finding } from './fuzz_run.ts';
import { tryInputs } from './fuzz_run.ts';
import { targets } from './targets.ts';

export interface FuzzTask {
  readonly target: string;
  readonly seed: number;
  readonly count: number;
}

export interface FuzzReport {
  readonly target: string;
  readonly tried: number;
  readonly findings: readonly Finding[];
  readonly slowestMs: number;
  readonly tookMs: number;
  /** Memory after the last input less that before the first one, both after a collection. */
  readonly grownBytes: number;
}

/** Of its own memory: the number of the input that is being tried, which tells one that never ends. */
export type Progress = Int32Array<SharedArrayBuffer>;

async function usedBytes(): Promise<number> {
  // More than once, since memory outside the heap is freed by what the first one finds, in a turn of its own.
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc?.();
    await setImmediate();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

if (!isMainThread) {
  const progress = new Int32Array((workerData as { progress: SharedArrayBuffer }).progress);
  parentPort!.on('message', async ({ target: name, seed, count }: FuzzTask) => {
    const target = targets.find((each) => each.name === name)!;
    // The first inputs compile the code, which is no growth.
    await tryInputs(target, { seed: seed + 1, from: 0, count: Math.min(200, count) });
    const before = await usedBytes();
    const startMs = performance.now();
    const { tried, findings, slowestMs } = await tryInputs(target, {
      seed,
      from: 0,
      count,
      onInput: (index) => Atomics.store(progress, 0, index),
    });
    const report: FuzzReport = {
      target: name,
      tried,
      findings,
      slowestMs,
      tookMs: performance.now() - startMs,
      grownBytes: (await usedBytes()) - before,
    };
    parentPort!.postMessage(report);
  });
}
