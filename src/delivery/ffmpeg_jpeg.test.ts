import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ffprobe, runTool } from '../../test/fixtures/ffprobe.ts';
import { frameNumbers } from '../../test/fixtures/frame_numbers.ts';
import { numberedClip } from '../../test/fixtures/numbered_clip.ts';
import { until } from '../../test/fixtures/until.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { systemClock } from '../clock/system_clock.ts';
import { ffmpegJpeg, jpegWidth } from './ffmpeg_jpeg.ts';

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'nightjar-jpeg-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** One picture as a fragmented file, made by ffmpeg of what its arguments say. */
async function movie(...words: string[]): Promise<Buffer> {
  const container = ['-movflags', '+frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4', 'pipe:1'];
  const { output, errors } = await runTool('ffmpeg', [
    '-v',
    'error',
    ...words,
    '-frames:v',
    '1',
    ...container,
  ]);
  assert.equal(errors, '');
  return output;
}

const source = (size: string, filter = 'null') => [
  ...['-f', 'lavfi', '-i', `testsrc=s=${size}`, '-vf', filter, '-pix_fmt', 'yuv420p'],
];

test('the picture is the one of the movie', async (context) => {
  const { mp4File } = await numberedClip({ frames: 50, width: 640, height: 360 });
  // The second key frame of the clip.
  const bytes = await movie('-ss', '1', '-i', mp4File, '-c', 'copy');
  const jpeg = join(folderOf(context), 'picture.jpg');
  writeFileSync(jpeg, await ffmpegJpeg(bytes, { clock: systemClock }));
  assert.deepEqual(await frameNumbers(jpeg), [25]);
});

for (const [what, words, width, height] of [
  [
    'H.265 is made small',
    [...source('1280x720'), '-c:v', 'libx265', '-x265-params', 'log-level=none'],
    320,
    180,
  ],
  ['MJPEG of a small camera keeps its size', [...source('160x120'), '-c:v', 'mjpeg'], 160, 120],
  ['a corridor is upright', [...source('360x640'), '-c:v', 'libx264'], 320, 568],
  [
    'pixels that are no squares are made some',
    [...source('704x576', 'setsar=12/11'), '-c:v', 'libx264'],
    320,
    240,
  ],
] as const) {
  test(what, async (context) => {
    const jpeg = join(folderOf(context), 'picture.jpg');
    writeFileSync(jpeg, await ffmpegJpeg(await movie(...words), { clock: systemClock }));
    const [stream] = (await ffprobe(jpeg)).streams;
    assert.deepEqual([stream!.codec_name, stream!.width, stream!.height], ['mjpeg', width, height]);
    assert.ok(stream!.width! <= jpegWidth);
  });
}

/** A program in place of ffmpeg. */
function program(context: TestContext, script: string): string {
  const file = join(folderOf(context), 'program');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

for (const [what, script, code, detail] of [
  ['fails', 'cat > /dev/null; echo no >&2; exit 3', 'picture_failed', 'ffmpeg ended with 3: no.'],
  ['makes nothing', 'cat > /dev/null', 'picture_failed', 'ffmpeg ended with 0: it made nothing.'],
  ['reads nothing', 'exit 1', 'picture_failed', 'ffmpeg ended with 1: it made nothing.'],
  ['never stops', 'exec cat /dev/zero', 'picture_failed', 'ffmpeg made more than 262144 bytes.'],
] as const) {
  test(`a program that ${what} is told of`, async (context) => {
    const options = { clock: systemClock, program: program(context, script) };
    await assert.rejects(ffmpegJpeg(Buffer.alloc(1_000_000), options), { code, message: detail });
  });
}

test('a machine without ffmpeg is told of as such', async (context) => {
  const options = { clock: systemClock, program: join(folderOf(context), 'nothing') };
  await assert.rejects(ffmpegJpeg(Buffer.alloc(10), options), { code: 'ffmpeg_missing' });
});

test('bytes that are no movie are told of in the words of ffmpeg', async () => {
  const making = ffmpegJpeg(Buffer.alloc(5_000, 7), { clock: systemClock });
  await assert.rejects(making, { code: 'picture_failed', message: /Invalid data/ });
});

test('a program that hangs is ended after five seconds', async (context) => {
  const clock = new SimulatedClock(0);
  const making = ffmpegJpeg(Buffer.alloc(10), { clock, program: program(context, 'exec sleep 1000') });
  const refused = assert.rejects(making, { code: 'picture_failed', message: 'ffmpeg took longer than 5 s.' });
  clock.advance(5_000);
  await refused;
});

test('when nobody waits for the picture any more, the program is ended', async (context) => {
  const gone = new AbortController();
  const folder = folderOf(context);
  const script = `echo $$ > ${folder}/pid; exec sleep 1000`;
  const making = ffmpegJpeg(Buffer.alloc(10), {
    clock: systemClock,
    signal: gone.signal,
    program: program(context, script),
  });
  const refused = assert.rejects(making, /left/);
  let pid = '';
  await until(async () => {
    pid = (await runTool('cat', [`${folder}/pid`])).output.toString().trim();
    return pid !== '';
  });
  gone.abort(new Error('left'));
  await refused;
  await until(async () => (await runTool('kill', ['-0', pid])).code !== 0);
});
