/**
 * A clip of an hour: time to the first byte, throughput against plain file reads into the same sink, and memory, also of
 * readers that stall; and key frames at random instants of that hour.
 *
 * The footage is 60 segments of a minute at 4 Mbit/s with sound. Files are in the page cache for both sides.
 */

import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock/system_clock.ts';
import type { AnswerBody, MediaBody } from '../../src/delivery/answer_body.ts';
import type { DeliveryAnswer } from '../../src/delivery/delivery_answer.ts';
import { DeliveryService } from '../../src/delivery/delivery_service.ts';
import { LeaseTable } from '../../src/delivery/lease_table.ts';
import { chunkBytes, maxChunksInFlight } from '../../src/delivery/messages.ts';
import { openIndex } from '../../src/index/open_index.ts';
import { unixMillis } from '../../src/units/time.ts';
import { migrationsDir } from '../fixtures/index_fixture.ts';
import { type RecordedSegment, recordRun } from '../fixtures/recorded_footage.ts';
import { testIds } from '../fixtures/segment_file.ts';
import { syntheticFootage } from '../fixtures/synthetic_footage.ts';
import { testRoots } from '../fixtures/test_root.ts';
import { until } from '../fixtures/until.ts';

const minutes = 60;
const startMs = Date.UTC(2026, 0, 1);
const repeats = 5;
const megabyte = 1024 * 1024;
/** As many as are let in at all. */
const stalledCount = 256;

const folder = mkdtempSync(join(tmpdir(), 'nightjar-bench-clip-'));

function record(): { databaseFile: string; recordingsDir: string; segments: RecordedSegment[] } {
  const databaseFile = join(folder, 'data', 'nightjar.db');
  const recordingsDir = join(folder, 'recordings');
  const index = openIndex({ file: databaseFile, migrationsDir, clock: systemClock });
  const { streamId, cameraId } = testIds;
  index.cameras.insert({
    id: cameraId,
    name: 'Bench',
    createdMs: unixMillis(startMs),
    streams: [{ id: streamId, role: 'main', url: 'rtsp://camera/1', transport: 'auto', record: true }],
  });
  const tracks = syntheticFootage(minutes * 60);
  const segments = recordRun({ dir: recordingsDir, tracks, startMs, segmentSeconds: 60, streamId });
  for (const { reservation, run, summary } of segments) {
    index.ledger.reserve(reservation, run);
    index.ledger.close(summary, { overlap: false });
  }
  index.close();
  return { databaseFile, recordingsDir, segments };
}

async function measure(options: ReturnType<typeof record>): Promise<void> {
  const { databaseFile, recordingsDir, segments } = options;
  const service = new DeliveryService({
    databaseFile,
    roots: testRoots(recordingsDir),
    clock: systemClock,
    logger: { warn: console.error },
    openFootage: () => [],
    leases: new LeaseTable(systemClock),
  });
  const hour = (shiftMs: number) =>
    service.openClip({
      streamId: testIds.streamId,
      fromMs: unixMillis(startMs + shiftMs),
      toMs: unixMillis(startMs + minutes * 60_000),
      gaps: 'close',
    });

  const firstByte = async (shiftMs: number) => {
    const before = performance.now();
    const answer = await hour(shiftMs);
    const body = answer.read();
    for await (const _ of body) break;
    return performance.now() - before;
  };
  const cold = await firstByte(1);
  const laidOut: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) laidOut.push(await firstByte(2 + repeat));
  const kept: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) kept.push(await firstByte(1 + repeats));

  const clipRates: number[] = [];
  const plainRates: number[] = [];
  const growth: number[] = [];
  let totalBytes = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const answer = await hour(0);
    totalBytes = answer.facts.totalBytes;
    globalThis.gc?.();
    const rss = new HighWater();
    const body = answer.read();
    const sink = new Sink(() => rss.look());
    const before = performance.now();
    for await (const bytes of body) await sink.take(bytes);
    clipRates.push(sink.bytes / (performance.now() - before));
    growth.push(rss.grownBytes);
    const plainSink = new Sink(() => {});
    const plainBefore = performance.now();
    for (const { reservation } of segments) {
      const file = createReadStream(join(recordingsDir, reservation.path), { highWaterMark: 256 * 1024 });
      for await (const bytes of file) await plainSink.take(bytes);
    }
    plainRates.push(plainSink.bytes / (performance.now() - plainBefore));
  }
  const keyFrameTimes = await keyFrames(service);
  const stalledBytes = await stalledReaders(() => hour(0));
  await service.stop();

  const toRate = (rates: number[]) => `${((median(rates) * 1000) / megabyte).toFixed(0)} MB/s`;
  console.log(`clip of ${minutes} min, ${(totalBytes / megabyte).toFixed(0)} MB, medians of ${repeats}`);
  console.log(`first byte, thread not yet started:  ${cold.toFixed(0)} ms`);
  console.log(`first byte, clip to be laid out:     ${median(laidOut).toFixed(0)} ms (to reach: 100 ms)`);
  console.log(`first byte, clip laid out before:    ${median(kept).toFixed(0)} ms`);
  console.log(
    `throughput:                          ${toRate(clipRates)}, plain file reads ${toRate(plainRates)}`,
  );
  console.log(`throughput against plain file reads: ${(median(clipRates) / median(plainRates)).toFixed(2)}`);
  console.log(`memory grown while sending (RSS):    ${(median(growth) / megabyte).toFixed(0)} MB`);
  console.log(`memory of ${stalledCount} stalled readers:       ${(stalledBytes / megabyte).toFixed(0)} MB`);
  const p95 = keyFrameTimes.toSorted((a, b) => a - b)[Math.floor(keyFrameTimes.length * 0.95)]!;
  console.log(
    `key frame, median and p95:           ${median(keyFrameTimes).toFixed(1)}, ${p95.toFixed(1)} ms`,
  );
}

/** Times of key frames, in ms, after as many to warm up. */
async function keyFrames(service: DeliveryService): Promise<number[]> {
  const times: number[] = [];
  for (let ask = 0; ask < 400; ask++) {
    const before = performance.now();
    const atMs = unixMillis(startMs + ((ask * 7_919_381) % (minutes * 60_000)));
    const { body } = await service.keyFrame({ streamId: testIds.streamId, atMs });
    for await (const _ of body!);
    times.push(performance.now() - before);
  }
  return times.slice(200);
}

/** What readers hold that never read, in bytes. */
async function stalledReaders(open: () => Promise<DeliveryAnswer>): Promise<number> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const bodies: MediaBody[] = [];
  while (bodies.length < stalledCount) bodies.push((await open()).read());
  await until(() => bodies.every((body) => (body as AnswerBody).heldBytes >= maxChunksInFlight * chunkBytes));
  const bytes = process.memoryUsage.rss() - before;
  for (const body of bodies) body.destroy();
  return bytes;
}

/** Takes bytes as a socket would, without keeping them. */
class Sink {
  bytes = 0;
  readonly #onBytes: () => void;

  constructor(onBytes: () => void) {
    this.#onBytes = onBytes;
  }

  take(bytes: Uint8Array): Promise<void> {
    this.bytes += bytes.length;
    this.#onBytes();
    return new Promise((resolve) => setImmediate(resolve));
  }
}

/** The most resident memory seen, above that at the beginning; looked at every 64 chunks. */
class HighWater {
  readonly #before = process.memoryUsage.rss();
  #most = this.#before;
  #looks = 0;

  get grownBytes(): number {
    return this.#most - this.#before;
  }

  look(): void {
    if (this.#looks++ % 64 === 0) this.#most = Math.max(this.#most, process.memoryUsage.rss());
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

try {
  const recorded = record();
  await measure(recorded);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
