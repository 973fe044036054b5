/** Flat files judged by ffprobe and ffmpeg, which know nothing of how they were laid out. */
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
import { syntheticSamples, testG711Track, testOpusTrack } from '../../test/fixtures/synthetic_media.ts';
import type { AudioTrack } from '../media/track.ts';
import { unixMillis } from '../units/time.ts';
import { type FlatChunk, type FlatTrack, flatLayout } from './flat_layout.ts';

const frames = 100;
/** Pictures and sound of four seconds, a key frame each second. */
let plain: EncodedMedia;
/** The same pictures with B-frames and a key frame every two seconds. */
let reordered: EncodedMedia;
/** Other pictures of another size. */
let small: EncodedMedia;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-flat-'));
  const clip = await numberedClip({ frames, audio: true });
  plain = await encodedMedia(clip.mp4File);
  const transcoded = async (name: string, args: readonly string[]) => {
    const file = join(folder, name);
    const result = await runTool('ffmpeg', [
      ...['-v', 'error', '-i', clip.mp4File, '-c:a', 'copy', '-c:v', 'libx264', ...args],
      ...['-sc_threshold', '0', '-video_track_timescale', '90000', file],
    ]);
    assert.equal(result.errors, '');
    return encodedMedia(file);
  };
  reordered = await transcoded('reordered.mp4', ['-bf', '2', '-g', '50', '-x264-params', 'b-adapt=0']);
  small = await transcoded('small.mp4', ['-bf', '0', '-g', '25', '-vf', 'scale=192:108']);
});

after(() => rm(folder, { recursive: true, force: true }));

/** One track's part of a flat file: which samples of a segment it takes. */
interface Part {
  readonly segment: SegmentFile;
  readonly from?: number;
  readonly to?: number;
  readonly lastDuration?: number;
}

/** Makes a flat file of one part of each track per segment; each part is one chunk. */
async function flatFile(
  parts: readonly (readonly Part[])[],
  edits: readonly FlatTrack['edits'][] = [],
): Promise<string> {
  const tracks = parts.map((own, index): FlatTrack => {
    const entries = own.map(({ segment }) => segment.header.tracks[index]!);
    const hashes = [...new Set(entries.map(({ sampleEntryHash }) => sampleEntryHash))];
    return {
      ...entries[0]!,
      sampleEntries: hashes.map(
        (hash) => entries.find(({ sampleEntryHash }) => sampleEntryHash === hash)!.sampleEntry,
      ),
      pieces: own.map(({ segment, from = 0, to, lastDuration }, at) => {
        const samples = segment.table.tracks()[index]!;
        return {
          samples,
          from,
          to: to ?? samples.sizes.length,
          ...(lastDuration !== undefined && { lastDuration }),
          sampleEntry: hashes.indexOf(entries[at]!.sampleEntryHash),
        };
      }),
      edits: edits[index] ?? [],
    };
  });
  const chunks: FlatChunk[] = [];
  const media: Uint8Array[] = [];
  for (let at = 0; at < parts[0]!.length; at++) {
    for (const [track, { pieces }] of tracks.entries()) {
      const { samples, from, to } = pieces[at]!;
      const { offsets, sizes } = samples as ReturnType<SegmentFile['table']['tracks']>[number];
      const { open } = parts[track]![at]!.segment;
      chunks.push({ track, samples: to - from });
      for (let index = from; index < to; index++)
        media.push(open.subarray(offsets[index]!, offsets[index]! + sizes[index]!));
    }
  }
  const { head, totalBytes } = flatLayout({
    movieTimescale: 90_000,
    tracks,
    chunks,
    creationMs: unixMillis(Date.UTC(2026, 0, 2, 3, 4, 5)),
  });
  const bytes = Buffer.concat([head, ...media]);
  assert.equal(bytes.length, totalBytes);
  const file = join(folder, 'flat.mp4');
  await writeFile(file, bytes);
  return file;
}

const segmentOf = (media: EncodedMedia) => segmentFile([media.video, media.audio!]);
const fromTo = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

test('a flat file has every packet of the segment, its length and its date', async () => {
  for (const media of [plain, reordered]) {
    const segment = segmentOf(media);
    const file = await flatFile([[{ segment }], [{ segment }]]);
    const { streams, format, packets, errors } = await ffprobe(file, { packets: true });
    assert.equal(errors, '');
    assert.equal(format.tags?.creation_time, '2026-01-02T03:04:05.000000Z');
    assert.deepEqual(
      streams.map(({ codec_name, nb_frames }) => [codec_name, nb_frames]),
      [
        ['h264', '100'],
        ['aac', String(media.audio!.samples.length)],
      ],
    );
    assert.equal(Number(streams[0]!.duration), 4);
    const video = packets.filter(({ codec_type }) => codec_type === 'video');
    assert.deepEqual(
      video.map(({ dts, pts, size }) => [dts, pts, Number(size)]),
      media.video.samples.map(({ decodeTicks, compositionOffset, bytes }) => [
        decodeTicks,
        decodeTicks + compositionOffset,
        bytes.end - bytes.start,
      ]),
    );
    assert.equal(await decodeErrors(file), '');
    assert.deepEqual(await frameNumbers(file), fromTo(0, frames));
  }
});

test('an edit that starts inside a GOP shows the very picture, and the sound for as long', async () => {
  for (const media of [plain, reordered]) {
    const segment = segmentOf(media);
    const earliest = Math.min(
      ...media.video.samples.map(({ decodeTicks, compositionOffset }) => decodeTicks + compositionOffset),
    );
    // From picture 60 to picture 85: 2.4 to 3.4 s; the key frame before is picture 50.
    const from = 50;
    const mediaTicks = earliest + 10 * 3600;
    const file = await flatFile(
      [[{ segment, from, to: 90 }], [{ segment, from: 100, to: 160 }]],
      [
        [{ duration: 90_000, mediaTicks }],
        [{ duration: 90_000, mediaTicks: Math.round(2.4 * 48_000) - 100 * 1024 }],
      ],
    );
    const { streams, format } = await ffprobe(file);
    assert.equal(Number(format.duration), 1);
    assert.deepEqual(
      streams.map(({ start_time, duration }) => [Number(start_time), Number(duration)]),
      [
        [0, 1],
        [0, 1],
      ],
    );
    assert.equal(await decodeErrors(file), '');
    assert.deepEqual(await frameNumbers(file), fromTo(60, 85));
    const sound = await runTool('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:a', '-f', 's16le', '-']);
    const seconds = sound.output.length / 2 / 48_000;
    assert.ok(Math.abs(seconds - 1) < 0.025, `${seconds} s of sound`);
  }
});

test('two sample entries in one track: each picture decodes with its own', async () => {
  const first = segmentOf(plain);
  const second = segmentOf(small);
  const file = await flatFile([
    [
      { segment: first, to: 50 },
      { segment: second, from: 50 },
      { segment: first, from: 25, to: 50 },
    ],
    [
      { segment: first, to: 94 },
      { segment: second, from: 94 },
      { segment: first, from: 47, to: 94 },
    ],
  ]);
  assert.deepEqual(await frameNumbers(file), [...fromTo(0, 100), ...fromTo(25, 50)]);
});

test('a gap that is kept is bridged by the picture before it', async () => {
  const segment = segmentOf(plain);
  const file = await flatFile([
    [
      { segment, to: 25, lastDuration: 3600 + 180_000 },
      { segment, from: 50, to: 75 },
    ],
  ]);
  const { format, packets } = await ffprobe(file, { packets: true });
  assert.equal(Number(format.duration), 4);
  assert.deepEqual(
    packets.map(({ pts_time }) => Number(pts_time)),
    [...fromTo(0, 25), ...fromTo(75, 100)].map((picture) => picture / 25),
  );
  assert.deepEqual(await frameNumbers(file), [...fromTo(0, 25), ...fromTo(50, 75)]);
});

test('a track that begins later says so with an empty edit', async () => {
  const segment = segmentOf(plain);
  const file = await flatFile(
    [[{ segment }], [{ segment, from: 47 }]],
    [
      [],
      [
        { duration: 90_240, mediaTicks: -1 },
        { duration: 240_000, mediaTicks: 0 },
      ],
    ],
  );
  const { streams } = await ffprobe(file);
  assert.ok(Math.abs(Number(streams[1]!.start_time) - 90_240 / 90_000) < 0.001, streams[1]!.start_time);
  assert.equal(await decodeErrors(file), '');
});

const sounds: readonly [name: string, track: AudioTrack, codec: string, size: number, duration: number][] = [
  ['G.711', testG711Track, 'pcm_mulaw', 160, 160],
  ['L16', { ...testG711Track, codec: 'l16', bitsPerSample: 16 }, 'pcm_s16be', 320, 160],
  [
    'G.722',
    { ...testG711Track, codec: 'g722', bitsPerSample: 4, sampleRate: 16_000 },
    'adpcm_g722',
    160,
    160,
  ],
  ['G.726', { ...testG711Track, codec: 'g726', bitsPerSample: 3 }, 'adpcm_g726', 60, 160],
  ['Opus', testOpusTrack, 'opus', 1, 960],
];

for (const [name, track, codec, size, duration] of sounds) {
  test(`${name} in a flat file is read with its packets and length`, async () => {
    const samples = syntheticSamples(Array.from({ length: 200 }, () => ({ size, duration, keyFrame: true })));
    // To a decoder of Opus this is a pause of 20 ms in each packet.
    if (codec === 'opus') samples[0]!.bytes.chunk.bytes.fill(0x08);
    const segment = segmentFile([plain.video, { track, samples }]);
    const file = await flatFile([[{ segment }], [{ segment }]]);
    const { streams } = await ffprobe(file);
    assert.deepEqual([streams[1]!.codec_name, Number(streams[1]!.duration)], [codec, 4]);
    assert.equal(await decodeErrors(file), '');
    const { output } = await runTool('ffmpeg', [
      '-v',
      'error',
      '-i',
      file,
      '-map',
      '0:a',
      '-f',
      's16le',
      '-',
    ]);
    assert.equal(output.length, 2 * 4 * track.sampleRate * track.channels);
  });
}
