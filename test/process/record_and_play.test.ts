import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { frameNumbers } from '../fixtures/frame_numbers.ts';
import { askUntil, NightjarProcess, temporaryFolder } from './nightjar_process.ts';

const password = 'Tr1cky-W0rd';

async function startCamera(context: TestContext) {
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: ['gate', 'moved'].map((path) => ({ path, username: 'joe', password })),
  });
  context.after(() => simulator.close());
  return simulator;
}

function send(method: string, url: string, body?: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url, { method, ...(body && { headers, body: JSON.stringify(body) }) });
}

/** Each number is the one before plus one, but where the clip begins again. */
function assertNothingMissing(numbers: readonly number[]): void {
  for (let at = 1; at < numbers.length; at++) {
    const follows = numbers[at] === numbers[at - 1]! + 1 || numbers[at] === 0;
    assert(follows, `picture ${numbers[at]} follows ${numbers[at - 1]} in ${numbers.join(' ')}`);
  }
}

test('a camera is recorded, played, clipped, lost to a kill, and still there afterwards', async (context) => {
  const simulator = await startCamera(context);
  const cwd = temporaryFolder(context);
  const words = ['serve', '--port', '0', '--segment-seconds', '2'];
  const first = new NightjarProcess(context, words, { cwd });
  const api = `${await first.url()}/api/v1`;
  const url = simulator.url('gate').replace('rtsp://', `rtsp://joe:${password}@`);
  const added = await send('POST', `${api}/cameras`, { name: 'Gate', streams: [{ role: 'main', url }] });
  assert.equal(added.status, 201);
  const camera = (await added.json()) as { id: string; createdMs: number };
  const base = `${api}/cameras/${camera.id}`;

  const window = `from=${camera.createdMs - 10_000}&to=${camera.createdMs + 600_000}`;
  const isLongEnough = ({ recordings: [stretch] }: TimelineAnswer) => {
    return stretch !== undefined && stretch.endMs - stretch.startMs > 7_000;
  };
  const timeline = await askUntil<TimelineAnswer>(`${base}/timeline?${window}`, isLongEnough);
  assert.equal(timeline.recordings.length, 1);
  const { startMs } = timeline.recordings[0]!;

  await context.test(
    'the clip is exactly what was asked, and the same to the byte for HEAD and GET',
    async () => {
      const clip = `${base}/clip.mp4?from=${startMs + 1_000}&to=${startMs + 4_000}`;
      const head = await send('HEAD', clip);
      const body = await (await fetch(clip)).arrayBuffer();
      assert.equal(Number(head.headers.get('content-length')), body.byteLength);
      const numbers = await frameNumbers(clip);
      // 25 pictures a second; the first and the last may be cut by the window.
      assert(numbers.length === 75 || numbers.length === 76, `${numbers.length} pictures`);
      assertNothingMissing(numbers);
      const part = await fetch(clip, { headers: { range: 'bytes=100-199' } });
      assert.equal(part.status, 206);
      assert.deepEqual(Buffer.from(await part.arrayBuffer()), Buffer.from(body).subarray(100, 200));
    },
  );

  await context.test('the playlist plays without a gap over the turns of the segments', async () => {
    const numbers = await frameNumbers(`${base}/playlist.m3u8?from=${startMs}&to=${startMs + 6_000}`);
    assert(numbers.length >= 150, `${numbers.length} pictures`);
    assertNothingMissing(numbers);
  });

  await context.test('changing the URL keeps the stream and its footage', async () => {
    const { streams } = (await (await fetch(base)).json()) as { streams: { id: string; state: string }[] };
    assert.equal(streams[0]!.state, 'recording');
    const moved = await send('PATCH', base, {
      streams: [{ role: 'main', url: simulator.url('moved') }],
    });
    const after = (await moved.json()) as { streams: { id: string }[] };
    assert.equal(after.streams[0]!.id, streams[0]!.id);
    await askUntil<TimelineAnswer>(`${base}/timeline?${window}`, ({ recordings }) => recordings.length === 2);
  });

  await context.test('after a kill and a start, everything up to the last fragment is there', async () => {
    const before = (await (await fetch(`${base}/timeline?${window}`)).json()) as TimelineAnswer;
    first.child.kill('SIGKILL');
    await first.ended;
    const second = new NightjarProcess(context, words, { cwd });
    const restarted = `${await second.url()}/api/v1/cameras/${camera.id}`;
    const found = (await (await fetch(`${restarted}/timeline?${window}`)).json()) as TimelineAnswer;
    const lastBefore = before.recordings.at(-1)!;
    const same = found.recordings.find(({ startMs }) => Math.abs(startMs - lastBefore.startMs) < 20);
    assert(same && same.endMs >= lastBefore.endMs - 20, JSON.stringify({ before, found }));
    const numbers = await frameNumbers(`${restarted}/clip.mp4?from=${startMs}&to=${lastBefore.endMs}`);
    assert(numbers.length > 0);
    const whole = await askUntil<TimelineAnswer>(`${restarted}/timeline?${window}`, ({ recordings }) => {
      return recordings.at(-1)!.startMs > lastBefore.startMs;
    });
    assert(
      whole.gaps.some(({ cause }) => cause === 'crash'),
      JSON.stringify(whole.gaps),
    );
    second.child.kill('SIGTERM');
    assert.deepEqual(await second.ended, { code: 0, signal: null });
    assert.doesNotMatch(first.stderr + first.stdout + second.stderr + second.stdout, /Tr1cky/);
  });
});

test('probe says what a camera sends, and why it cannot', async (context) => {
  const simulator = await startCamera(context);
  const cwd = temporaryFolder(context);
  const url = simulator.url('gate');
  const good = ['probe', url, '--username', 'joe', '--password', password, '--duration', '1', '--json'];
  const [found, refused] = [
    new NightjarProcess(context, good, { cwd }),
    new NightjarProcess(context, ['probe', url.replace('rtsp://', 'rtsp://joe:Wr0ng-W0rd@')], { cwd }),
  ];
  assert.equal((await found.ended).code, 0, found.stderr);
  const report = JSON.parse(found.stdout);
  assert.equal(report.url, url);
  assert.deepEqual([report.video.codec, report.video.width, report.video.height], ['h264', 640, 360]);
  assert.equal(report.audio.codec, 'aac');
  assert.equal((await refused.ended).code, 1);
  assert.match(
    refused.stdout,
    /RTSP\/1\.0 401 Unauthorized[\s\S]*It cannot be recorded: [\s\S]*\(camera_authentication\)\n$/,
  );
  assert.match(refused.stderr, /^nightjar: .*\(camera_authentication\)\n$/);
  assert.doesNotMatch(refused.stdout + refused.stderr + found.stdout, /Wr0ng|Tr1cky/);
});

test('record writes the asked length into files without a server', async (context) => {
  const simulator = await startCamera(context);
  const cwd = temporaryFolder(context);
  const url = simulator.url('gate').replace('rtsp://', `rtsp://joe:${password}@`);
  const words = ['record', url, '--out', 'footage', '--duration', '3', '--segment-seconds', '2', '--json'];
  const recording = new NightjarProcess(context, words, { cwd });
  assert.equal((await recording.ended).code, 0, recording.stderr);
  const result = JSON.parse(recording.stdout);
  assert(result.endMs - result.startMs >= 2_900, recording.stdout);
  assert(result.files.length >= 2);
  const numbers = [];
  for (const file of result.files) {
    assert(existsSync(file) && file.startsWith(path.join(cwd, 'footage')));
    numbers.push(...(await frameNumbers(file)));
  }
  assert.equal(numbers.length, result.frames);
  assertNothingMissing(numbers);
  assert.doesNotMatch(recording.stdout + recording.stderr, /Tr1cky/);
});

test('demo records simulated cameras and leaves nothing behind', async (context) => {
  const cwd = temporaryFolder(context);
  const demo = new NightjarProcess(context, ['demo', '--port', '0', '--json'], { cwd });
  const url = await demo.url();
  await demo.printed('stdout', /\n/);
  const { folder } = JSON.parse(demo.stdout);
  interface Answer {
    cameras: { streams: { state: string }[] }[];
  }
  await askUntil<Answer>(`${url}/api/v1/cameras`, ({ cameras }) => {
    return (
      cameras.length === 2 &&
      cameras.every(({ streams }) => streams.every(({ state }) => state === 'recording'))
    );
  });
  assert(existsSync(path.join(folder, 'recordings')));
  demo.child.kill('SIGINT');
  assert.deepEqual(await demo.ended, { code: 0, signal: null });
  assert.equal(existsSync(folder), false);
});
