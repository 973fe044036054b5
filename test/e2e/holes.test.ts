import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import type { Faults } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { frameNumbers } from '../fixtures/frame_numbers.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** In the middle of a GOP, so that what follows the hole does not begin with a key frame. */
const atFrame = 110;
const seconds = 5;
/** Up to the next key frame, one a second: what comes before it cannot be shown. */
const holeMs = Math.ceil((atFrame + seconds * 25) / 25) * 1000 - atFrame * 40;

const holes: readonly { name: string; faults: Faults; cause: string }[] = [
  { name: 'silent', faults: { stall: { atFrame, seconds, lose: true } }, cause: 'no_packets' },
  {
    name: 'sound-alone',
    faults: { stall: { atFrame, seconds, lose: true, pictureOnly: true } },
    cause: 'no_packets',
  },
  { name: 'damaged', faults: { damage: { atFrame, seconds } }, cause: 'damaged' },
];

test('a hole within a session is a gap with its cause, while it lasts and after; pictures that come late leave none', {
  timeout: 120_000,
}, async (context) => {
  const late = { name: 'late', faults: { stall: { atFrame, seconds } } };
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: [...holes, late].map(({ name, faults }) => ({ path: name, faults })),
  });
  context.after(() => simulator.close());
  const cwd = temporaryFolder(context);
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--log-level', 'error'];
  const server = new NightjarProcess(context, words, { cwd });
  let api = `${await server.url()}/api/v1`;
  const add = async (name: string): Promise<string> => {
    const answer = await fetch(`${api}/cameras`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, streams: [{ role: 'main', url: simulator.url(name) }] }),
    });
    return ((await answer.json()) as { id: string }).id;
  };
  const ids = new Map<string, string>();
  for (const { name } of [...holes, late]) ids.set(name, await add(name));
  const address = (name: string) => `${api}/cameras/${ids.get(name)}`;
  const timelineOf = (name: string, isGood: (timeline: TimelineAnswer) => boolean) => {
    return askUntil<TimelineAnswer>(`${address(name)}/timeline?from=0&to=${Date.now() + 600_000}`, isGood);
  };

  const lasting = holes.map(async ({ name, cause }) => {
    const { recordings, gaps } = await timelineOf(name, (timeline) => {
      const last = timeline.gaps.at(-1);
      // That nothing came is all that is known in the first moment.
      return timeline.recordings.length > 0 && last?.ongoing === true && last.cause === cause;
    });
    const gap = gaps.at(-1)!;
    assert.equal(recordings.length, 1);
    assert.equal(recordings[0]!.endMs, gap.startMs);
    assert.equal(recordings[0]!.growing, false);
  });
  await Promise.all(lasting);

  const after = new Map<string, TimelineAnswer>();
  for (const { name, cause } of holes) {
    await context.test(`${name}: the timeline says what was recorded and what was not`, async () => {
      const found = await timelineOf(name, ({ recordings: [, second] }) => {
        return second !== undefined && second.endMs - second.startMs > 2_000;
      });
      after.set(name, found);
      const [first, second] = found.recordings;
      assert.equal(found.recordings.length, 2);
      const gap = found.gaps.at(-1)!;
      assert.deepEqual(gap, { startMs: first!.endMs, endMs: second!.startMs, cause, ongoing: false });
      assert.ok(Math.abs(gap.endMs - gap.startMs - holeMs) < 100, JSON.stringify(gap));
      assert.ok(Math.abs(first!.endMs - first!.startMs - atFrame * 40) < 100, JSON.stringify(first));
      assert.equal(first!.runId, second!.runId);
      const clip = `${address(name)}/clip.mp4?from=${first!.startMs}&to=${second!.startMs + 2_000}`;
      const numbers = await frameNumbers(clip);
      assert.deepEqual(numbers.slice(0, atFrame), [...Array(atFrame).keys()]);
      assert.ok(numbers.length > atFrame + 25, `${numbers.length} pictures`);
      const list = `${address(name)}/playlist.m3u8?from=${first!.startMs}&to=${second!.startMs + 2_000}`;
      const played = await frameNumbers(list);
      assert.deepEqual(played.slice(0, atFrame), [...Array(atFrame).keys()]);
      assert.ok(played.length > atFrame + 25, `${played.length} pictures played`);
    });
  }

  await context.test('late: nothing is missing', async () => {
    const { recordings, gaps } = await timelineOf('late', ({ recordings: [first] }) => {
      return first !== undefined && first.endMs - first.startMs > 12_000;
    });
    assert.equal(recordings.length, 1);
    assert.ok(gaps.every(({ startMs }) => startMs < recordings[0]!.startMs));
  });

  await context.test('after a kill the holes are where they were', async () => {
    server.child.kill('SIGKILL');
    await server.ended;
    const again = new NightjarProcess(context, words, { cwd });
    api = `${await again.url()}/api/v1`;
    for (const { name } of holes) {
      const before = after.get(name)!;
      const now = await timelineOf(name, () => true);
      const facts = ({ recordings, gaps }: TimelineAnswer) => ({
        first: recordings[0],
        hole: gaps.find(({ startMs }) => startMs === recordings[0]!.endMs),
        next: recordings[1]!.startMs,
      });
      assert.deepEqual(
        { ...facts(now), first: { ...facts(now).first, bytes: 0 } },
        { ...facts(before), first: { ...facts(before).first, bytes: 0 } },
      );
    }
  });
});
