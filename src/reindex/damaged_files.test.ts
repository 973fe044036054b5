import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { migrationsDir } from '../../test/fixtures/index_fixture.ts';
import { recordedSite, siteStartMs } from '../../test/fixtures/recorded_site.ts';
import { segmentFile, testIds } from '../../test/fixtures/segment_file.ts';
import { syntheticVideo, testVideoTrack } from '../../test/fixtures/synthetic_media.ts';
import { testRootId, testRoots } from '../../test/fixtures/test_root.ts';
import { openIndex } from '../index/open_index.ts';
import { rebuildIndex } from '../index/rebuild.ts';
import { recoverOpenSegments } from '../recorder/recovery.ts';
import { reindex } from './reindex.ts';

const { streamId } = testIds;
const runId = randomUUID();

/** Three seconds, a fragment each, from `number` times three seconds on. */
function file(number: number) {
  const startMs = number * 3_000;
  const runClock = {
    offsetMs: siteStartMs,
    mediaMs: startMs - 1_000,
    firstArrivalMs: siteStartMs,
    settled: true,
    window: [{ mediaMs: 0, minOffsetMs: siteStartMs }],
  };
  return segmentFile([{ track: testVideoTrack, samples: syntheticVideo(75) }], {
    runId,
    segmentNumber: number,
    arrivalMs: siteStartMs + startMs,
    runOffsetMs: startMs,
    ...(number > 0 && { runClock }),
  });
}

const nameOf = (number: number, offMs: number) =>
  `${siteStartMs + number * 3_000 + offMs}-${number}-${runId.slice(0, 8)}.mp4`;
const { fragments, header } = file(0);
const headerBytes = header.bytes.length;

function flipped(bytes: Buffer, at: number): Buffer {
  const harmed = Buffer.from(bytes);
  harmed[at]! ^= 0xff;
  return harmed;
}

type Harm = (number: number, whole: Buffer) => Buffer | undefined;

/** The files 0, 1 and 2 of one run, and what is wrong with them; times in seconds from the first. */
const cases: readonly {
  name: string;
  harm: Harm;
  /** By so many milliseconds the name of the second file is off its time. */
  nameOffMs?: number;
  /** Of the journal. */
  lines?: readonly object[];
  covered: readonly (readonly [number, number])[];
  gaps: readonly (readonly [number, number, string])[];
}[] = [
  { name: 'nothing', harm: (_, whole) => whole, covered: [[0, 9]], gaps: [] },
  {
    name: 'one between others is cut off',
    harm: (number, whole) => (number === 1 ? whole.subarray(0, fragments[2]!.offset + 100) : whole),
    covered: [
      [0, 5],
      [6, 9],
    ],
    gaps: [[5, 6, 'damaged']],
  },
  {
    name: 'one between others has a header that cannot be read',
    harm: (number, whole) => (number === 1 ? flipped(whole, 5) : whole),
    covered: [
      [0, 3],
      [6, 9],
    ],
    gaps: [[3, 6, 'damaged']],
  },
  {
    name: 'one that cannot be read was begun, by its name, before the one before it ended',
    harm: (number, whole) => (number === 1 ? flipped(whole, 5) : whole),
    nameOffMs: -40,
    covered: [
      [0, 3],
      [6, 9],
    ],
    gaps: [[3, 6, 'damaged']],
  },
  {
    name: 'one that cannot be read was begun, by its name, before a gap ended that followed the one before it',
    harm: (number, whole) => (number === 1 ? flipped(whole, 5) : whole),
    nameOffMs: 460,
    lines: [{ streamId, fromMs: siteStartMs + 3_000, toMs: siteStartMs + 3_500, cause: 'unreachable' }],
    covered: [
      [0, 3],
      [6, 9],
    ],
    gaps: [
      [3, 3.5, 'unreachable'],
      [3.5, 6, 'damaged'],
    ],
  },
  {
    name: 'the first has a header that cannot be read',
    harm: (number, whole) => (number === 0 ? flipped(whole, 5) : whole),
    covered: [[3, 9]],
    gaps: [[0, 3, 'damaged']],
  },
  {
    name: 'no fragment of one is whole',
    harm: (number, whole) => (number === 1 ? whole.subarray(0, headerBytes + 10) : whole),
    covered: [
      [0, 3],
      [6, 9],
    ],
    gaps: [[3, 6, 'damaged']],
  },
  {
    name: 'the last of its run is cut off, and the journal says what came then',
    harm: (number, whole) => (number === 2 ? whole.subarray(0, fragments[1]!.offset + 100) : whole),
    lines: [{ streamId, fromMs: siteStartMs + 9_000, cause: 'unreachable' }],
    covered: [[0, 7]],
    gaps: [
      [7, 9, 'damaged'],
      [9, Number.POSITIVE_INFINITY, 'unreachable'],
    ],
  },
  {
    name: 'the newest is cut off, and nothing is known of what came then',
    harm: (number, whole) => (number === 2 ? whole.subarray(0, fragments[1]!.offset + 100) : whole),
    covered: [[0, 7]],
    gaps: [],
  },
  {
    name: 'a picture in the first second of the first',
    harm: (number, whole) => (number === 0 ? flipped(whole, fragments[0]!.offset + 400) : whole),
    covered: [[1, 9]],
    gaps: [[0, 1, 'damaged']],
  },
  {
    name: 'a picture in the middle of one, and in the first second of the next',
    harm: (number, whole) =>
      number === 0 ? whole : flipped(whole, fragments[number === 1 ? 1 : 0]!.offset + 400),
    covered: [
      [0, 4],
      [5, 6],
      [7, 9],
    ],
    gaps: [
      [4, 5, 'damaged'],
      [6, 7, 'damaged'],
    ],
  },
  {
    name: 'a picture in the last second of one',
    harm: (number, whole) => (number === 1 ? flipped(whole, fragments[2]!.offset + 400) : whole),
    covered: [
      [0, 5],
      [6, 9],
    ],
    gaps: [[5, 6, 'damaged']],
  },
  {
    name: 'one that was deleted is no damage',
    harm: (number, whole) => (number === 1 ? undefined : whole),
    lines: [{ streamId, fromMs: siteStartMs + 3_000, toMs: siteStartMs + 6_000, cause: 'deleted' }],
    covered: [
      [0, 3],
      [6, 9],
    ],
    gaps: [[3, 6, 'deleted']],
  },
  {
    name: 'one between others is not there, and no journal says why',
    harm: (number, whole) => (number === 1 ? undefined : whole),
    covered: [
      [0, 3],
      [6, 9],
    ],
    gaps: [[3, 6, 'lost']],
  },
  {
    name: 'one between others is not there, and a journal says of a part of its time why',
    harm: (number, whole) => (number === 1 ? undefined : whole),
    lines: [{ streamId, fromMs: siteStartMs + 3_500, toMs: siteStartMs + 4_500, cause: 'deleted' }],
    covered: [
      [0, 3],
      [6, 9],
    ],
    gaps: [
      [3, 3.5, 'lost'],
      [3.5, 4.5, 'deleted'],
      [4.5, 6, 'lost'],
    ],
  },
  {
    name: 'the first two are not there, and no journal says why',
    harm: (number, whole) => (number < 2 ? undefined : whole),
    covered: [[6, 9]],
    gaps: [[0, 6, 'lost']],
  },
  {
    name: 'the first was deleted, and the second is not there',
    harm: (number, whole) => (number < 2 ? undefined : whole),
    lines: [{ streamId, fromMs: siteStartMs + 100, toMs: siteStartMs + 3_000, cause: 'deleted' }],
    covered: [[6, 9]],
    gaps: [
      [0.1, 3, 'deleted'],
      [3, 6, 'lost'],
    ],
  },
  {
    name: 'the first was deleted, and began after the first packet of its run',
    harm: (number, whole) => (number < 1 ? undefined : whole),
    lines: [{ streamId, fromMs: siteStartMs + 500, toMs: siteStartMs + 2_999, cause: 'deleted' }],
    covered: [[3, 9]],
    gaps: [[0.5, 3, 'deleted']],
  },
  {
    name: 'one that was lost and then deleted is still lost',
    harm: (number, whole) => (number === 1 ? undefined : whole),
    lines: [
      { streamId, fromMs: siteStartMs + 3_000, toMs: siteStartMs + 6_000, cause: 'lost' },
      {
        streamId,
        fromMs: siteStartMs + 3_000,
        toMs: siteStartMs + 6_000,
        cause: 'lost',
        deletedBy: 'max_age',
      },
    ],
    covered: [
      [0, 3],
      [6, 9],
    ],
    gaps: [[3, 6, 'lost']],
  },
  {
    name: 'one that is there, whatever the journal says of it, is footage',
    harm: (_, whole) => whole,
    lines: [
      {
        streamId,
        fromMs: siteStartMs + 3_000,
        toMs: siteStartMs + 6_000,
        cause: 'lost',
        deletedBy: 'max_age',
      },
    ],
    covered: [[0, 9]],
    gaps: [],
  },
];

for (const { name, harm, nameOffMs = 0, lines = [], covered, gaps } of cases) {
  test(`the time that harm to files has cost is damage in a new index: ${name}`, async (context) => {
    const { fixture, recordingsDir, put } = recordedSite(context);
    for (const number of [0, 1, 2]) {
      const bytes = harm(number, file(number).closed());
      if (bytes) put(nameOf(number, number === 1 ? nameOffMs : 0), bytes);
    }
    const journal = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    writeFileSync(path.join(recordingsDir, 'gaps.jsonl'), journal);
    const made = path.join(fixture.folder, 'made.db');
    const { installationId } = fixture.index;
    const { faults } = await reindex({
      roots: [{ id: testRootId, name: 'default', folder: recordingsDir }],
      missing: [],
      index: rebuildIndex({ file: made, migrationsDir, installationId, clock: fixture.clock }),
      nowMs: siteStartMs + 3_600_000,
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    assert.deepEqual(faults, []);
    const index = openIndex({ file: made, migrationsDir, clock: fixture.clock });
    context.after(() => index.close());
    await recovered(index, recordingsDir);
    assert.deepEqual(index.check(), []);
    const seconds = (ms: number | undefined) =>
      ms === undefined ? Number.POSITIVE_INFINITY : Math.round((ms - siteStartMs) / 100) / 10;
    assert.deepEqual(
      index.footage
        .coverage(streamId, 0, 1e15)
        .map(({ startMs, endMs }) => [seconds(startMs), seconds(endMs)]),
      covered,
    );
    assert.deepEqual(
      index.footage
        .gaps(streamId, 0, 1e15)
        .map(({ startMs, endMs, cause }) => [seconds(startMs), seconds(endMs), cause]),
      gaps,
    );
  });
}

/** As the next start does it with files that are not finished. */
async function recovered(index: ReturnType<typeof openIndex>, recordingsDir: string): Promise<void> {
  await recoverOpenSegments({
    ledger: index.ledger,
    roots: testRoots(recordingsDir),
    rootId: testRootId,
    log: { info: () => {}, warn: () => {} },
  });
}
