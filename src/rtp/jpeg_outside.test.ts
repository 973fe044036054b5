import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { runTool } from '../../test/fixtures/ffprobe.ts';
import { takeJpegApart } from '../../test/fixtures/jpeg_packets.ts';
import { until } from '../../test/fixtures/until.ts';
import { rangeBytes } from '../media/byte_range.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import { unixMillis } from '../units/time.ts';
import type { PayloadFormat } from './depacketizer.ts';
import { JpegDepacketizer } from './jpeg_depacketizer.ts';
import { RtpReceiver } from './receiver.ts';

/** Packetizers that nobody here wrote send pictures; what ffmpeg decodes of both ends must be equal. */

const frames = 10;
const payloadType = 26;

async function tool(name: string, ...args: string[]): Promise<string> {
  const { code, output, errors } = await runTool(name, args);
  assert.equal(code, 0, `${name}: ${errors}`);
  return output.toString();
}

/** Checksums of the decoded pictures, cut to the size of the source where the recorded ones are padded. */
async function decoded(file: string, crop?: string): Promise<string[]> {
  const cropped = crop === undefined ? [] : ['-vf', `crop=${crop}:0:0:exact=1`];
  const args = [
    '-v',
    'error',
    '-i',
    file,
    '-map',
    '0:v',
    ...cropped,
    '-fps_mode',
    'passthrough',
    '-f',
    'framemd5',
    '-',
  ];
  const lines = (await tool('ffmpeg', ...args)).split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/).at(-1)!);
}

/** Listens on a free port of the loopback interface and depacketizes what `send` makes somebody send there. */
async function receive(
  send: (port: number) => Promise<unknown>,
  pictureSize: PayloadFormat['pictureSize'],
): Promise<{ pictures: Buffer[]; damage: string[]; sizes: string[] }> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  // A large picture comes all at once; the usual buffer holds less than one, when this process is kept waiting.
  socket.setRecvBufferSize(4 << 20);
  const pool = new ChunkPool();
  const format = { clockRate: 90_000, ...(pictureSize && { pictureSize }) };
  const depacketizer = new JpegDepacketizer({ format, pool });
  const receiver = new RtpReceiver({
    payloadType,
    clockRate: 90_000,
    reporterSsrc: 1,
    canonicalName: 'test',
  });
  const got = { pictures: [] as Buffer[], damage: [] as string[], sizes: [] as string[] };
  socket.on('message', (bytes) => {
    const received = receiver.accept(bytes, 0, bytes.length, unixMillis(0));
    if (received) depacketizer.push(received.packet, received.lostBefore);
    for (let unit = depacketizer.next(); unit; unit = depacketizer.next()) {
      if (unit.kind === 'damage') got.damage.push(unit.reason);
      else {
        got.pictures.push(Buffer.from(rangeBytes(unit.bytes)));
        if (unit.kind === 'accessUnit') got.sizes.push(`${unit.track.width}x${unit.track.height}`);
        pool.release(unit.bytes);
      }
    }
  });
  try {
    await send((socket.address() as AddressInfo).port);
    await until(() => got.pictures.length + got.damage.length >= frames);
  } finally {
    socket.close();
    depacketizer.close();
  }
  return got;
}

const byFfmpeg = (file: string) => (port: number) =>
  tool(
    'ffmpeg',
    ...['-v', 'error', '-re', '-i', file, '-c', 'copy', '-f', 'rtp', `rtp://127.0.0.1:${port}?pkt_size=1400`],
  );

const byGstreamer = (quality?: number) => (file: string) => (port: number) => {
  const packetizer = [
    'rtpjpegpay',
    `pt=${payloadType}`,
    ...(quality === undefined ? [] : [`quality=${quality}`]),
  ];
  const words = [
    ['filesrc', `location=${file}`],
    ['matroskademux'],
    ['jpegparse'],
    packetizer,
    ['udpsink', 'host=127.0.0.1', `port=${port}`],
  ];
  return tool(
    'gst-launch-1.0',
    '-q',
    ...words.flatMap((element, index) => (index > 0 ? ['!', ...element] : element)),
  );
};

const encodedByFfmpeg =
  (size: string, ...more: string[]) =>
  (file: string) => {
    const source = ['-f', 'lavfi', '-i', `testsrc=s=${size}:r=50:d=${frames / 50}`];
    const codec = ['-pix_fmt', 'yuvj420p', '-c:v', 'mjpeg', '-q:v', '4', '-huffman', 'default', ...more];
    return tool('ffmpeg', '-v', 'error', '-y', ...source, ...codec, file);
  };

/** By libjpeg, whose tables are those of Q. */
const encodedByGstreamer = (format: string, quality: number) => (file: string) => {
  const picture = `video/x-raw,format=${format},width=328,height=240,framerate=50/1`;
  const encoder = ['jpegenc', `quality=${quality}`, '!', 'matroskamux', '!', 'filesink', `location=${file}`];
  return tool('gst-launch-1.0', '-q', 'videotestsrc', `num-buffers=${frames}`, '!', picture, '!', ...encoder);
};

interface Case {
  readonly encode: (file: string) => Promise<string>;
  readonly send: (file: string) => (port: number) => Promise<unknown>;
  /** As a session description would tell it. */
  readonly described?: PayloadFormat['pictureSize'];
  readonly expectedSize: string;
  readonly crop?: string;
  readonly hasRestarts?: boolean;
}

const cases: readonly [name: string, Case][] = [
  ['4:2:0 from ffmpeg', { encode: encodedByFfmpeg('320x240'), send: byFfmpeg, expectedSize: '320x240' }],
  [
    'an odd size from ffmpeg, which RTP rounds up, is padded',
    { encode: encodedByFfmpeg('321x241'), send: byFfmpeg, expectedSize: '328x248', crop: '321:241' },
  ],
  [
    'an odd size that is described is exact',
    {
      encode: encodedByFfmpeg('321x241'),
      send: byFfmpeg,
      described: { width: 321, height: 241 },
      expectedSize: '321x241',
    },
  ],
  [
    'more than 2,040 samples across from GStreamer, the size described',
    {
      encode: encodedByFfmpeg('2560x1440'),
      send: byGstreamer(),
      described: { width: 2560, height: 1440 },
      expectedSize: '2560x1440',
    },
  ],
  [
    'restart intervals from GStreamer',
    {
      encode: encodedByFfmpeg('320x240', '-threads', '4', '-thread_type', 'slice', '-slices', '4'),
      send: byGstreamer(),
      expectedSize: '320x240',
      hasRestarts: true,
    },
  ],
  [
    '4:2:2 from GStreamer',
    { encode: encodedByGstreamer('Y42B', 85), send: byGstreamer(), expectedSize: '328x240' },
  ],
  [
    'tables that are computed, Q 30',
    { encode: encodedByGstreamer('I420', 30), send: byGstreamer(30), expectedSize: '328x240' },
  ],
  [
    'tables that are computed, Q 92',
    { encode: encodedByGstreamer('Y42B', 92), send: byGstreamer(92), expectedSize: '328x240' },
  ],
  [
    'tables sent with Q 200',
    { encode: encodedByGstreamer('I420', 70), send: byGstreamer(200), expectedSize: '328x240' },
  ],
];

async function clipFile(context: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-jpeg-'));
  context.after(() => rm(folder, { recursive: true }));
  return path.join(folder, 'clip.mkv');
}

for (const [name, { encode, send, described, expectedSize, crop, hasRestarts = false }] of cases) {
  test(name, async (context) => {
    const file = await clipFile(context);
    await encode(file);
    const { pictures, damage, sizes } = await receive(send(file), described);
    assert.deepEqual(damage, []);
    assert.deepEqual([...new Set(sizes)], [expectedSize]);
    for (const picture of pictures) assert.equal(takeJpegApart(picture).restartInterval > 0, hasRestarts);
    const received = file.replace('.mkv', '.mjpeg');
    await writeFile(received, Buffer.concat(pictures));
    const expected = await decoded(file);
    assert.equal(expected.length, frames);
    assert.deepEqual(await decoded(received, crop), expected);
  });
}
