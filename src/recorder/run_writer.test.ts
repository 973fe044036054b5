import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../../test/fixtures/until.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import type { NightjarError } from '../errors/nightjar_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { FragmentEntry, Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import type { ByteRange } from '../media/byte_range.ts';
import type { H264Track } from '../media/track.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import { DiskState } from './disk_state.ts';
import type { Ledger } from './ledger.ts';
import { recoverSegment } from './recovery.ts';
import { RunRecorder } from './run_recorder.ts';
import { RunWriter } from './run_writer.ts';
import { StorageRoot } from './storage_root.ts';

const startMs = Date.UTC(2026, 5, 1, 12);

const track: H264Track = {
  kind: 'video',
  codec: 'h264',
  timescale: 90_000,
  sps: Buffer.from('6764001fac4c2205017fcb080000030008000003019078c1908c', 'hex'),
  pps: [Buffer.from('68e84314b22c', 'hex')],
  width: 640,
  height: 360,
  pixelAspectRatio: { horizontal: 1, vertical: 1 },
  reorderDepth: 0,
  codecString: 'avc1.64001f',
};

/** Notes everything, in the order in which it was told. */
class NotingLedger implements Ledger {
  readonly told: string[] = [];
  readonly summaries: SegmentSummary[] = [];
  readonly reservations = new Map<string, SegmentReservation>();
  readonly fragments = new Map<string, FragmentEntry[]>();
  room: () => boolean = () => false;

  async reserve(reservation: SegmentReservation): Promise<void> {
    this.told.push(`reserve ${reservation.number}`);
    this.reservations.set(reservation.id, reservation);
    this.fragments.set(reservation.id, []);
  }
  release(id: string): void {
    this.told.push(`release ${this.#number(id)}`);
  }
  opened(id: string): void {
    this.told.push(`opened ${this.#number(id)}`);
  }
  fragmentWritten(id: string, entry: FragmentEntry, shiftMs: number): void {
    const moved = this.fragments
      .get(id)!
      .map((earlier) => ({ ...earlier, startMs: unixMillis(earlier.startMs + shiftMs) }));
    this.fragments.set(id, [...moved, entry]);
  }
  durable(id: string, fragments: number): void {
    this.told.push(`durable ${this.#number(id)}: ${fragments}`);
  }
  async closed(summary: SegmentSummary): Promise<void> {
    this.told.push(`closed ${this.#number(summary.id)}`);
    this.summaries.push(summary);
  }
  abandoned(id: string): void {
    this.told.push(`abandoned ${this.#number(id)}`);
  }
  async makeRoom(): Promise<boolean> {
    this.told.push('make room');
    return this.room();
  }
  #number(id: string): number {
    return this.reservations.get(id)!.number;
  }
}

async function temporaryFolder(context: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'nightjar-writer-'));
  context.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A file system of its own with so many megabytes; undefined where mounting is not allowed. */
async function smallDisk(context: TestContext, megabytes: number): Promise<string | undefined> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
  context.after(async () => {
    execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
  });
  return folder;
}

function writing(folder: string, options: { pictureBytes?: number; segmentMs?: number } = {}) {
  const clock = new SimulatedClock(startMs);
  const root = new StorageRoot({ folder, clock, syncMs: 2_000 });
  const ledger = new NotingLedger();
  const failures: NightjarError[] = [];
  const held = new Set<ByteRange>();
  const drop = (bytes: ByteRange) => assert.ok(held.delete(bytes), 'bytes are given back once');
  const run: Run = {
    id: '7d0c4a2e-55a1-4a0a-8f7e-0123456789ab',
    streamId: '1b0c4a2e-55a1-4a0a-8f7e-0123456789ab',
    clockEpoch: 0,
  };
  const identity = {
    installationId: '2b0c4a2e-55a1-4a0a-8f7e-0123456789ab',
    cameraId: '3b0c4a2e-55a1-4a0a-8f7e-0123456789ab',
  };
  const writer = new RunWriter({
    root,
    disk: new DiskState(),
    ledger,
    ...identity,
    run,
    drop,
    // As the recording does it: the run ends with its first failure.
    onFailure(error) {
      failures.push(error);
      recorder.end();
    },
    onWritten: () => {},
    onHole: (sinceMs, cause) => ledger.told.push(`${cause} since ${sinceMs - startMs}`),
    after: Promise.resolve(),
  });
  const recorder = new RunRecorder({
    streamId: run.streamId,
    segmentMs: options.segmentMs ?? 60_000,
    audioTrack: undefined,
    emit: (step) => writer.take(step),
    drop,
  });
  const pictures = (from: number, to: number, hole?: GapCause) => {
    for (let index = from; index < to; index++) {
      const size = options.pictureBytes ?? 500;
      const bytes = { chunk: { bytes: Buffer.alloc(size, index % 251), holders: 1 }, start: 0, end: size };
      held.add(bytes);
      // The first second arrives late, so that the start of the run moves back.
      const delayMs = index < 25 ? 400 : (index * 7) % 30;
      recorder.video(
        {
          bytes,
          decodeTicks: trackTicks(index * 3_600),
          presentationTicks: trackTicks(index * 3_600),
          keyFrame: index % 25 === 0,
          arrivalMs: unixMillis(startMs + index * 40 + delayMs),
          track,
        },
        index === from ? hole : undefined,
      );
    }
  };
  const settled = async () => {
    await writer.finish();
    assert.equal(held.size, recorder.hasBegun ? held.size : 0, 'no bytes are kept');
  };
  return { clock, root, ledger, failures, writer, recorder, pictures, settled, held };
}

test('the ledger hears of a segment before its file exists, and of its close when the file is whole', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, recorder, pictures, settled, held } = writing(folder, { segmentMs: 2_000 });
  pictures(0, 120);
  recorder.end();
  await settled();
  assert.deepEqual(
    ledger.told.filter((line) => !line.startsWith('durable')),
    [
      ...['reserve 0', 'reserve 1', 'opened 0', 'closed 0'],
      ...['reserve 2', 'opened 1', 'closed 1'],
      ...['reserve 3', 'opened 2', 'closed 2'],
      'release 3',
    ],
  );
  assert.equal(held.size, 0);
  const [first, second] = ledger.summaries;
  assert.equal(first!.endMs, second!.startMs);
  for (const { id, bytes } of ledger.summaries) {
    const file = await readFile(path.join(folder, ledger.reservations.get(id)!.path));
    assert.equal(file.length, bytes);
  }
});

test('recovery of a file cut at any byte gives what the recorder had told up to there', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, pictures, writer } = writing(folder);
  pictures(0, 230);
  await writer.finish();
  const segment = [...ledger.reservations.values()][0]!;
  const told = ledger.fragments.get(segment.id)!;
  assert.equal(told.length, 9);
  const file = path.join(folder, segment.path);
  const whole = await readFile(file);
  const cuts = [...told.flatMap(({ offset, bytes }) => [offset + 3, offset + bytes - 1, offset + bytes]), 40];
  for (const cut of cuts) {
    await writeFile(file, whole.subarray(0, cut));
    const closed: SegmentSummary[] = [];
    const released: string[] = [];
    const recovered = await recoverSegment(segment, {
      recordingsDir: folder,
      log: { info() {}, warn() {} },
      ledger: {
        openSegments: () => [],
        release: (id) => released.push(id),
        close: (summary) => closed.push(summary),
      },
    });
    const kept = told.filter(({ offset, bytes }) => offset + bytes <= cut);
    if (kept.length === 0) {
      assert.equal(recovered, 'no footage', `cut at ${cut}`);
      assert.deepEqual(released, [segment.id]);
      continue;
    }
    assert.equal(recovered, 'closed', `cut at ${cut}`);
    const { fragments } = closed[0]!;
    assert.deepEqual(
      fragments.map(({ offset, bytes, startTicks }) => ({ offset, bytes, startTicks })),
      kept.map(({ offset, bytes, startTicks }) => ({ offset, bytes, startTicks })),
    );
    if (kept.length === told.length) {
      for (const [index, { startMs }] of fragments.entries()) assert.equal(startMs, told[index]!.startMs);
    }
    assert.equal((await readFile(file)).length, closed[0]!.bytes);
  }
});

test('a hole is told between its two segments, and recovery of either comes to the same wall times', async (context) => {
  const folder = await temporaryFolder(context);
  const { ledger, recorder, pictures, settled } = writing(folder);
  pictures(0, 60);
  pictures(190, 260, 'no_packets');
  recorder.end();
  await settled();
  assert.deepEqual(
    ledger.told.filter((line) => !line.startsWith('durable')),
    [
      ...[
        'reserve 0',
        'reserve 1',
        'opened 0',
        'closed 0',
        `no_packets since ${ledger.summaries[0]!.endMs - startMs}`,
      ],
      ...['reserve 2', 'opened 1', 'closed 1', 'release 2'],
    ],
  );
  const [first, second] = ledger.summaries;
  assert.ok(
    Math.abs(second!.startMs - first!.endMs - 130 * 40) < 5,
    'no more than the clock is bent meanwhile',
  );
  for (const told of ledger.summaries) {
    const segment = ledger.reservations.get(told.id)!;
    const last = told.fragments.at(-1)!;
    const file = path.join(folder, segment.path);
    // As a kill would leave it: without the end that the close writes.
    await writeFile(file, (await readFile(file)).subarray(0, last.offset + last.bytes));
    const closed: SegmentSummary[] = [];
    const release = assert.fail;
    await recoverSegment(segment, {
      recordingsDir: folder,
      log: { info() {}, warn() {} },
      ledger: { openSegments: () => [], release, close: (summary) => closed.push(summary) },
    });
    const times = ({ startMs, endMs, fragments }: SegmentSummary) => [startMs, endMs, fragments];
    assert.deepEqual(times(closed[0]!), times(told));
  }
});

test('files are made durable in rounds, and the ledger is told how far', {
  timeout: 20_000,
}, async (context) => {
  const folder = await temporaryFolder(context);
  const { clock, ledger, pictures, writer } = writing(folder);
  pictures(0, 100);
  await writer.finish();
  assert.equal(
    ledger.told.some((line) => line.startsWith('durable')),
    false,
  );
  clock.advance(2_000);
  await until(() => ledger.told.includes('durable 0: 3'));
});

test('a recordings folder that cannot be written fails the run once and gives all bytes back', async (context) => {
  const folder = path.join(await temporaryFolder(context), 'a file');
  await writeFile(folder, '');
  const { failures, recorder, pictures, settled, ledger, held } = writing(folder);
  pictures(0, 100);
  await settled();
  pictures(100, 200);
  recorder.end();
  await settled();
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['recordings_unwritable'],
  );
  assert.match(failures[0]!.message, /a file/);
  assert.equal(held.size, 0);
  assert.ok(ledger.told.includes('abandoned 0'));
});

test('a disk that does not keep up costs the newest footage, never what is in the file', async (context) => {
  const folder = await temporaryFolder(context);
  const { failures, recorder, pictures, settled, ledger, held } = writing(folder, { pictureBytes: 40_000 });
  // A megabyte a second, faster than any event loop turn: nothing is written in between.
  pictures(0, 25 * 40);
  recorder.end();
  await settled();
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['disk_slow'],
  );
  assert.equal(held.size, 0);
  assert.equal(ledger.summaries.length, 1);
  assert.ok(
    ledger.summaries[0]!.fragments.length >= 30,
    `${ledger.summaries[0]!.fragments.length} fragments`,
  );
});

test('on a full disk the oldest footage makes room and nothing is lost', async (context) => {
  const folder = await smallDisk(context, 4);
  if (!folder) return context.skip('this machine does not allow mounting a small disk');
  const old = path.join(folder, 'old footage');
  await writeFile(old, Buffer.alloc(3 * 1024 * 1024));
  const { failures, recorder, pictures, settled, ledger } = writing(folder, { pictureBytes: 20_000 });
  ledger.room = () => {
    execFileSync('rm', [old]);
    return true;
  };
  pictures(0, 125);
  recorder.end();
  await settled();
  assert.deepEqual(failures, []);
  assert.equal(ledger.told.filter((line) => line === 'make room').length, 1);
  assert.equal(ledger.summaries[0]!.tracks[0]!.samples, 125);
});

test('on a full disk that nothing can be deleted from, what is written stays whole', async (context) => {
  const folder = await smallDisk(context, 2);
  if (!folder) return context.skip('this machine does not allow mounting a small disk');
  const { failures, recorder, pictures, settled, ledger } = writing(folder, { pictureBytes: 20_000 });
  pictures(0, 250);
  recorder.end();
  await settled();
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['disk_full'],
  );
  assert.ok(ledger.told.includes('abandoned 0'));
  const segment = [...ledger.reservations.values()][0]!;
  const closed: SegmentSummary[] = [];
  const repair = () =>
    recoverSegment(segment, {
      recordingsDir: folder,
      log: { info() {}, warn() {} },
      ledger: { openSegments: () => [], release: assert.fail, close: (summary) => closed.push(summary) },
    });
  await repair();
  assert.equal(closed[0]!.fragments.length, ledger.fragments.get(segment.id)!.length);
});
