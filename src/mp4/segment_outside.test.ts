/** Segments judged by ffprobe and ffmpeg, which know nothing of how they were written. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type EncodedMedia, encodedMedia } from '../../test/fixtures/encoded_media.ts';
import { decodeErrors, ffprobe, runTool } from '../../test/fixtures/ffprobe.ts';
import { frameNumbers } from '../../test/fixtures/frame_numbers.ts';
import { numberedClip } from '../../test/fixtures/numbered_clip.ts';
import { type SegmentFile, segmentFile } from '../../test/fixtures/segment_file.ts';
import { syntheticSamples, testG711Track } from '../../test/fixtures/synthetic_media.ts';
import { initSegment } from './init_segment.ts';
import { patchTfdt } from './patch_tfdt.ts';

const frames = 100;
/** Pictures and sound of four seconds, a key frame each second. */
let plain: EncodedMedia;
/** The same pictures with B-frames and a key frame every two seconds. */
let reordered: EncodedMedia;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-mp4-'));
  const clip = await numberedClip({ frames, audio: true });
  plain = await encodedMedia(clip.mp4File);
  const file = join(folder, 'reordered.mp4');
  const result = await runTool('ffmpeg', [
    ...['-v', 'error', '-i', clip.mp4File, '-c:a', 'copy', '-c:v', 'libx264', '-bf', '2', '-g', '50'],
    ...['-sc_threshold', '0', '-x264-params', 'b-adapt=0', '-video_track_timescale', '90000', file],
  ]);
  assert.equal(result.errors, '');
  reordered = await encodedMedia(file);
});

after(() => rm(folder, { recursive: true, force: true }));

async function stored(bytes: Uint8Array): Promise<string> {
  const file = join(folder, 'segment.mp4');
  await writeFile(file, bytes);
  return file;
}

const both = (media: EncodedMedia) => [media.video, media.audio!];
const fromTo = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** What ffprobe must say of each packet, in the order of decoding. */
function expectedPackets(
  { samples, track }: EncodedMedia['video'] | NonNullable<EncodedMedia['audio']>,
  count = samples.length,
) {
  return samples.slice(0, count).map((sample) => ({
    dts: sample.decodeTicks as number,
    pts: sample.decodeTicks + sample.compositionOffset,
    size: String(sample.bytes.end - sample.bytes.start),
    key: sample.keyFrame || track.kind === 'audio',
  }));
}

async function packets(file: string, kind: 'video' | 'audio') {
  const probe = await ffprobe(file, { packets: true });
  assert.equal(probe.errors, '');
  return probe.packets
    .filter(({ codec_type }) => codec_type === kind)
    .map(({ dts, pts, size, flags }) => ({ dts, pts, size, key: flags.startsWith('K') }));
}

test('a segment deep in its run opens from 0 with its own length and all its packets, open and closed', async () => {
  const segment = segmentFile(both(plain), { runOffsetMs: 36_000_000 });
  for (const bytes of [segment.open, segment.closed()]) {
    const file = await stored(bytes);
    const { streams, format } = await ffprobe(file);
    assert.deepEqual(
      streams.map(({ codec_name, width, sample_rate, channels }) => [
        codec_name,
        width,
        sample_rate,
        channels,
      ]),
      [
        ['h264', 320, undefined, undefined],
        ['aac', undefined, '48000', 1],
      ],
    );
    assert.equal(Number(format.start_time), 0);
    assert.ok(Math.abs(Number(format.duration) - 4) < 0.05, `lasts ${format.duration} s`);
    assert.equal(Number(streams[0]!.start_time), 0);
    assert.equal(Number(streams[0]!.duration), 4);
    assert.deepEqual(await packets(file, 'video'), expectedPackets(plain.video));
    assert.deepEqual(await packets(file, 'audio'), expectedPackets(plain.audio!));
    assert.equal(await decodeErrors(file), '');
    assert.deepEqual(await frameNumbers(file), fromTo(0, frames));
  }
});

test('pictures out of order keep their order, also when fragments begin between key frames', async () => {
  const segment = segmentFile(both(reordered), { fragmentSamples: 12 });
  for (const bytes of [segment.open, segment.closed()]) {
    const file = await stored(bytes);
    assert.deepEqual(await packets(file, 'video'), expectedPackets(reordered.video));
    assert.equal(await decodeErrors(file), '');
    assert.deepEqual(await frameNumbers(file), fromTo(0, frames));
    assert.equal(Number((await ffprobe(file)).streams[0]!.duration), 4);
  }
});

test('signed composition offsets are read as such', async () => {
  const earliest = Math.min(...reordered.video.samples.map(({ compositionOffset }) => compositionOffset));
  const samples = reordered.video.samples.map((sample) => ({
    ...sample,
    compositionOffset: sample.compositionOffset - earliest - 3600,
  }));
  const file = await stored(segmentFile([{ ...reordered.video, samples }]).closed());
  assert.equal(await decodeErrors(file), '');
  assert.deepEqual(await frameNumbers(file), fromTo(0, frames));
});

test('a file stopped between any two steps of the close has all its packets', async () => {
  const segment = segmentFile(both(plain));
  for (let steps = 0; steps <= segment.close.steps.length; steps++) {
    const file = await stored(segment.closed(steps));
    const seen = [await packets(file, 'video'), await packets(file, 'audio')];
    assert.deepEqual(
      seen.map(({ length }) => length),
      [frames, plain.audio!.samples.length],
      `after ${steps} steps`,
    );
  }
});

test('a step that was written in part leaves a file that is read', async () => {
  const { open, close } = segmentFile(both(plain));
  let file = Buffer.from(open);
  for (const [index, step] of close.steps.entries()) {
    if (step === 'sync') continue;
    const { offset, bytes } = step.write;
    const half = Buffer.concat([file, Buffer.alloc(Math.max(0, offset + bytes.length - file.length))]);
    // The four bytes that bring the index into force lie in one sector: they are written whole or not at all.
    if (bytes.length > 4) {
      half.set(bytes.subarray(0, bytes.length / 2), offset);
      assert.equal((await packets(await stored(half), 'video')).length, frames, `in step ${index}`);
    }
    half.set(bytes, offset);
    file = half;
  }
});

test('a file cut off anywhere plays up to its last whole fragment at least', async () => {
  const segment = segmentFile(both(plain));
  const closed = segment.closed();
  const cuts = segment.fragments.flatMap(({ offset, bytes }) => [
    offset + 40,
    offset + Math.floor(bytes / 2),
    offset + bytes - 5,
  ]);
  for (const source of [segment.open, closed]) {
    for (const cut of cuts.slice(3)) {
      const file = await stored(source.subarray(0, cut));
      const result = await runTool('ffprobe', [
        ...['-v', 'quiet', '-select_streams', 'v', '-show_entries', 'packet=pts', '-of', 'csv=p=0', file],
      ]);
      const seen = result.output.toString().trim().split('\n').length;
      const whole = segment.fragments.filter(({ offset, bytes }) => offset + bytes <= cut).length;
      assert.ok(seen >= whole * 25, `${seen} pictures of ${whole} fragments, cut at ${cut}`);
    }
  }
});

test('a player that seeks in a closed segment gets every picture from there on', async () => {
  // ffmpeg was seen to skip the fragments that the index does not name.
  const segment = segmentFile(both(reordered), { fragmentSamples: 12 });
  const file = await stored(segment.closed());
  for (const from of [0.3, 1, 1.9, 2.1, 3.5]) {
    const numbers = await frameNumbers(file, { from });
    const first = numbers[0]!;
    // The first picture is shown two pictures' time after it is decoded.
    assert.ok(Math.abs(first - from * 25 + 2) <= 1, `${from} s begins with picture ${first}`);
    assert.deepEqual(numbers, fromTo(first, frames));
  }
});

test('pixels that are not square are shown as such', async () => {
  const track = { ...plain.video.track, pixelAspectRatio: { horizontal: 4, vertical: 3 } };
  const file = await stored(segmentFile([{ ...plain.video, track }]).closed());
  const { streams } = await ffprobe(file);
  // The ratio in the file wins over none in the bitstream.
  assert.equal(streams[0]!.sample_aspect_ratio, '4:3');
});

test('G.711 is read with its packets, rate and length', async () => {
  const sound = syntheticSamples(
    Array.from({ length: 200 }, () => ({ size: 160, duration: 160, keyFrame: true })),
  );
  for (const [codec, codecString, name] of [
    ['pcmu', 'ulaw', 'pcm_mulaw'],
    ['pcma', 'alaw', 'pcm_alaw'],
  ] as const) {
    const track = { ...testG711Track, codec, codecString };
    const segment = segmentFile([plain.video, { track, samples: sound }]);
    for (const bytes of [segment.open, segment.closed()]) {
      const file = await stored(bytes);
      const { streams, packets } = await ffprobe(file, { packets: true });
      assert.deepEqual(
        [streams[1]!.codec_name, streams[1]!.sample_rate, streams[1]!.channels],
        [name, '8000', 1],
      );
      assert.equal(packets.filter(({ stream_index }) => stream_index === 1).length, 200);
      assert.equal(await decodeErrors(file), '');
      const result = await runTool('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:a', '-f', 's16le', '-']);
      assert.equal(result.output.length, 2 * 200 * 160);
    }
  }
});

test('the tracks of two segments play on as one behind an initialisation segment', async () => {
  const half = (media: EncodedMedia, from: number, to: number) =>
    both(media).map(({ track, samples }) => {
      const inside = samples.filter(({ decodeTicks }) => {
        const seconds = decodeTicks / track.timescale;
        return seconds >= from && seconds < to;
      });
      return { track, samples: inside };
    });
  const startOf = (part: ReturnType<typeof half>) => part.map(({ samples }) => samples[0]!.decodeTicks);
  const bodies: Uint8Array[] = [];
  let init: Uint8Array | undefined;
  for (const [from, to] of [
    [0, 2],
    [2, 9],
  ] as const) {
    const part = half(plain, from, to);
    const starts = startOf(part);
    const segment = segmentFile(
      part.map(({ track, samples }, index) => ({
        track,
        samples: samples.map((sample) => ({
          ...sample,
          decodeTicks: (sample.decodeTicks - starts[index]!) as never,
        })),
      })),
    );
    init ??= initSegment(segment.header.tracks);
    const body = Buffer.from(segment.open.subarray(segment.header.bytes.length));
    patchTfdt(body, new Map(starts.map((ticks, index) => [index + 1, ticks])));
    bodies.push(body);
  }
  const file = await stored(Buffer.concat([init!, ...bodies]));
  assert.deepEqual(await packets(file, 'video'), expectedPackets(plain.video));
  assert.deepEqual(await packets(file, 'audio'), expectedPackets(plain.audio!));
  assert.equal(await decodeErrors(file), '');
});

test('a segment without sound is whole', async () => {
  const segment: SegmentFile = segmentFile([plain.video]);
  const file = await stored(segment.closed());
  assert.equal(await decodeErrors(file), '');
  assert.equal((await ffprobe(file)).streams.length, 1);
});
