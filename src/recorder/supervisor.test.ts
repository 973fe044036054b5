import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { testRootId, testRoots } from '../../test/fixtures/test_root.ts';
import { until } from '../../test/fixtures/until.ts';
import { RecorderThreads } from './recorder_threads.ts';
import { Supervisor } from './supervisor.ts';
import { pingMs } from './worker_pool.ts';

const faultyRecorder = new URL('../../test/fixtures/faulty_recorder_worker.ts', import.meta.url);

const restarts = ({ supervision: { streamRestarts, workerRestarts } }: Supervisor) => ({
  streamRestarts,
  workerRestarts,
});

/** Real threads that run a recorder with the faults that the names of cameras say, and a clock that the test moves. */
function supervise(
  context: TestContext,
  faults: readonly string[],
  { workers = 1, storageUsable = true } = {},
) {
  const fixture = new IndexFixture(1_000_000);
  const { clock, index } = fixture;
  let pings = 0;
  let heard = () => {};
  const errors: string[] = [];
  const repaired: string[] = [];
  const recorders = new RecorderThreads(0, faultyRecorder);
  const threads = { begun: 0 };
  const onWorker = () => void threads.begun++;
  process.on('worker', onWorker);
  const supervisor = new Supervisor({
    index,
    journal: { openGap() {}, closeGap() {}, runBegins() {} },
    clock,
    log: {
      info(_, text) {
        if (text === 'ping') pings++;
        heard();
      },
      warn() {},
      error: (_, text) => void errors.push(text),
    },
    settings: {
      roots: testRoots(fixture.folder),
      rootIdOf: () => testRootId,
      syncMs: 2_000,
      segmentMs: 60_000,
      workers,
    },
    makeRoom: async () => false,
    repair: async ({ id, streamId }) => {
      repaired.push(streamId);
      index.ledger.release(id);
    },
    isStorageUsable: () => storageUsable,
    takeThread: (settings) => recorders.take(settings),
  });
  const cameras = faults.map((fault) => {
    const streamId = randomUUID();
    const url = fault === 'unaddressed' ? '' : `rtsp://camera/${fault}`;
    const { cameraId } = fixture.addCamera({
      name: fault,
      streams: [{ id: streamId, role: 'main', url, transport: 'auto', record: true }],
    });
    return { cameraId, streamId };
  });
  supervisor.start(index.cameras.list());
  context.after(async () => {
    process.off('worker', onWorker);
    const stopped = supervisor.stop();
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(2_000);
    await stopped;
    fixture.remove();
  });

  /** Lets time pass; each ping is dealt with by so many workers before the next one. */
  async function pass(seconds: number, answering = workers): Promise<void> {
    for (let passed = 0; passed < seconds * 1_000; passed += pingMs) {
      const expected = pings + answering;
      clock.advance(pingMs);
      while (pings < expected) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    }
  }

  const streamOf = (fault: string) => cameras[faults.indexOf(fault)]!.streamId;
  const cameraOf = (fault: string) => cameras[faults.indexOf(fault)]!.cameraId;
  const gapsOf = (fault: string) =>
    index.footage.gaps(streamOf(fault), 0, Number.MAX_SAFE_INTEGER).map(({ cause }) => cause);
  return { supervisor, index, clock, pass, errors, repaired, threads, streamOf, cameraOf, gapsOf };
}

test('a stream that says it records and commits nothing is begun anew after a minute, and is on record', async (context) => {
  const { supervisor, pass, errors, threads, streamOf, gapsOf } = supervise(context, ['lies-once', 'good']);
  await pass(55);
  assert.equal(supervisor.restarts(streamOf('lies-once')), 0);
  await pass(5);
  assert.equal(supervisor.restarts(streamOf('lies-once')), 1);
  assert.match(errors[0]!, /^Nothing of this stream was committed for 60 s, whatever its recorder says/);
  assert.deepEqual(gapsOf('lies-once'), ['crash']);
  await until(() => supervisor.streamStatus(streamOf('lies-once'))?.state === 'recording');
  await pass(600);
  assert.deepEqual(restarts(supervisor), { streamRestarts: 1, workerRestarts: 0 });
  assert.equal(threads.begun, 1);
  assert.equal(supervisor.restarts(streamOf('good')), 0);
});

test('when beginning a stream anew does not help its worker is replaced, once, and the other streams go on', async (context) => {
  const { supervisor, clock, pass, threads, repaired, streamOf } = supervise(context, ['lies', 'good']);
  await pass(60);
  await until(() => supervisor.streamStatus(streamOf('lies'))?.state === 'recording');
  await pass(55);
  clock.advance(pingMs);
  await until(() => supervisor.supervision.workerRestarts === 1);
  assert.deepEqual(repaired, [streamOf('good')], 'its open file is recovered at once');
  assert.equal(supervisor.streamStatus(streamOf('good'))?.state, 'backing_off');
  clock.advance(1_000);
  await until(() => supervisor.streamStatus(streamOf('good'))?.state === 'recording');
  assert.equal(threads.begun, 2);
  await pass(3_600);
  assert.equal(supervisor.supervision.workerRestarts, 1);
  // After pauses of one, two, four, eight and then ten minutes each.
  assert.equal(supervisor.restarts(streamOf('lies')), 9);
  assert.equal(supervisor.restarts(streamOf('good')), 0);
});

test('a worker that does not stop a stream is replaced', async (context) => {
  const { supervisor, clock, pass, threads } = supervise(context, ['deaf']);
  await pass(60);
  assert.deepEqual(restarts(supervisor), { streamRestarts: 1, workerRestarts: 0 });
  clock.advance(10_000);
  await until(() => supervisor.supervision.workerRestarts === 1);
  clock.advance(1_000);
  await until(() => threads.begun === 2);
});

test('a worker whose thread is blocked is ended, and the streams of the others never notice', async (context) => {
  const { supervisor, pass, errors, threads, streamOf } = supervise(context, ['spins', 'good'], {
    workers: 2,
  });
  await pass(20, 1);
  assert.deepEqual(restarts(supervisor), { streamRestarts: 0, workerRestarts: 0 });
  await pass(5, 1);
  await until(() => supervisor.supervision.workerRestarts === 1);
  assert.match(errors[0]!, /^A recorder worker has not answered for 20 s\. It is ended/);
  // The one in its place is blocked by the same stream again, and later each time.
  await pass(600, 1);
  assert.ok(threads.begun <= 2 + 600 / 25, `${threads.begun} threads`);
  assert.equal(supervisor.streamStatus(streamOf('good'))?.state, 'recording');
  assert.equal(supervisor.restarts(streamOf('good')), 0);
});

test('a camera that cannot be reached is tried by its recorder and not begun anew', async (context) => {
  const { supervisor, pass } = supervise(context, ['away']);
  await pass(1_800);
  assert.deepEqual(restarts(supervisor), { streamRestarts: 0, workerRestarts: 0 });
});

test('a camera whose address is not known is not paused but missing, until it has one', async (context) => {
  const { supervisor, index, pass, streamOf, cameraOf, gapsOf } = supervise(context, ['unaddressed']);
  const statusOf = () => supervisor.streamStatus(streamOf('unaddressed'));
  assert.equal(statusOf()?.state, 'needs-address');
  assert.equal(statusOf()?.errorCode, 'camera_address_missing');
  const camera = () => index.cameras.list().find(({ id }) => id === cameraOf('unaddressed'))!;
  await pass(60);
  await supervisor.applyCamera({ ...camera(), name: 'Renamed' });
  assert.deepEqual(gapsOf('unaddressed'), ['unreachable']);
  const streams = camera().streams.map((stream) => ({ ...stream, url: 'rtsp://camera/good' }));
  await supervisor.applyCamera({ ...camera(), streams });
  await until(() => statusOf()?.state === 'recording');
  assert.deepEqual(gapsOf('unaddressed'), ['unreachable']);
});

test('what waits for a slow disk is given five minutes', async (context) => {
  const { supervisor, pass } = supervise(context, ['disk']);
  await pass(295);
  assert.equal(supervisor.supervision.streamRestarts, 0);
  await pass(5);
  assert.equal(supervisor.supervision.streamRestarts, 1);
});

test('while the disk is away nothing is begun anew', async (context) => {
  const { supervisor, pass } = supervise(context, ['lies'], { storageUsable: false });
  await pass(900);
  assert.equal(supervisor.supervision.streamRestarts, 0);
});

test('lines that a worker holds back are counted', async (context) => {
  const { supervisor, pass } = supervise(context, ['noisy']);
  await pass(20);
  assert.equal(supervisor.supervision.logLinesHeldBack, 12);
});
