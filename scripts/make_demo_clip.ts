/**
 * Makes the clips that the simulated cameras show, src/simulator/assets/*: needs Debian's ffmpeg only.
 *
 *     node scripts/make_demo_clip.ts
 *
 * Eight seconds, because 200 pictures at 25 per second and 375 AAC frames of 1,024 samples at 48 kHz then end at
 * the same instant, so that the loop keeps sound and picture in step for ever.
 */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BarCodedPicture } from '../test/fixtures/bar_coded_picture.ts';
import { encodeAudio, encodeVideo } from '../test/fixtures/encode_clip.ts';
import { runTool } from '../test/fixtures/ffprobe.ts';

const SECONDS = 8;
const FRAMES_PER_SECOND = 25;
const FRAMES = SECONDS * FRAMES_PER_SECOND;

const asset = (name: string) => fileURLToPath(new URL(`../src/simulator/assets/${name}`, import.meta.url));

/** The first picture as a camera's snapshot. */
async function encodeStill(video: string, file: string): Promise<void> {
  const bitExact = ['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:v', '+bitexact'];
  const args = ['-v', 'error', '-y', '-i', video, '-frames:v', '1', '-q:v', '6', ...bitExact, file];
  const { code, errors } = await runTool('ffmpeg', args);
  if (code !== 0) throw new Error(`ffmpeg could not make ${file}: ${errors}`);
}

const sizes = [
  { name: 'main.h264', width: 640, height: 360 },
  { name: 'sub.h264', width: 320, height: 180 },
];
for (const { name, width, height } of sizes) {
  const picture = new BarCodedPicture({
    width,
    height,
    framesPerSecond: FRAMES_PER_SECOND,
    loopFrames: FRAMES,
  });
  const options = { file: asset(name), frames: FRAMES, framesPerSecond: FRAMES_PER_SECOND };
  await encodeVideo(picture, { ...options, rate: { quality: 27 }, preset: 'veryslow' });
}
for (const { name } of sizes) await encodeStill(asset(name), asset(name.replace('.h264', '.jpg')));
await encodeAudio({ file: asset('beeps.aac'), seconds: SECONDS });

const made = [...sizes.flatMap(({ name }) => [name, name.replace('.h264', '.jpg')]), 'beeps.aac'];
for (const name of made) {
  process.stdout.write(`${asset(name)}: ${statSync(asset(name)).size} bytes\n`);
}
