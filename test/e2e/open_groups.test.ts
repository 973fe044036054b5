import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/clock/system_clock.ts';
import { recordUrl } from '../../src/recorder/record_url.ts';
import { decodeErrors, ffprobe, runTool } from '../fixtures/ffprobe.ts';
import { frameNumbers } from '../fixtures/frame_numbers.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { FfmpegCamera } from '../matrix/ffmpeg_camera.ts';

const groups: readonly [name: string, options: string][] = [
  ['with pictures that refer to both sides', 'bframes=3:b-pyramid=none'],
  ['with pictures among those that others refer to, and slices', 'bframes=3:b-pyramid=normal:slices=4'],
];

async function elementaryStream(file: string): Promise<Buffer> {
  const words = [
    '-v',
    'error',
    '-i',
    file,
    '-c',
    'copy',
    '-bsf:v',
    'h264_mp4toannexb,dump_extra=freq=keyframe',
    '-f',
    'h264',
    '-',
  ];
  return (await runTool('ffmpeg', words)).output;
}

for (const [name, options] of groups) {
  test(`V20: open groups ${name}, without any IDR picture, are recorded from a recovery point on`, {
    timeout: 60_000,
  }, async (context) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-open-groups-'));
    context.after(() => rm(folder, { recursive: true }));
    const { mp4File } = await numberedClip({ frames: 100 });
    const clip = path.join(folder, 'open.mp4');
    const x264 = `open-gop=1:keyint=25:min-keyint=25:scenecut=0:${options}`;
    const made = await runTool(
      'ffmpeg',
      ['-v', 'error', '-i', mp4File, '-c:v', 'libx264', '-crf', '20', '-x264-params', x264, clip].flat(),
    );
    assert.equal(made.code, 0, made.errors);
    // The first picture, an IDR picture, never comes.
    const video = ['-c:v', 'copy', '-bsf:v', String.raw`h264_mp4toannexb,noise=drop=lt(n\,5)`];
    const camera = await FfmpegCamera.start({ clip, folder, video, audio: undefined });
    context.after(() => camera.stop());
    const { files, frames } = await recordUrl({
      url: camera.url,
      outDir: path.join(folder, 'out'),
      durationS: 2.6,
      segmentSeconds: 1,
      clock: systemClock,
    });
    assert.ok(files.length >= 2, 'files begin with recovery points, too');
    for (const file of files) {
      const { packets } = await ffprobe(file, { packets: true });
      assert.match(packets[0]!.flags, /^K/);
    }
    assert.equal(await decodeErrors(files[0]!), '');
    // The first pictures of a file are shown before its key frame, and refer to the file before.
    const streams = await Promise.all(files.map(elementaryStream));
    const whole = path.join(folder, 'whole.h264');
    await writeFile(whole, Buffer.concat(streams));
    // Where it was stopped, pictures are missing that are shown before others.
    const numbers = (await frameNumbers(whole)).slice(0, -4);
    assert.ok(numbers.length > 30 && numbers.length <= frames, `${numbers.length} pictures`);
    assert.deepEqual(
      numbers,
      numbers.map((_, at) => 25 + at),
    );
  });
}
