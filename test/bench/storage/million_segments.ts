/** An index with a million segments, as two months of twelve cameras leave it. */
import { randomUUID } from 'node:crypto';
import SqliteDatabase from 'better-sqlite3';
import type { Index } from '../../../src/index/open_index.ts';
import { segmentPath } from '../../../src/recorder/paths.ts';
import { defaultRootName } from '../../../src/roots/root_folders.ts';
import { unixMillis } from '../../../src/units/time.ts';
import { testRootId } from '../../fixtures/test_root.ts';

export const segments = 1_000_000;
export const streams = 12;
export const runsPerStream = 1_000;
export const days = 60;
export const dayMs = 86_400_000;
export const startMs = Date.UTC(2026, 0, 1);
export const endMs = startMs + days * dayMs;
/** Of each file. */
export const segmentBytes = 30_000_000;

/** The part of a segment's row that leads to its file. */
export interface FilledSegment {
  readonly path: string;
  readonly startMs: number;
}

/**
 * Rows as recording would have left them, but written in one transaction, without hashes and fragments of note.
 *
 * @param options.url where the camera of a number is
 * @param options.onSegment told of each
 * @returns the ids of the streams
 */
export function fillIndex(
  index: Index,
  file: string,
  options: { url?: (camera: number) => string; onSegment?: (segment: FilledSegment) => void } = {},
): string[] {
  const { url = () => 'rtsp://camera/1', onSegment } = options;
  index.roots.identify(testRootId, defaultRootName);
  const added = addCameras(index, url);
  const streamIds = added.map(({ streamId }) => streamId);
  const database = new SqliteDatabase(file);
  database.pragma('synchronous = off');
  const rootKey = database.prepare('select key from roots where id = ?').pluck().get(testRootId);
  const insertRun = database.prepare(
    'insert into runs (key, id, stream_key, clock_epoch) values (?, ?, ?, 0)',
  );
  const insertSegment = database.prepare(`
    insert into segments (root_key, id, stream_key, run_key, number, state, path, start_ms, end_ms, bytes, independent,
      overlap, header_hash, body_hash)
    values (${rootKey}, ?, ?, ?, ?, 'closed', ?, ?, ?, ${segmentBytes}, 1, 0, zeroblob(32), zeroblob(32))`);
  const insertCoverage = database.prepare('insert into coverage values (?, ?, ?, ?, ?)');
  const insertGap = database.prepare('insert into gaps values (?, ?, ?, ?)');
  const streamKeys = streamIds.map((id) => {
    return database.prepare('select key from streams where id = ?').pluck().get(id) as number;
  });
  const causes = ['unreachable', 'no_packets', 'deleted', 'crash'] as const;
  const perStream = Math.ceil(segments / streams);
  const runMs = (endMs - startMs) / runsPerStream;
  database.transaction(() => {
    let written = 0;
    for (let run = 0; run < runsPerStream; run++) {
      const perRun =
        Math.floor(((run + 1) * perStream) / runsPerStream) - Math.floor((run * perStream) / runsPerStream);
      const runStartMs = Math.round(startMs + run * runMs);
      // After each run, something between a quarter of a minute and most of one is missing.
      const segmentMs = Math.floor((runMs - 15_000 - (run % 40) * 1_000) / perRun);
      const runEndMs = runStartMs + perRun * segmentMs;
      for (const [at, streamKey] of streamKeys.entries()) {
        const runKey = run * streams + at + 1;
        const runId = randomUUID();
        insertRun.run(runKey, runId, streamKey);
        for (let number = 0; number < perRun && written < segments; number++, written++) {
          const from = runStartMs + number * segmentMs;
          const place = { cameraId: added[at]!.cameraId, streamId: streamIds[at]!, number, runId };
          const path = segmentPath({ ...place, provisionalStartMs: unixMillis(from) });
          insertSegment.run(randomUUID(), streamKey, runKey, number, path, from, from + segmentMs);
          onSegment?.({ path, startMs: from });
        }
        insertCoverage.run(streamKey, runStartMs, runEndMs, runKey, perRun * segmentBytes);
        const nextMs = Math.round(startMs + (run + 1) * runMs);
        insertGap.run(streamKey, runEndMs, nextMs, causes[run % causes.length]);
      }
    }
    database.prepare('update streams set longest_segment_ms = 300000').run();
  })();
  database.pragma('wal_checkpoint(truncate)');
  database.close();
  return streamIds;
}

/** The cameras whose footage it is. */
export function addCameras(
  index: Index,
  url: (camera: number) => string,
): readonly { readonly cameraId: string; readonly streamId: string }[] {
  return Array.from({ length: streams }, (_, number) => {
    const cameraId = randomUUID();
    const streamId = randomUUID();
    const stream = {
      id: streamId,
      role: 'main' as const,
      url: url(number),
      transport: 'auto' as const,
      record: true,
    };
    const camera = { id: cameraId, name: `Camera ${number}`, createdMs: unixMillis(startMs) };
    index.cameras.insert({ ...camera, streams: [stream] });
    return { cameraId, streamId };
  });
}
