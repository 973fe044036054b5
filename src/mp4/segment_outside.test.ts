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
import { readerOf, segmentFile } from '../../test/fixtures/segment_file.ts';
import { syntheticSamples, testG711Track } from '../../test/fixtures/synthetic_media.ts';
import { initSegment } from './init_segment.ts';
import { patchTfdt } from './patch_tfdt.ts';
import { scanSegment } from './segment_scan.ts';

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
function expectedPackets({ samples, track }: EncodedMedia['video'] | NonNullable<EncodedMedia['audio']>) {
  return samples.map((sample) => ({
    dts: sample.decodeTicks as number,
    pts: sample.decodeTicks + sample.compositionOffset,
    size: String(sample.bytes.end - sample.bytes.start),
    key: sample.keyFrame || track.kind === 'audio',
  }));
}

/** Packets of the video and of the audio, by one call of ffprobe. */
async function packets(file: string) {
  const probe = await ffprobe(file, { packets: true });
  assert.equal(probe.errors, '');
  return ['video', 'audio'].map((kind) =>
    probe.packets
      .filter(({ codec_type }) => codec_type === kind)
      .map(({ dts, pts, size, flags }) => ({ dts, pts, size, key: flags.startsWith('K') })),
  );
}

/** How many pictures ffprobe finds in a file that may be damaged; 0 when it refuses the file. */
async function countPictures(bytes: Uint8Array): Promise<number> {
  const file = await stored(bytes);
  const result = await runTool('ffprobe', [
    ...['-v', 'quiet', '-select_streams', 'v', '-show_entries', 'packet=pts', '-of', 'csv=p=0', file],
  ]);
  return result.output.toString().split('\n').filter(Boolean).length;
}

const expectedOf = (media: EncodedMedia) => both(media).map((each) => expectedPackets(each));

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
    assert.deepEqual(await packets(file), expectedOf(plain));
    assert.equal(await decodeErrors(file), '');
    assert.deepEqual(await frameNumbers(file), fromTo(0, frames));
  }
});

test('pictures out of order keep their order, also when fragments begin between key frames', async () => {
  const segment = segmentFile(both(reordered), { fragmentSamples: 12 });
  for (const bytes of [segment.open, segment.closed()]) {
    const file = await stored(bytes);
    assert.deepEqual(await packets(file), expectedOf(reordered));
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
  for (const [index, step] of segment.close.steps.entries()) {
    if (step === 'sync') continue;
    const seen = await packets(await stored(segment.closed(index + 1)));
    assert.deepEqual(seen, expectedOf(plain), `after step ${index}`);
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
      assert.equal((await packets(await stored(half)))[0]!.length, frames, `in step ${index}`);
    }
    half.set(bytes, offset);
    file = half;
  }
});

test('a file cut off in its media plays up to there, as it is', async () => {
  const segment = segmentFile(both(plain));
  const [, second, third, last] = segment.fragments;
  const cuts = [
    [segment.open, second!.offset + 20],
    [segment.open, third!.offset + Math.floor(third!.bytes / 2)],
    [segment.open, last!.offset + last!.bytes - 5],
    [segment.closed(), third!.offset + Math.floor(third!.bytes / 2)],
    [segment.closed(), last!.offset + last!.bytes + 40],
  ] as const;
  for (const [source, cut] of cuts) {
    const seen = await countPictures(source.subarray(0, cut));
    const whole = segment.fragments.filter(({ offset, bytes }) => offset + bytes <= cut).length;
    assert.ok(whole > 0 && seen >= whole * 25, `${seen} pictures of ${whole} fragments, cut at ${cut}`);
  }
});

test('a file cut off inside a box that ffprobe cannot do without plays once the scan has cut it to what is good', async () => {
  const segment = segmentFile(both(plain));
  const last = segment.fragments.at(-1)!;
  const end = last.offset + last.bytes;
  const cuts = [
    ['in the last moof', segment.open, last.offset + 200, 75],
    ['in the header of the checksum box', segment.open, end - 20, 75],
    ['in the header of the sample table', segment.closed(), end + 12, 100],
  ] as const;
  for (const [name, source, cut, pictures] of cuts) {
    const torn = source.subarray(0, cut);
    const { goodBytes } = await scanSegment(readerOf(torn).read, torn.length);
    assert.equal(await countPictures(torn.subarray(0, goodBytes)), pictures, name);
  }
});

test('a player that seeks in a closed segment gets every picture from there on', async () => {
  // ffmpeg was seen to skip the fragments that the index does not name.
  const segment = segmentFile(both(reordered), { fragmentSamples: 12 });
  const file = await stored(segment.closed());
  for (const from of [0.3, 1.9, 2.1]) {
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
    const file = await stored(segment.closed());
    const { streams, packets } = await ffprobe(file, { packets: true });
    assert.deepEqual(
      [streams[1]!.codec_name, streams[1]!.sample_rate, streams[1]!.channels],
      [name, '8000', 1],
    );
    assert.equal(packets.filter(({ stream_index }) => stream_index === 1).length, 200);
    const result = await runTool('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:a', '-f', 's16le', '-']);
    assert.equal(result.errors, '');
    assert.equal(result.output.length, 2 * 200 * 160);
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
  assert.deepEqual(await packets(file), expectedOf(plain));
  assert.equal(await decodeErrors(file), '');
});

test('a segment without sound is whole', async () => {
  const segment = segmentFile([plain.video]);
  const file = await stored(segment.closed());
  assert.equal(await decodeErrors(file), '');
  assert.equal((await ffprobe(file)).streams.length, 1);
});
