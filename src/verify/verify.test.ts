import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import { migrationsDir } from '../../test/fixtures/index_fixture.ts';
import { recordedSite, siteSegment, siteStartMs } from '../../test/fixtures/recorded_site.ts';
import { testIds } from '../../test/fixtures/segment_file.ts';
import { systemClock } from '../clock/system_clock.ts';
import { openIndexForInspection } from '../index/open_index.ts';
import { findRoots } from '../roots/mounted_roots.ts';
import type { Difference } from './difference.ts';
import { verify } from './verify.ts';

/** Two files with rows, an open row without a file, and one with; and what a comparison says of them. */
async function site(context: TestContext) {
  const made = recordedSite(context);
  const { fixture, recordingsDir, put, adopt } = made;
  const first = put('1-0.mp4', siteSegment({ runId: randomUUID() }).closed());
  const second = put(
    '2-0.mp4',
    siteSegment({ runId: randomUUID(), arrivalMs: siteStartMs + 60_000 }).closed(),
  );
  await adopt();
  const open = put('3-0.mp4', siteSegment().open);
  for (const reserved of [open, open.replace('/3-0', '/4-0')]) {
    fixture.reserve({
      streamId: testIds.streamId,
      runId: randomUUID(),
      number: 0,
      startMs: siteStartMs,
      path: reserved,
    });
  }
  const file = (name: string) => path.join(recordingsDir, name);
  const compare = async (deep: boolean, signal = new AbortController().signal) => {
    const index = openIndexForInspection(fixture.file, migrationsDir);
    const differences: Difference[] = [];
    const others: { file: string; what: string }[] = [];
    const steps = new Set<string>();
    const result = await verify({
      index,
      roots: await findRoots([{ name: 'default', folder: recordingsDir }]),
      deep,
      clock: systemClock,
      signal,
      onDifference: (difference) => differences.push(difference),
      onOther: (file, what) => others.push({ file, what }),
      onProgress: ({ step }) => steps.add(step),
    }).finally(() => index.close());
    return { result, differences, others, steps };
  };
  const sql = (statement: string) => {
    const hand = new SqliteDatabase(fixture.file);
    hand.exec(statement);
    hand.close();
  };
  return { ...made, first, second, open, file, compare, sql };
}

type Site = Awaited<ReturnType<typeof site>>;

/** Changes one byte, so many bytes into the file; from its end when negative. */
function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  const offset = at < 0 ? bytes.length + at : at;
  bytes[offset] = bytes[offset]! ^ 0xff;
  writeFileSync(file, bytes);
}

const headerBytes = siteSegment().header.bytes.length;

/** What is done, and which kinds of differences of which file are told, at once and in deep mode. */
const cases: readonly {
  name: string;
  harm: (site: Site) => void;
  fast: readonly string[];
  deep: readonly string[];
}[] = [
  { name: 'nothing', harm: () => {}, fast: [], deep: [] },
  {
    name: 'a file that is gone',
    harm: ({ file, first }) => rmSync(file(first)),
    fast: ['row_without_file 1-0.mp4'],
    deep: ['row_without_file 1-0.mp4'],
  },
  {
    name: 'all files gone with their folders',
    harm: ({ file }) => rmSync(file(testIds.cameraId), { recursive: true }),
    fast: ['row_without_file 1-0.mp4', 'row_without_file 2-0.mp4'],
    deep: ['row_without_file 1-0.mp4', 'row_without_file 2-0.mp4'],
  },
  {
    name: 'a file that no row has, beside others',
    harm: ({ put }) => void put('9-0.mp4', siteSegment().closed()),
    fast: ['file_without_row 9-0.mp4'],
    deep: ['file_without_row 9-0.mp4'],
  },
  {
    name: 'a file that no row has, of a camera that nobody knows',
    harm({ file, first }) {
      const stray = file(first.replaceAll('2', '5').replace('1-0', '9-0'));
      mkdirSync(path.dirname(stray), { recursive: true });
      writeFileSync(stray, siteSegment().closed());
    },
    fast: ['file_without_row 9-0.mp4'],
    deep: ['file_without_row 9-0.mp4'],
  },
  {
    name: 'a file that is cut off',
    harm: ({ file, first }) => truncateSync(file(first), headerBytes + 100),
    fast: ['size 1-0.mp4'],
    deep: ['size 1-0.mp4', 'fragment_damaged 1-0.mp4'],
  },
  {
    name: 'a file that has grown',
    harm: ({ file, second }) => appendFileSync(file(second), 'x'),
    fast: ['size 2-0.mp4'],
    deep: ['size 2-0.mp4'],
  },
  {
    name: 'a byte of the pictures',
    harm: ({ file, first }) => flip(file(first), headerBytes + 400),
    fast: [],
    deep: ['body_hash 1-0.mp4', 'fragment_damaged 1-0.mp4'],
  },
  {
    name: 'a byte of the sample table',
    harm: ({ file, first }) => flip(file(first), -20),
    fast: [],
    deep: ['body_hash 1-0.mp4'],
  },
  {
    name: 'a byte of the reserve in the header',
    harm: ({ file, first }) => flip(file(first), headerBytes - 3),
    fast: [],
    deep: ['header_hash 1-0.mp4'],
  },
  {
    name: 'a header that cannot be read',
    harm: ({ file, first }) => flip(file(first), 5),
    fast: [],
    deep: ['unreadable 1-0.mp4'],
  },
  {
    name: 'two files that changed places',
    harm({ file, first, second, sql }) {
      const bytes = readFileSync(file(first));
      writeFileSync(file(first), readFileSync(file(second)));
      writeFileSync(file(second), bytes);
      sql('pragma ignore_check_constraints = on');
    },
    fast: [],
    deep: ['identity 1-0.mp4', 'header_hash 1-0.mp4', 'body_hash 1-0.mp4'].flatMap((line) => [
      line,
      line.replace('1-0', '2-0'),
    ]),
  },
  {
    name: 'times in the index that are not those of the file',
    harm: ({ sql, first }) =>
      sql(`update segments set start_ms = start_ms + 50 where path = '${first}';
           update coverage set start_ms = start_ms + 50 where start_ms = ${siteStartMs}`),
    fast: [],
    deep: ['content 1-0.mp4'],
  },
  {
    name: 'an index that contradicts itself',
    harm: ({ sql }) => sql(`delete from coverage where start_ms = ${siteStartMs}`),
    fast: ['index'],
    deep: ['index'],
  },
  {
    name: 'a recordings folder whose disk is not mounted',
    harm: ({ recordingsDir }) => rmSync(path.join(recordingsDir, '.nightjar')),
    fast: ['root_missing'],
    deep: ['root_missing'],
  },
];

for (const { name, harm, fast, deep } of cases) {
  test(`verify names exactly what is wrong: ${name}`, async (context) => {
    const made = await site(context);
    harm(made);
    for (const [isDeep, expected] of [
      [false, fast],
      [true, deep],
    ] as const) {
      const { result, differences, steps } = await made.compare(isDeep);
      const found = differences.map(({ kind, path: file }) => {
        return file === undefined ? kind : `${kind} ${path.basename(file)}`;
      });
      assert.deepEqual(found.sort(), [...expected].sort(), JSON.stringify(differences));
      assert.equal(result.differences, expected.length);
      assert.equal(result.complete, true);
      if (!expected.includes('root_missing')) assert.deepEqual([...steps], ['index', 'files', 'strays']);
    }
  });
}

test('what is not footage is told and is no difference', async (context) => {
  const { put, recordingsDir, compare } = await site(context);
  const damaged = put('8-0.mp4.damaged', Buffer.from('set aside'));
  writeFileSync(path.join(recordingsDir, 'gaps.jsonl'), '');
  writeFileSync(path.join(recordingsDir, testIds.cameraId, 'camera.json'), '{}');
  writeFileSync(path.join(recordingsDir, 'notes.txt'), 'of the owner');
  mkdirSync(path.join(recordingsDir, 'lost+found'));
  const { result, others } = await compare(false);
  assert.deepEqual(
    others.map(({ file }) => file).sort(),
    [damaged, 'lost+found', 'notes.txt'].map((name) => path.join(recordingsDir, name)).sort(),
  );
  assert.deepEqual(
    { ...result, bytes: 0 },
    { segments: 4, bytes: 0, differences: 0, others: 3, complete: true },
  );
});

/** What is put there, and what is said of it: with the row of the first file, and after the next start. */
const strays: readonly {
  name: string;
  put: (site: Site) => string;
  difference?: RegExp;
  other?: RegExp;
  isTakenIn?: boolean;
}[] = [
  {
    name: 'footage',
    put: ({ put }) => put('9-0.mp4', siteSegment({ runId: randomUUID() }).closed()),
    difference: /^no row has it; the next start takes it in$/,
    isTakenIn: true,
  },
  {
    name: 'footage that was not finished',
    put: ({ put }) => put('9-0.mp4', siteSegment({ runId: randomUUID() }).open),
    difference: /^no row has it; the next start takes it in$/,
    isTakenIn: true,
  },
  {
    name: 'a copy',
    put: ({ put, file, first }) => put('9-0.mp4', readFileSync(file(first))),
    other: /^a copy of 2.*\/1-0\.mp4$/,
  },
  {
    name: 'footage under another name',
    put({ put, file, first }) {
      const bytes = readFileSync(file(first));
      rmSync(file(first));
      return put('9-0.mp4', bytes);
    },
    difference: /it is the footage of 2.*\/1-0\.mp4, which is not there: give it that name$/,
  },
  {
    name: 'a film of somebody else',
    put: ({ put }) => put('foo.mp4', Buffer.from('not a film')),
    other: /^no footage of Nightjar \(/,
  },
  {
    name: 'footage that nothing can be read of',
    put: ({ put }) => put(`${siteStartMs}-0-44444444.mp4`, Buffer.from('damaged')),
    difference: /no start takes it in: nothing in it can be read/,
  },
  {
    name: 'footage of a stream that nobody knows',
    put({ file, first }) {
      const place = first.replaceAll('3', '5').replace('1-0', '9-0');
      mkdirSync(path.dirname(file(place)), { recursive: true });
      writeFileSync(file(place), siteSegment({ runId: randomUUID() }).closed());
      return place;
    },
    difference: /no start takes it in: it is of 2.*, and lies outside of that folder/,
  },
  {
    name: 'footage in the folder of its camera',
    put({ file }) {
      writeFileSync(file(`${testIds.cameraId}/9-0.mp4`), siteSegment({ runId: randomUUID() }).closed());
      return `${testIds.cameraId}/9-0.mp4`;
    },
    difference: /no start takes it in: it is of 2.*, and lies outside of that folder/,
  },
];

for (const { name, put, difference, other, isTakenIn = false } of strays) {
  test(`of a file without a row it is said what becomes of it: ${name}`, async (context) => {
    const made = await site(context);
    const stray = put(made);
    const { differences, others } = await made.compare(false);
    const told = differences.find((each) => each.path === stray);
    const left = others.find(({ file }) => file === made.file(stray));
    assert.match(told?.detail ?? '', difference ?? /^$/);
    assert.match(left?.what ?? '', other ?? /^$/);
    assert.equal((await made.adopt()).adopted.includes(stray), isTakenIn);
  });
}

test('verify stops when it is told to, and says so', async (context) => {
  const { compare } = await site(context);
  const { result } = await compare(true, AbortSignal.abort());
  assert.equal(result.complete, false);
});

test('what retention deletes after the list was made is no difference', async (context) => {
  const { fixture, rows, recordingsDir, file, first } = await site(context);
  const index = openIndexForInspection(fixture.file, migrationsDir);
  fixture.deleteSegment(rows().find((row) => row.path === first)!.id);
  rmSync(file(first));
  const differences: Difference[] = [];
  await verify({
    index,
    roots: await findRoots([{ name: 'default', folder: recordingsDir }]),
    deep: true,
    clock: systemClock,
    signal: new AbortController().signal,
    onDifference: (difference) => differences.push(difference),
    onOther: () => {},
    onProgress: () => {},
  }).finally(() => index.close());
  assert.deepEqual(differences, []);
});
