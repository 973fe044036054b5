import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type EncodedMedia, encodedMedia } from '../../test/fixtures/encoded_media.ts';
import { decodeErrors, ffprobe, runTool } from '../../test/fixtures/ffprobe.ts';
import { frameNumbers } from '../../test/fixtures/frame_numbers.ts';
import { numberedClip } from '../../test/fixtures/numbered_clip.ts';
import {
  cutTrack,
  type RecordedSegment,
  type RecordedTrack,
  recordRun,
} from '../../test/fixtures/recorded_footage.ts';
import { readMoof } from '../mp4/moof_reader.ts';
import type { PlayableSegment } from '../playback/playable_segment.ts';
import { unixMillis } from '../units/time.ts';
import { buildClip, checkClipWindow, type GapMode, maxClipMs, resolveClip } from './clip.ts';
import { readSegmentMedia } from './segment_media.ts';

const startMs = Date.UTC(2026, 0, 1);
const frameMs = 40;
const framesRecorded = 300;

let dir = '';
let plain: EncodedMedia;
let reordered: EncodedMedia;
let small: EncodedMedia;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'nightjar-clip-'));
  const clip = await numberedClip({ frames: framesRecorded, audio: true });
  plain = await encodedMedia(clip.mp4File);
  reordered = await encodedMedia(await reencode(clip.mp4File, 'reordered.mp4', ['-bf', '2', '-g', '25']));
  small = await encodedMedia(
    await reencode(clip.mp4File, 'small.mp4', ['-bf', '0', '-g', '25', '-s', '160x90']),
  );
});
after(() => rmSync(dir, { recursive: true, force: true }));

async function reencode(from: string, name: string, options: string[]): Promise<string> {
  const file = join(dir, name);
  const args = [
    '-v',
    'error',
    '-i',
    from,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-sc_threshold',
    '0',
    ...options,
  ];
  const { code, errors } = await runTool('ffmpeg', [
    ...args,
    '-c:a',
    'copy',
    '-video_track_timescale',
    '90000',
    file,
  ]);
  assert.equal(code, 0, errors);
  return file;
}

const tracksOf = ({ video, audio }: EncodedMedia): RecordedTrack[] => (audio ? [video, audio] : [video]);

/** Pictures [from, to) of the media, as a run of their own. */
function framesOf(media: EncodedMedia, from: number, to: number): RecordedTrack[] {
  return tracksOf(media).map((track) => cutTrack(track, from / 25, to / 25));
}

function record(
  tracks: RecordedTrack[],
  options: Partial<Parameters<typeof recordRun>[0]> = {},
): RecordedSegment[] {
  return recordRun({ dir, tracks, startMs, segmentSeconds: 4, fragmentSeconds: 0.5, ...options });
}

async function makeClip(
  recorded: readonly { readonly playable: PlayableSegment }[],
  window: { from: number; to: number; gaps?: GapMode },
) {
  const request = {
    fromMs: unixMillis(startMs + window.from),
    toMs: unixMillis(startMs + window.to),
    gaps: window.gaps ?? 'close',
  };
  const snapshot = resolveClip(
    recorded.map(({ playable }) => playable),
    request,
  );
  const { pieces, durationMs } = await buildClip(snapshot, (segment, first, end) => {
    const bytes = readFileSync(join(dir, segment.path));
    return readSegmentMedia(async (offset, length) => bytes.subarray(offset, offset + length), segment, {
      first,
      end,
    });
  });
  const parts = [...pieces.slice(0, pieces.totalBytes)].map((piece) =>
    piece.kind === 'memory'
      ? piece.bytes
      : readFileSync(join(dir, piece.file.path)).subarray(piece.offset, piece.offset + piece.length),
  );
  const bytes = Buffer.concat(parts);
  assert.equal(bytes.length, pieces.totalBytes);
  const file = join(dir, `clip-${window.from}-${window.to}-${window.gaps}-${Math.random()}.mp4`);
  writeFileSync(file, bytes);
  return { file, bytes, snapshot, durationMs };
}

/** Numbers from one to another, both included. */
const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
/** The picture on the screen at an instant of the recording, and the last one before an instant. */
const shownAt = (ms: number) => Math.floor(ms / frameMs);
const lastBefore = (ms: number) => Math.ceil(ms / frameMs) - 1;

async function seconds(file: string): Promise<number> {
  return Number((await ffprobe(file)).format.duration);
}

test('a clip over three segments begins with the picture of its instant and is as long as was asked', async () => {
  const { file, durationMs } = await makeClip(record(tracksOf(plain)), { from: 1_234, to: 9_876 });
  assert.deepEqual(await frameNumbers(file), numbers(shownAt(1_234), lastBefore(9_876)));
  assert.equal(durationMs, 8_642);
  const { streams, format } = await ffprobe(file);
  assert.deepEqual(
    streams.map(({ codec_type, start_time, duration }) => [codec_type, start_time, duration]),
    [
      ['video', '0.000000', '8.642000'],
      ['audio', '0.000000', '8.642000'],
    ],
  );
  assert.equal(format.duration, '8.642000');
  assert.equal(await decodeErrors(file), '');
});

test('the moov stands before the media', async () => {
  const { bytes } = await makeClip(record(tracksOf(plain)), { from: 0, to: 2_000 });
  const types: string[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at))
    types.push(bytes.toString('latin1', at + 4, at + 8));
  assert.deepEqual(types, ['ftyp', 'moov', 'mdat']);
});

const single = [
  { name: 'of one picture', from: 4_000, to: 4_040, frames: [100] },
  { name: 'of one millisecond at the end of a segment', from: 3_999, to: 4_000, frames: [99] },
  { name: 'of the first millisecond of the footage', from: 0, to: 1, frames: [0] },
  { name: 'that begins before the footage', from: -5_000, to: 80, frames: [0, 1] },
  { name: 'that goes on after the footage', from: 11_900, to: 60_000, frames: [297, 298, 299] },
];
for (const { name, from, to, frames } of single) {
  test(`a clip ${name} shows those pictures`, async () => {
    const { file } = await makeClip(record(tracksOf(plain)), { from, to });
    assert.deepEqual(await frameNumbers(file), frames);
    assert.equal(await decodeErrors(file), '');
  });
}

test('any clip shows the pictures of its time and no others, with and without reordered pictures', async () => {
  // The first picture of the reordered ones is shown when as many were decoded as they are apart.
  const lead = reordered.video.samples[0]!.compositionOffset / 90;
  const kinds = [record(tracksOf(plain)), record(tracksOf(reordered), { startMs: startMs - lead })];
  assert.ok(lead > 0);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1),
      fc.integer({ min: 0, max: 11_998 }),
      fc.integer({ min: 1, max: 3_000 }),
      async (kind, from, length) => {
        const to = Math.min(12_000, from + length);
        const { file, durationMs } = await makeClip(kinds[kind]!, { from, to });
        assert.equal(durationMs, to - from);
        assert.deepEqual(await frameNumbers(file), numbers(shownAt(from), lastBefore(to)));
        assert.ok(Math.abs((await seconds(file)) - (to - from) / 1000) < 0.0015);
      },
    ),
    { numRuns: 12 },
  );
});

test('a wall clock that goes faster than the camera changes neither length nor pictures', async () => {
  const ppm = 500;
  const recorded = record(tracksOf(plain), { ppm });
  const scale = 1 + ppm / 1e6;
  const { file, durationMs } = await makeClip(recorded, { from: 2_500, to: 11_500 });
  assert.equal(durationMs, 9_000);
  assert.deepEqual(await frameNumbers(file), numbers(shownAt(2_500 / scale), lastBefore(11_500 / scale)));
  assert.equal(await seconds(file), 9);
});

function twoRuns(): RecordedSegment[] {
  return [
    ...record(framesOf(plain, 0, 150)),
    // Wall time 10,000 to 16,000, pictures 150 to 299; before it a gap of four seconds.
    ...record(framesOf(plain, 150, 300), { startMs: startMs + 10_000 }),
  ];
}

test('a gap is closed: the runs follow each other', async () => {
  const { file, durationMs } = await makeClip(twoRuns(), { from: 3_210, to: 12_345 });
  assert.equal(durationMs, 6_000 - 3_210 + 2_345);
  assert.deepEqual(await frameNumbers(file), [...numbers(80, 149), ...numbers(150, 150 + lastBefore(2_345))]);
  assert.equal(await seconds(file), durationMs / 1000);
  assert.equal(await decodeErrors(file), '');
});

test('a gap is kept: what follows it is shown at its own time', async () => {
  const { file, durationMs } = await makeClip(twoRuns(), { from: 3_210, to: 12_345, gaps: 'keep' });
  assert.equal(durationMs, 12_345 - 3_210);
  assert.deepEqual(await frameNumbers(file), [...numbers(80, 149), ...numbers(150, 150 + lastBefore(2_345))]);
  const { packets, format } = await ffprobe(file, { packets: true });
  assert.equal(format.duration, '9.135000');
  const times = packets
    .filter((packet) => packet.codec_type === 'video')
    .map(({ pts_time }) => Number(pts_time));
  assert.ok(
    times.some((time) => Math.abs(time - 6.79) < 0.001),
    'the second run begins at its time',
  );
});

test('a kept gap at either end is part of the length', async () => {
  const { file, durationMs } = await makeClip(record(framesOf(plain, 0, 50)), {
    from: -1_000,
    to: 3_000,
    gaps: 'keep',
  });
  assert.equal(durationMs, 4_000);
  assert.equal(await seconds(file), 4);
  assert.deepEqual(await frameNumbers(file), numbers(0, 49));
});

test('parameters that change in the middle make a second sample entry', async () => {
  const first = record(framesOf(plain, 0, 100));
  const { runId } = first[0]!.playable;
  const moved = framesOf(small, 100, 200).map(({ track, samples }) => ({
    track,
    samples: samples.map((sample) => ({
      ...sample,
      decodeTicks: (sample.decodeTicks + 4 * track.timescale) as never,
    })),
  }));
  const second = record(moved, { runId, firstNumber: 1 });
  const { file, bytes } = await makeClip([...first, ...second], { from: 1_000, to: 7_000 });
  assert.deepEqual(await frameNumbers(file), numbers(25, 174));
  const entries = bytes.indexOf('stsd', 0, 'latin1') + 8;
  assert.equal(bytes.readUInt32BE(entries), 2);
  // FFmpeg's parser, which has no context, reads all slices by the first parameter sets; its decoder does not.
  const errors = (await decodeErrors(file))
    .split('\n')
    .filter((line) => !/^\[NULL @|Last message repeated/.test(line));
  assert.deepEqual(errors, ['']);
});

test('a run that overlaps the one before is shown from where that ends, decoded from before it', async () => {
  const before = record(framesOf(plain, 0, 100)).map(({ playable }) => playable);
  const overlapping = record(framesOf(plain, 100, 200), { startMs: startMs + 3_500, segmentSeconds: 10 });
  const after = overlapping.map(({ playable }) => ({
    playable: { ...playable, startMs: unixMillis(startMs + 4_000) },
  }));
  const recorded = [...before.map((playable) => ({ playable })), ...after];
  const { file, durationMs } = await makeClip(recorded, { from: 3_000, to: 6_000 });
  assert.equal(durationMs, 3_000);
  // At 4,000 the second run shows what it filmed half a second after its own start.
  assert.deepEqual(await frameNumbers(file), [...numbers(75, 99), ...numbers(112, 162)]);
  assert.equal(await seconds(file), 3);
});

test('a segment that is still being written is part of the clip, from the same bytes as after its close', async () => {
  const open = record(tracksOf(plain), { leaveOpen: true });
  const whole = await makeClip(open, { from: 7_500, to: 11_480 });
  assert.deepEqual(await frameNumbers(whole.file), numbers(187, 286));
  const last = open.at(-1)!;
  const read = readFileSync(join(dir, last.playable.path));
  const moof = read.subarray(last.playable.fragments[0]!.offset + 32);
  assert.equal(readMoof(moof.subarray(0, moof.readUInt32BE())).length, 2);
});

test('sound is in step with the pictures', async () => {
  // A beep begins at each whole second of the recording.
  const { file } = await makeClip(record(tracksOf(plain)), { from: 2_700, to: 9_300 });
  const onsets = await beeps(file);
  const expected = [0.3, 1.3, 2.3, 3.3, 4.3, 5.3, 6.3];
  assert.equal(onsets.length, expected.length, `${onsets}`);
  for (const [index, onset] of onsets.entries())
    assert.ok(Math.abs(onset - expected[index]!) < 0.02, `${onsets}`);
});

/** When the loud parts of a file's sound begin, in seconds. */
async function beeps(file: string): Promise<number[]> {
  const args = [
    '-v',
    'error',
    '-i',
    file,
    '-map',
    '0:a',
    '-af',
    'aresample=async=1',
    '-ac',
    '1',
    '-ar',
    '8000',
  ];
  const { output } = await runTool('ffmpeg', [...args, '-f', 's16le', '-']);
  const onsets: number[] = [];
  let quiet = 800;
  for (let at = 0; at + 1 < output.length; at += 2) {
    const loud = Math.abs(output.readInt16LE(at)) > 2_500;
    if (loud && quiet >= 800) onsets.push(at / 2 / 8000);
    quiet = loud ? 0 : quiet + 1;
  }
  return onsets;
}

test('no footage at all is an error of its own', () => {
  const segments = record(framesOf(plain, 0, 50)).map(({ playable }) => playable);
  for (const [from, to] of [
    [2_000, 3_000],
    [-10, 0],
  ] as const) {
    const request = {
      fromMs: unixMillis(startMs + from),
      toMs: unixMillis(startMs + to),
      gaps: 'close' as const,
    };
    assert.throws(() => resolveClip(segments, request), { code: 'no_footage' });
  }
});

test('pictures whose key frame is in an earlier segment ask for more footage', () => {
  const [first, second] = record(framesOf(plain, 0, 200)).map(({ playable }) => playable);
  const fragments = second!.fragments.map((fragment, index) => ({ ...fragment, keyFrame: index > 0 }));
  const dependent = { ...second!, fragments };
  const request = {
    fromMs: unixMillis(startMs + 4_100),
    toMs: unixMillis(startMs + 4_200),
    gaps: 'close' as const,
  };
  assert.equal(resolveClip([dependent], request).needsEarlier, true);
  assert.equal(resolveClip([first!, dependent], request).needsEarlier, false);
});

test('the key depends on what is shown alone', () => {
  const closed = record(tracksOf(plain)).map(({ playable }) => playable);
  const key = (segments: PlayableSegment[], from: number, to: number, gaps: GapMode = 'close') =>
    resolveClip(segments, { fromMs: unixMillis(startMs + from), toMs: unixMillis(startMs + to), gaps }).key;
  const whole = key(closed, 1_000, 2_000);
  assert.equal(key(closed, 1_000, 2_000), whole);
  const open = closed.map((segment) => ({ ...segment, fileBytes: undefined }));
  assert.equal(key(open, 1_000, 2_000), whole);
  const others = [key(closed, 1_001, 2_000), key(closed, 1_000, 2_001), key(closed, 1_000, 2_000, 'keep')];
  assert.equal(new Set([whole, ...others]).size, 4);
});

test('the window is checked', () => {
  assert.throws(() => checkClipWindow({ fromMs: unixMillis(5), toMs: unixMillis(5) }), {
    code: 'request_invalid',
  });
  assert.throws(() => checkClipWindow({ fromMs: unixMillis(0), toMs: unixMillis(maxClipMs + 1) }), {
    code: 'window_too_long',
  });
});
