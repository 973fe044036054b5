import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { ffprobe, runTool } from '../../test/fixtures/ffprobe.ts';
import { trackTicks } from '../units/time.ts';
import { DecodeOrder } from './decode_order.ts';
import { H264ParameterSets } from './h264_parameter_sets.ts';
import { H265ParameterSets } from './h265_parameter_sets.ts';
import { splitAnnexB } from './nal_unit.ts';

/**
 * Encoders know their decode times. What is found from presentation times alone, in decode order, must be the same, but
 * for the first pictures, which are decoded before anything is shown.
 */

const frames = 60;
const timescale = 90_000;

const x264 = (options: string) => ['-c:v', 'libx264', '-preset', 'veryfast', '-x264-params', options];
const x265 = (options: string) => [
  '-c:v',
  'libx265',
  '-preset',
  'ultrafast',
  '-x265-params',
  `log-level=none:${options}`,
];

const streams: readonly [
  name: string,
  codec: 'h264' | 'hevc',
  arguments_: readonly string[],
  depth: number,
][] = [
  ['H.264 without B-frames, order type 2', 'h264', x264('bframes=0:keyint=25'), 0],
  [
    'H.264 with three B-frames, none a reference',
    'h264',
    x264('bframes=3:b-adapt=0:b-pyramid=none:keyint=25'),
    1,
  ],
  ['H.264 with a pyramid of B-frames', 'h264', x264('bframes=3:b-adapt=0:b-pyramid=normal:keyint=25'), 2],
  ['H.264 with a strict pyramid', 'h264', x264('bframes=7:b-adapt=0:b-pyramid=strict:keyint=30'), 2],
  ['H.264 with as many B-frames as it likes', 'h264', x264('bframes=16:b-adapt=2:keyint=50'), 2],
  [
    'H.264 with open groups of pictures',
    'h264',
    x264('bframes=2:b-adapt=0:open-gop=1:keyint=15:min-keyint=15'),
    2,
  ],
  ['H.264 of interlaced video', 'h264', x264('bframes=2:b-adapt=0:interlaced=1:keyint=25'), 2],
  ['H.264 whose pictures are intra alone', 'h264', x264('keyint=1'), 0],
  ['H.265 without B-frames', 'hevc', x265('bframes=0:keyint=25'), 0],
  ['H.265 with a pyramid of B-frames', 'hevc', x265('bframes=4:b-adapt=0:b-pyramid=1:keyint=25'), 2],
  [
    'H.265 with open groups of pictures',
    'hevc',
    x265('bframes=4:b-adapt=0:open-gop=1:keyint=15:min-keyint=15'),
    2,
  ],
  ['H.265 with sub-layers', 'hevc', x265('bframes=4:b-adapt=0:temporal-layers=2:keyint=25'), 2],
];

interface Coded {
  readonly pts: number[];
  readonly dts: number[];
  readonly statedDepth: number | undefined;
}

async function encode(folder: string, codec: 'h264' | 'hevc', how: readonly string[]): Promise<Coded> {
  const file = path.join(folder, 'clip.mp4');
  const source = ['-f', 'lavfi', '-i', `testsrc=s=192x108:r=25:d=${frames / 25}`, '-pix_fmt', 'yuv420p'];
  const run = async (args: readonly string[]) => {
    const { code, errors, output } = await runTool('ffmpeg', ['-v', 'error', ...args]);
    assert.equal(code, 0, errors);
    return output;
  };
  await run(['-y', ...source, ...how, '-video_track_timescale', String(timescale), file]);
  const { packets } = await ffprobe(file, { packets: true });
  const stream = await run(['-i', file, '-c', 'copy', '-f', codec, '-']);
  const sets = codec === 'h264' ? new H264ParameterSets(timescale) : new H265ParameterSets(timescale);
  const isSet = (first: number) =>
    codec === 'h264' ? [7, 8].includes(first & 0x1f) : [32, 33, 34].includes((first >> 1) & 0x3f);
  for (const nalUnit of splitAnnexB(stream, 20)) if (isSet(nalUnit[0]!)) sets.add(nalUnit);
  const track = sets.track();
  assert.ok(track);
  return {
    pts: packets.map(({ pts }) => pts!),
    dts: packets.map(({ dts }) => dts!),
    statedDepth: track.reorderDepth,
  };
}

for (const [name, codec, how, depth] of streams) {
  test(`V20: ${name}`, async (context) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-order-'));
    context.after(() => rm(folder, { recursive: true }));
    const { pts, dts, statedDepth } = await encode(folder, codec, how);
    assert.equal(pts.length, frames);
    assert.equal(statedDepth, depth);
    const stated = decode(pts, statedDepth);
    assert.equal(stated.clamped, 0);
    assert.deepEqual(stated.times.slice(depth), dts.slice(depth));

    // What is not stated is learned within the first group of pictures, and then decoding is late by no more.
    const learned = decode(pts, undefined);
    assert.ok(learned.clamped <= 16, `${learned.clamped} pictures were moved`);
    const sorted = pts.toSorted((a, b) => a - b);
    const lateBy = pts.length - 1 - sorted.indexOf(learned.times.at(-1)!);
    assert.ok(lateBy >= 0 && lateBy <= depth, `late by ${lateBy}`);
    assert.deepEqual(learned.times.slice(20), sorted.slice(20 - lateBy, pts.length - lateBy));
  });
}

function decode(pts: readonly number[], depth: number | undefined) {
  const order = new DecodeOrder();
  const found = pts.map((each) => order.push(trackTicks(each), depth));
  assert.deepEqual(
    found.map(({ decodeTicks, compositionOffset }) => decodeTicks + compositionOffset),
    pts,
  );
  return { times: found.map(({ decodeTicks }) => decodeTicks as number), clamped: order.clamped };
}
