import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { ffprobe, runTool } from '../../test/fixtures/ffprobe.ts';
import { readerOf, segmentFile } from '../../test/fixtures/segment_file.ts';
import {
  syntheticAudio,
  syntheticSamples,
  syntheticVideo,
  testAacTrack,
  testG711Track,
  testVideoTrack,
} from '../../test/fixtures/synthetic_media.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { rangeBytes } from '../media/byte_range.ts';
import type { AudioTrack } from '../media/track.ts';
import { walkBoxes } from '../mp4/box_walker.ts';
import { readMoof, type StoredTrackFragment } from '../mp4/moof_reader.ts';
import type { Sample } from '../mp4/sample.ts';
import { muLawSamples } from '../pcm/g711.ts';
import { unixMillis } from '../units/time.ts';
import { mediaInit, mediaSegment } from './media.ts';
import type { TrackSelection } from './media_address.ts';
import type { PlayableSegment } from './playable_segment.ts';

const pictures = 100;
const ticksPerSecond = 8_000;

/** Four seconds of pictures in fragments of a second, and sound, in a file that begins five seconds into its run. */
function recorded(samples: readonly Sample[], track: AudioTrack = testG711Track) {
  const media = [{ track: testVideoTrack, samples: syntheticVideo(pictures) }];
  const file = segmentFile([...media, { track, samples }], { runOffsetMs: 5_000 });
  const segment: PlayableSegment = {
    id: 'one',
    runId: 'run',
    number: 0,
    rootId: testRootId,
    path: 'one.mp4',
    startMs: unixMillis(0),
    endMs: unixMillis(4_000),
    overlap: false,
    fileBytes: file.closed().length,
    tracks: file.header.tracks.map((each) => ({ ...each })),
    fragments: file.fragments.map((fragment) => ({
      ...fragment,
      startMs: unixMillis(0),
      arrivalMs: unixMillis(0),
    })),
  };
  const inPlace = readerOf(file.open).read;
  /** As from a disk, into memory that may be written to. */
  const read = async (offset: number, length: number) => new Uint8Array(await inPlace(offset, length));
  /** The media of fragments [from, to) as a player gets them. */
  const given = async (tracks: TrackSelection, from: number, to: number): Promise<Buffer> => {
    const { offset } = segment.fragments[from]!;
    const last = segment.fragments[to - 1]!;
    const address = { segmentId: 'one', offset, endOffset: last.offset + last.bytes, tracks, shiftMs: 0 };
    const pieces = await mediaSegment(read, segment, address);
    const parts = [...pieces.slice(0, pieces.totalBytes)].map((piece) =>
      piece.kind === 'memory' ? piece.bytes : file.open.subarray(piece.offset, piece.offset + piece.length),
    );
    const bytes = Buffer.concat(parts);
    assert.equal(bytes.length, pieces.totalBytes);
    return bytes;
  };
  const init = (tracks: TrackSelection) => mediaInit(read, segment, tracks);
  return { given, init };
}

async function saved(context: TestContext, parts: readonly Uint8Array[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-flac-sound-'));
  context.after(() => rm(folder, { recursive: true }));
  const name = path.join(folder, 'given.mp4');
  await writeFile(name, Buffer.concat(parts));
  return name;
}

/** When each packet of a stream begins, in its ticks. */
async function begins(file: string, codecType: 'video' | 'audio'): Promise<number[]> {
  const { packets } = await ffprobe(file, { packets: true });
  return packets.filter(({ codec_type }) => codec_type === codecType).map(({ pts }) => pts!);
}

/** Where the sound of some media begins and ends, in ticks; it has no hole. */
function soundRange(media: Buffer): { begin: number; end: number } {
  const sounds = [...walkBoxes(media, 0, media.length)]
    .filter(({ type }) => type === 'moof')
    .flatMap(({ start, end }) => readMoof(media.subarray(start, end)))
    .filter(({ trackId }) => trackId === 2);
  const [{ decodeTicks, samples }, ...others] = sounds as [StoredTrackFragment];
  assert.deepEqual(others, []);
  return { begin: decodeTicks, end: samples.reduce((sum, { duration }) => sum + duration, decodeTicks) };
}

async function heard(file: string): Promise<Int16Array> {
  const words = ['-v', 'error', '-i', file, '-map', '0:a', '-c:a', 'pcm_s16le', '-f', 's16le', '-'];
  // It complains of the pictures, whose bytes mean nothing.
  const { code, output, errors } = await runTool('ffmpeg', words);
  assert.equal(code, 0, errors);
  assert.doesNotMatch(errors, /flac|mov,mp4/);
  return new Int16Array(output.buffer, output.byteOffset, output.length / 2).slice();
}

/** Sound of 20 ms each, with these durations in place of it for some of them, by their index. */
const sound = (count: number, durations: Readonly<Record<number, number>> = {}): Sample[] =>
  syntheticSamples(
    Array.from({ length: count }, (_, index) => ({
      size: 160,
      duration: durations[index] ?? 160,
      keyFrame: true,
    })),
  );

const samplesOf = (sounds: readonly Sample[]): number[] =>
  sounds.flatMap(({ bytes }) => Array.from(rangeBytes(bytes), (code) => muLawSamples[code]!));

test('sound as FLAC has the very samples and times that were recorded, and the pictures are as they were', async (context) => {
  const sounds = sound(200);
  const { given, init } = recorded(sounds);
  const groups = [await given('flac', 0, 2), await given('flac', 2, 4)];
  const file = await saved(context, [await init('flac'), ...groups]);
  const { streams } = await ffprobe(file);
  assert.deepEqual(
    streams.map(({ codec_name, sample_rate }) => [codec_name, sample_rate]),
    [
      ['h264', undefined],
      ['flac', '8000'],
    ],
  );
  assert.deepEqual([...(await heard(file))], samplesOf(sounds));
  assert.deepEqual(
    await begins(file, 'audio'),
    sounds.map(({ decodeTicks }) => 5 * ticksPerSecond + decodeTicks),
  );
  assert.deepEqual(soundRange(groups[0]!), { begin: 5 * ticksPerSecond, end: 7 * ticksPerSecond });
  const alone = await saved(context, [await init('video'), await given('video', 0, 4)]);
  assert.deepEqual(await begins(file, 'video'), await begins(alone, 'video'));
});

test('what is given is the same each time', async () => {
  const { given } = recorded(sound(200));
  assert.equal(Buffer.compare(await given('flac', 0, 4), await given('flac', 0, 4)), 0);
});

test('where sound was lost there is silence, so that what follows stays in step', async (context) => {
  const sounds = sound(100, { 49: 160 + 2 * ticksPerSecond });
  const { given, init } = recorded(sounds);
  const file = await saved(context, [await init('flac'), await given('flac', 0, 4)]);
  const samples = samplesOf(sounds);
  const expected = [...samples.slice(0, 8_000), ...new Array(16_000).fill(0), ...samples.slice(8_000)];
  assert.deepEqual([...(await heard(file))], expected);
});

const wanting: readonly [
  name: string,
  sounds: readonly Sample[],
  from: number,
  to: number,
  firstMs: number,
  endMs: number,
][] = [
  ['no sound at all', sound(50), 2, 4, 7_000, 9_000],
  ['sound that ends long before its pictures', sound(50), 0, 4, 5_000, 9_000],
  ['sound that ends shortly before its pictures, as it comes later', sound(170), 0, 4, 5_000, 8_400],
];

for (const [name, sounds, from, to, firstMs, endMs] of wanting) {
  test(`a media segment with ${name} stalls no player`, async (context) => {
    const { given, init } = recorded(sounds);
    const media = await given('flac', from, to);
    const ticks = (ms: number) => (ms * ticksPerSecond) / 1000;
    assert.deepEqual(soundRange(media), { begin: ticks(firstMs), end: ticks(endMs) });
    const file = await saved(context, [await init('flac'), media]);
    assert.equal((await heard(file)).length, ticks(endMs - firstMs));
  });
}

test('sound that browsers play is not given as FLAC', async () => {
  const { given } = recorded(syntheticAudio(180), testAacTrack);
  await assert.rejects(given('flac', 0, 1), { code: 'not_found' });
});
