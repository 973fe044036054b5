import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock/system_clock.ts';
import { parseDialogue } from '../../src/dialogue/dialogue_text.ts';
import { recordUrl } from '../../src/recorder/record_url.ts';
import { parseRange, type Range } from '../../src/rtsp/range.ts';
import { DialogueCamera } from '../../src/simulator/dialogue_camera.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { unixMillis } from '../../src/units/time.ts';
import { frameNumbers } from '../fixtures/frame_numbers.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { gstreamerMissing, startGstreamerCamera } from '../gstreamer/gstreamer_camera.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

const timeout = 120_000;
const noon = unixMillis(Date.UTC(2026, 0, 31, 12));
const framesPerSecond = 25;

async function folder(context: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'nightjar-playback-'));
  context.after(() => rm(made, { recursive: true }));
  return made;
}

/** A camera that recorded eight seconds from noon on. */
async function archive(context: TestContext, replay = true) {
  const cameras = [{ path: 'sd', username: 'viewer', password: 'secret', recordedFromMs: noon, replay }];
  const simulator = await startSimulator({ clock: systemClock, cameras });
  context.after(() => simulator.close());
  return simulator;
}

const range = (text: string): Range => parseRange(text)!;
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

for (const replay of [true, false]) {
  test(`footage of an SD card is fetched by the clock, faster than it was recorded, with the time it was recorded at, ${replay ? "by ONVIF's replay" : 'by plain RTSP'}`, {
    timeout,
  }, async (context) => {
    const simulator = await archive(context, replay);
    const words = ['record', simulator.url('sd'), '--username', 'viewer', '--password', 'secret', '--json'];
    const asked = [
      '--range',
      'clock=20260131T120002.5Z-20260131T120006Z',
      ...(replay ? [] : ['--speed', '8']),
    ];
    const cwd = temporaryFolder(context);
    const command = new NightjarProcess(context, [...words, ...asked, '--out', 'footage'], { cwd });
    assert.deepEqual(await command.ended, { code: 0, signal: null });
    const { files, frames, startMs, endMs, endedEarly } = JSON.parse(command.stdout);
    assert.equal(endedEarly, undefined);
    // It begins with the key frame before: there is one each second.
    assert.deepEqual([startMs - noon, endMs - noon, frames], [2_000, 6_000, 100]);
    assert.match(files[0], /\/2026\/01\/31\/12\/\d+-0-\w+\.mp4$/);
    assert.deepEqual(await frameNumbers(files[0]), numbers(50, 150));
  });
}

const parts: readonly [
  range: string,
  speed: number | undefined,
  scale: number | undefined,
  from: number,
  to: number,
][] = [
  ['npt=1-3', undefined, undefined, 25, 75],
  ['clock=20260131T120000Z-20260131T120004Z', undefined, 4, 0, 100],
];

for (const [text, speed, scale, from, to] of parts) {
  test(`${text} at scale ${scale ?? 1} and speed ${speed ?? 1} is recorded picture by picture`, {
    timeout,
  }, async (context) => {
    const simulator = await archive(context);
    const { files, startMs, endMs } = await recordUrl({
      url: simulator.url('sd'),
      username: 'viewer',
      password: 'secret',
      playback: { range: range(text), speed, scale },
      outDir: await folder(context),
      clock: systemClock,
    });
    assert.deepEqual(await frameNumbers(files[0]!), numbers(from, to));
    assert.equal(endMs - startMs, ((to - from) * 1000) / framesPerSecond / (scale ?? 1));
  });
}

test('of an archive that is cut off what came is in the files, and why there is no more is told', {
  timeout,
}, async (context) => {
  const faults = { closeAfterPackets: 80 };
  const cameras = [{ path: 'sd', audio: false, recordedFromMs: noon, replay: false, faults }];
  const simulator = await startSimulator({ clock: systemClock, cameras });
  context.after(() => simulator.close());
  const { files, frames, endedEarly } = await recordUrl({
    url: simulator.url('sd'),
    playback: { range: range('npt=0-6'), speed: 8 },
    outDir: await folder(context),
    clock: systemClock,
  });
  assert.match(endedEarly!, /the connection was closed/);
  assert.deepEqual(await frameNumbers(files[0]!), numbers(0, frames));
  assert.ok(frames > 10 && frames < 150, `${frames} frames`);
  assert.equal(simulator.counters('sd').sessions, 1, 'nothing is fetched twice');
});

test('of a live camera that stops sending shortly before the end it is told that there is less', {
  timeout,
}, async (context) => {
  const cameras = [{ path: 'cam', audio: false, finiteFrames: 30, atEnd: 'wait' as const }];
  const simulator = await startSimulator({ clock: systemClock, cameras });
  context.after(() => simulator.close());
  const { endedEarly } = await recordUrl({
    url: simulator.url('cam'),
    outDir: await folder(context),
    durationS: 2,
    clock: systemClock,
  });
  assert.equal(endedEarly, '1.2 of 2.0 s: the camera stopped sending shortly before the end.');
});

test('a range that nothing was recorded of is said to be so, at once', { timeout }, async (context) => {
  const simulator = await archive(context);
  const fetching = recordUrl({
    url: simulator.url('sd'),
    username: 'viewer',
    password: 'secret',
    playback: { range: range('clock=20250131T120000Z-20250131T120004Z') },
    outDir: await folder(context),
    clock: systemClock,
  });
  await assert.rejects(fetching, {
    code: 'range_not_there',
    message: /457 .*there is no footage of that range/,
  });
});

/** A recorder's archive of ten seconds that sends all of it, and claims so, whatever part it is asked for. */
const tenSeconds = [
  'C: PLAY',
  'S: RTSP/1.0 200 OK',
  'S: Session: 66334873',
  'S: Range: clock=20260131T120000Z-20260131T120010Z',
  '',
  'M: 0 h264 frames=200 burst',
  'M: 0 h264 from=0 frames=50 burst',
  'M: 0 bye',
  'close:',
];

async function dialogueCamera(context: TestContext, lines: readonly string[]) {
  const dialogue = parseDialogue(['camera: Archive', ...lines, ''].join('\n'), 'archive');
  const camera = await DialogueCamera.start({ dialogue, clock: systemClock, again: false, onSurprise() {} });
  context.after(() => camera.close());
  return camera;
}

test('an archive that begins with an earlier key frame is recorded up to the end that was asked for', {
  timeout,
}, async (context) => {
  // The last two seconds at the speed of time.
  const lines = tenSeconds.map((line) => line.replace('frames=50 burst', 'frames=50'));
  const camera = await dialogueCamera(context, lines);
  const { frames, startMs, endMs, ...verdict } = await recordUrl({
    url: camera.url,
    playback: { range: range('clock=20260131T120004Z-20260131T120010Z') },
    outDir: await folder(context),
    clock: systemClock,
  });
  assert.deepEqual([startMs - noon, endMs - noon, frames], [0, 10_000, 250]);
  assert.deepEqual([verdict.endedEarly, verdict.unconfirmed], [undefined, undefined]);
});

test('an archive that ends before the end that was asked for is said to, though it began earlier', {
  timeout,
}, async (context) => {
  const camera = await dialogueCamera(context, tenSeconds);
  const { endMs, endedEarly } = await recordUrl({
    url: camera.url,
    playback: { range: range('clock=20260131T120003Z-20260131T120012Z') },
    outDir: await folder(context),
    clock: systemClock,
  });
  assert.equal(endMs - noon, 10_000);
  assert.match(endedEarly!, /goodbye|closed/);
});

for (const text of ['npt=5-', 'npt=-3', 'clock=20260131T120005Z-']) {
  test(`${text} is recorded until the archive is over`, { timeout }, async (context) => {
    const simulator = await archive(context);
    const words = ['record', simulator.url('sd'), '--username', 'viewer', '--password', 'secret', '--json'];
    const cwd = temporaryFolder(context);
    const asked = ['--range', text, '--speed', '8', '--out', 'footage'];
    const command = new NightjarProcess(context, [...words, ...asked], { cwd });
    assert.deepEqual(await command.ended, { code: 0, signal: null }, command.stderr);
    const { files, endedEarly, unconfirmed } = JSON.parse(command.stdout);
    assert.deepEqual(await frameNumbers(files[0]), numbers(125, 200));
    assert.deepEqual([endedEarly, unconfirmed], [undefined, undefined]);
  });
}

test('a camera without an archive is not recorded in the place of one', { timeout }, async (context) => {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'now' }] });
  context.after(() => simulator.close());
  const outDir = await folder(context);
  for (const text of ['npt=10-14', 'clock=20260131T120005Z-20260131T120010Z']) {
    const playback = { range: range(text) };
    const recording = recordUrl({ url: simulator.url('now'), playback, outDir, clock: systemClock });
    await assert.rejects(recording, { code: 'range_ignored', message: /plays "npt=now-"/ });
  }
  assert.deepEqual(
    (await readdir(outDir, { recursive: true })).filter((name) => name.endsWith('.mp4')),
    [],
  );
});

test('what a camera plays without a word of the range is recorded, and fails', {
  timeout,
}, async (context) => {
  const camera = await dialogueCamera(
    context,
    tenSeconds.filter((line) => !line.startsWith('S: Range')),
  );
  const cwd = temporaryFolder(context);
  const words = ['record', camera.url, '--range', 'npt=0-10', '--out', 'footage'];
  const command = new NightjarProcess(context, words, { cwd });
  assert.deepEqual(await command.ended, { code: 1, signal: null }, command.stderr);
  assert.match(
    command.stdout,
    /250 frames in 10\.0 s, .*\nNot confirmed: .* did not answer which part it plays/,
  );
});

test("of a file of GStreamer's server the part that was asked for is recorded", {
  timeout,
  skip: await gstreamerMissing(),
}, async (context) => {
  const clip = await numberedClip({ frames: 250, audio: true });
  const camera = await startGstreamerCamera({ clip: clip.mp4File });
  context.after(() => camera.stop());
  const { files } = await recordUrl({
    url: camera.url('clip'),
    playback: { range: range('npt=4-7') },
    outDir: await folder(context),
    clock: systemClock,
  });
  const recorded = await frameNumbers(files[0]!);
  const [first] = recorded as [number];
  assert.ok(first <= 100 && first > 60, `it begins with picture ${first}`);
  assert.deepEqual(recorded, numbers(first, first + recorded.length));
  assert.ok(Math.abs(first + recorded.length - 175) <= 2, `it ends with picture ${recorded.at(-1)}`);
});
