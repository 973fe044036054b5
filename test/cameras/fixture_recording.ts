import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import type { Dialogue } from '../../src/dialogue/dialogue.ts';
import type { GapCause } from '../../src/footage/gap_cause.ts';
import type { Run, SegmentReservation } from '../../src/footage/segment.ts';
import { ChunkPool } from '../../src/media/sample_arena.ts';
import { FileLedger } from '../../src/recorder/file_ledger.ts';
import { HostClock } from '../../src/recorder/host_clock.ts';
import type { StreamStatus } from '../../src/recorder/status.ts';
import { StorageRoot } from '../../src/recorder/storage_root.ts';
import { StreamRecorder } from '../../src/recorder/stream_recorder.ts';
import { DialogueCamera } from '../../src/simulator/dialogue_camera.ts';
import { testRootId } from '../fixtures/test_root.ts';

const stepMs = 20;
/** Simulated time after which a dialogue is taken to be stuck. */
const patienceMs = 5 * 60_000;
/** Simulated time for what the recorder still has in hand when the dialogue is over. */
const settleMs = 1_000;

/** What became of a dialogue. */
export interface FixtureRecording {
  readonly surprises: readonly string[];
  /** The event that never came; undefined when all did. */
  readonly missing: string | undefined;
  readonly heard: readonly string[];
  readonly statuses: readonly StreamStatus[];
  readonly causes: readonly GapCause[];
  readonly warnings: readonly string[];
  readonly runs: number;
  /** Wall time of the end of the dialogue. */
  readonly overMs: number;
  /** Oldest first. */
  readonly files: readonly {
    readonly bytes: Buffer;
    readonly tracks: FileLedger['closedSegments'][number]['summary']['tracks'];
    readonly seconds: number;
    /** Wall time, simulated as all time is. */
    readonly endMs: number;
  }[];
}

class RunLedger extends FileLedger {
  readonly runs = new Set<string>();

  override reserve(reservation: SegmentReservation, run?: Run): Promise<void> {
    if (run) this.runs.add(run.id);
    return super.reserve(reservation);
  }
}

/** Knows whether the disk has something in hand. */
class WatchedRoot extends StorageRoot {
  readonly #calls = new Set<Promise<unknown>>();

  get isBusy(): boolean {
    return this.#calls.size > 0;
  }

  override create(relativePath: string): Promise<number> {
    return this.#watch(super.create(relativePath));
  }

  override write(fd: number, parts: readonly Uint8Array[], offset: number): Promise<void> {
    return this.#watch(super.write(fd, parts, offset));
  }

  override sync(fd: number): Promise<void> {
    return this.#watch(super.sync(fd));
  }

  override close(fd: number): Promise<void> {
    return this.#watch(super.close(fd));
  }

  #watch<Result>(call: Promise<Result>): Promise<Result> {
    this.#calls.add(call);
    const done = () => this.#calls.delete(call);
    call.then(done, done);
    return call;
  }
}

/** Plays a dialogue against the recorder, with real sockets and files, in simulated time. */
export async function recordFixture(dialogue: Dialogue): Promise<FixtureRecording> {
  const clock = new SimulatedClock();
  const surprises: string[] = [];
  const onSurprise = (surprise: string) => surprises.push(surprise);
  const camera = await DialogueCamera.start({ dialogue, clock, onSurprise });
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-fixture-'));
  const ledger = new RunLedger();
  const root = new WatchedRoot({ id: testRootId, folder, clock, syncMs: 2_000 });
  const statuses: StreamStatus[] = [];
  const causes: GapCause[] = [];
  const warnings: string[] = [];
  const recorder = new StreamRecorder(
    {
      installationId: randomUUID(),
      cameraId: randomUUID(),
      cameraName: dialogue.camera,
      streamId: randomUUID(),
      role: 'main',
      url: camera.url,
      ...dialogue.login,
      transport: dialogue.transport,
      record: true,
      segmentMs: 600_000,
      rootId: testRootId,
    },
    {
      clock,
      hostClock: new HostClock(clock),
      ledger,
      root,
      pool: new ChunkPool(),
      receiveBuffer: Buffer.alloc(64 * 1024),
      logger: { info() {}, warn: (_, message) => warnings.push(message) },
    },
    {
      onStatus: (status) => statuses.push(status),
      onNotRecording: (_, cause) => causes.push(cause),
      onLive() {},
    },
  );
  /** Lets the sockets and the disk work before time goes on: no disk takes long in simulated time. */
  const goOn = async () => {
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (!root.isBusy && root.queuedBytes === 0) clock.advance(stepMs);
  };
  const over = () => camera.idle && (camera.next === undefined || camera.next.what === 'TEARDOWN');
  try {
    recorder.start();
    while (!over() && clock.monotonic() < patienceMs) await goOn();
    const overMs = clock.now();
    const endMs = clock.monotonic() + settleMs;
    while (clock.monotonic() < endMs) await goOn();
    let stopped = false;
    const stopping = recorder.stop().then(() => {
      stopped = true;
    });
    while (!stopped) await goOn();
    await stopping;
    const { next } = camera;
    const files = ledger.closedSegments.map(async ({ path: file, summary }) => ({
      bytes: await readFile(path.join(folder, file)),
      tracks: summary.tracks,
      seconds: (summary.endMs - summary.startMs) / 1000,
      endMs: summary.endMs,
    }));
    return {
      surprises,
      missing: next && `line ${next.line}: ${next.what}`,
      heard: camera.heard,
      statuses,
      causes,
      warnings,
      runs: ledger.runs.size,
      overMs,
      files: await Promise.all(files),
    };
  } finally {
    await camera.close();
    await rm(folder, { recursive: true, force: true });
  }
}
