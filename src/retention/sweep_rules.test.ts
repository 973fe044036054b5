import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import fc from 'fast-check';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { isProtected } from '../footage/protected_range.ts';
import type { DeletableSegment } from '../index/deletion.ts';
import { encodeFragments } from '../index/fragment_table.ts';
import { planRetention, type RetentionFacts } from './plan.ts';
import { RetentionSweep, type SweepOptions } from './sweep.ts';

/** Sweeps over a real index, with files that exist only as rows: what goes must be what the plan of all rows says. */

const hour = 3_600_000;
const startMs = Date.UTC(2026, 0, 1);
const hours = 100;
const otherRootId = randomUUID();
const capacityBytes = 1_000_000;

const anyWorld = fc.record({
  cameras: fc.array(
    fc.record({
      maxAgeDays: fc.option(fc.constantFrom(0.5, 1, 2), { nil: undefined }),
      eventMaxAgeDays: fc.option(fc.constantFrom(1, 2, 3), { nil: undefined }),
      minAgeHours: fc.option(fc.constantFrom(0, 6), { nil: undefined }),
      maxBytes: fc.option(fc.constantFrom(5_000, 20_000), { nil: undefined }),
      segmentHours: fc.constantFrom(1, 2, 3),
      bytes: fc.integer({ min: 1, max: 2_000 }),
      movesAt: fc.nat(hours),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  events: fc.array(fc.record({ camera: fc.nat(2), atHour: fc.nat(hours), length: fc.nat(4) }), {
    maxLength: 8,
  }),
  holds: fc.array(
    fc.record({
      camera: fc.option(fc.nat(2), { nil: undefined }),
      fromHour: fc.nat(hours),
      length: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    }),
    { maxLength: 3 },
  ),
  maxBytes: fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined }),
  minFreeBytes: fc.integer({ min: capacityBytes - 80_000, max: capacityBytes }),
});
type World = typeof anyWorld extends fc.Arbitrary<infer Value> ? Value : never;

class Site {
  readonly fixture = new IndexFixture(startMs);
  readonly #segments: DeletableSegment[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    const { index, clock } = this.fixture;
    index.roots.identify(otherRootId, 'other');
    const ids = world.cameras.map(({ maxAgeDays, eventMaxAgeDays, minAgeHours, maxBytes }) =>
      this.fixture.addCamera({ maxAgeDays, eventMaxAgeDays, minAgeHours, maxBytes }),
    );
    this.#record(ids.map(({ streamId }) => streamId));
    for (const { camera, atHour, length } of world.events) {
      const cameraId = ids[camera]?.cameraId;
      if (cameraId === undefined) continue;
      const fromMs = startMs + atHour * hour + 60_000;
      const times = { startMs: fromMs, endMs: fromMs + length * hour, createdMs: fromMs };
      const event = { id: randomUUID(), cameraId, type: 'motion', source: 'test', data: undefined };
      index.events.insert({ ...event, ...times });
    }
    for (const { camera, fromHour, length } of world.holds) {
      const cameraId = camera === undefined ? undefined : ids[camera]?.cameraId;
      if (camera !== undefined && cameraId === undefined) continue;
      const fromMs = startMs + fromHour * hour;
      const endMs = length === undefined ? undefined : fromMs + length * hour;
      const why = { reason: 'test', createdBy: 'test', createdMs: startMs };
      index.protections.insert({ id: randomUUID(), cameraId, startMs: fromMs, endMs, ...why });
    }
    clock.advance(hours * hour);
    this.#segments.push(...this.all());
  }

  /** Rows as recording leaves them, in one transaction: hundreds of commits would take most of the test. */
  #record(streamIds: readonly string[]): void {
    const sqlite = new SqliteDatabase(this.fixture.file);
    const keyOf = (table: string, id: string) =>
      sqlite.prepare(`select key from ${table} where id = ?`).pluck().get(id);
    sqlite.transaction(() => {
      for (const [number, { segmentHours, bytes, movesAt }] of this.#world.cameras.entries()) {
        const stream = keyOf('streams', streamIds[number]!);
        const run = sqlite
          .prepare('insert into runs (id, stream_key, clock_epoch) values (?, ?, 0)')
          .run(randomUUID(), stream).lastInsertRowid;
        const insert = sqlite.prepare(`
          insert into segments (id, root_key, stream_key, run_key, number, state, path, start_ms, end_ms, bytes,
            independent, overlap, header_hash, body_hash)
          values (?, ?, ${stream}, ${run}, ?, 'closed', ?, ?, ?, ?, 1, 0, zeroblob(32), zeroblob(32))`);
        let [at, segment, sum] = [0, 0, 0];
        for (; at + segmentHours <= hours; at += segmentHours, segment++) {
          const root = keyOf('roots', at < movesAt ? testRootId : otherRootId);
          const [fromMs, toMs] = [startMs + at * hour, startMs + (at + segmentHours) * hour];
          const path = `${number}-${segment}.mp4`;
          const { lastInsertRowid: key } = insert.run(
            randomUUID(),
            root,
            segment,
            path,
            fromMs,
            toMs,
            bytes + segment,
          );
          sqlite.prepare('insert into segment_fragments values (?, 0, ?)').run(key, encodeFragments([]));
          sum += bytes + segment;
        }
        sqlite
          .prepare('insert into coverage values (?, ?, ?, ?, ?)')
          .run(stream, startMs, startMs + at * hour, run, sum);
        sqlite
          .prepare('update streams set longest_segment_ms = ? where key = ?')
          .run(segmentHours * hour, stream);
      }
    })();
    sqlite.close();
  }

  /** An empty folder with the marker of a root. */
  #root(rootId: string): string {
    const folder = join(this.fixture.folder, rootId);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, '.nightjar'), JSON.stringify({ installationId: 'tests', rootId }));
    return folder;
  }

  /** Every row, as retention sees it. */
  all(): DeletableSegment[] {
    const { deletion } = this.fixture.index;
    const time = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER };
    return deletion
      .stored()
      .flatMap((stored) =>
        [true, false].flatMap((hasEvent) => deletion.oldestSegments({ ...stored, hasEvent }, time, 1_000)),
      );
  }

  options(): SweepOptions {
    const { maxBytes, minFreeBytes } = this.#world;
    const quiet = { info() {}, warn() {}, error() {} };
    const gone = new Map<string, number>();
    return {
      index: this.fixture.index,
      roots: new Map([testRootId, otherRootId].map((id) => [id, this.#root(id)])),
      isRootPresent: async () => true,
      minFreeBytes,
      maxBytes,
      defaults: { maxAgeDays: undefined, eventMaxAgeDays: undefined, minAgeHours: 3 },
      clock: this.fixture.clock,
      log: quiet,
      record: quiet,
      files: {
        remove: async (file) => {
          const segment = this.#segments.find(({ path }) => basename(file) === path)!;
          gone.set(segment.rootId, (gone.get(segment.rootId) ?? 0) + segment.bytes);
          return segment.bytes;
        },
        exists: async () => true,
        syncFolder: async () => {},
        removeEmptyFolder: async () => false,
        space: async (folder) => {
          const stored = this.fixture.index.deletion.stored();
          const bytes = stored
            .filter(({ rootId }) => folder.endsWith(rootId))
            .reduce((sum, each) => sum + each.bytes, 0);
          return { freeBytes: capacityBytes - bytes, totalBytes: capacityBytes };
        },
      },
    };
  }

  /** What the plan says when it is given everything at once. */
  expected(): string[] {
    const { index, clock } = this.fixture;
    const { maxBytes, minFreeBytes } = this.#world;
    const stored = index.deletion.stored();
    const bytesOf = (of: 'cameraId' | 'rootId', id: string) =>
      stored.filter((each) => each[of] === id).reduce((sum, { bytes }) => sum + bytes, 0);
    const facts: RetentionFacts = {
      nowMs: clock.now(),
      wallMs: clock.now(),
      segments: this.all(),
      cameras: new Map(
        index.cameras.list().map((camera) => {
          const { maxAgeDays, eventMaxAgeDays, minAgeHours = 3 } = camera;
          const age = (days: number | undefined) => (days === undefined ? undefined : days * 24 * hour);
          return [
            camera.id,
            {
              minAgeMs: minAgeHours * hour,
              maxAgeMs: age(maxAgeDays),
              eventMaxAgeMs: age(eventMaxAgeDays),
              maxBytes: camera.maxBytes,
              storedBytes: bytesOf('cameraId', camera.id),
            },
          ];
        }),
      ),
      roots: new Map(
        [testRootId, otherRootId].map((id) => [
          id,
          { freeBytes: capacityBytes - bytesOf('rootId', id), minFreeBytes },
        ]),
      ),
      protectedRanges: index.protections.list(),
      isRead: () => false,
      maxBytes,
    };
    return planRetention(facts)
      .map(({ segment }) => segment.id)
      .toSorted();
  }
}

test('a sweep in batches deletes what the plan of everything at once says, and never what is protected', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, async (world) => {
      const site = new Site(world);
      try {
        const before = site.all();
        const expected = site.expected();
        const sweep = new RetentionSweep(site.options());
        const { deleted } = await sweep.sweepNow();
        const left = new Set(site.all().map(({ id }) => id));
        const gone = before.filter(({ id }) => !left.has(id));
        assert.deepEqual(gone.map(({ id }) => id).toSorted(), expected);
        assert.equal(deleted, gone.length);
        const ranges = site.fixture.index.protections.list();
        assert.ok(gone.every((segment) => !ranges.some((range) => isProtected(segment, range))));
        assert.equal((await sweep.sweepNow()).deleted, 0, 'and then nothing more');
        assert.deepEqual(site.fixture.index.check(), []);
      } finally {
        site.fixture.remove();
      }
    }),
    // To look for a smaller world would take minutes.
    { numRuns: 12, endOnFailure: true },
  );
});
