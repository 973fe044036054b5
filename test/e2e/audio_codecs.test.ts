import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { AudioFrame, MediaUnit } from '../../src/media/media_unit.ts';
import { ChunkPool } from '../../src/media/sample_arena.ts';
import type { Sample } from '../../src/mp4/sample.ts';
import { createDepacketizer, whyUnsupported } from '../../src/rtp/depacketizers.ts';
import { trackTicks } from '../../src/units/time.ts';
import { type Packetized, packetizedByFfmpeg } from '../fixtures/ffmpeg_packetizer.ts';
import { ffprobe, runTool } from '../fixtures/ffprobe.ts';
import { segmentFile } from '../fixtures/segment_file.ts';

/** ffmpeg packs each codec into RTP, and ffmpeg must find in the file exactly what it had packed. */

interface Row {
  readonly name: string;
  /** Arguments that encode a second of sound. */
  readonly encode: readonly string[];
  /** The file that they are encoded to, by its ending; and what ffmpeg must be told to read it. */
  readonly ending: string;
  readonly read?: readonly string[];
  readonly packetizer?: { readonly muxer: readonly string[]; readonly packetBytes: number };
  readonly encoding: string;
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
  /** What is compared: coded packets, or the samples that are decoded of packets that are cut elsewhere. */
  readonly compare: 'packets' | 'samples';
}

const tone = (rate: number, channels = 1) => [
  ...['-f', 'lavfi', '-i', `aevalsrc=0.4*sin(2*PI*t*(300+200*t)):s=${rate}:d=1`],
  ...['-ac', String(channels)],
];
const raw = (format: string, rate: number) => ['-f', format, '-ar', String(rate)];

const g726 = [2, 3, 4, 5].flatMap((bits): Row[] =>
  (bits === 3 ? (['g726le', 'g726'] as const) : (['g726le'] as const)).map((order) => ({
    name: `G.726 of ${bits * 8} kbit/s in the order of ${order === 'g726' ? 'AAL2' : 'RFC 3551'}`,
    encode: [...tone(8000), '-c:a', order, '-b:a', `${bits * 8}k`, '-f', order],
    ending: order,
    read: ['-f', order, '-code_size', String(bits)],
    encoding: `${order === 'g726' ? 'AAL2-' : ''}G726-${bits * 8}`,
    codec: 'adpcm_g726',
    sampleRate: 8000,
    channels: 1,
    compare: 'samples',
  })),
);

const rows: readonly Row[] = [
  {
    name: 'Opus in mono, which ffmpeg announces as nothing else',
    encode: [...tone(48_000), '-c:a', 'libopus'],
    ending: 'ogg',
    encoding: 'OPUS',
    codec: 'opus',
    sampleRate: 48_000,
    channels: 2,
    compare: 'packets',
  },
  {
    name: 'Opus in stereo with frames of 60 ms',
    encode: [...tone(48_000, 2), '-c:a', 'libopus', '-frame_duration', '60'],
    ending: 'ogg',
    encoding: 'OPUS',
    codec: 'opus',
    sampleRate: 48_000,
    channels: 2,
    compare: 'packets',
  },
  {
    name: 'AAC as LATM of 44.1 kHz, in elements over several packets,',
    encode: [...tone(44_100, 2), '-c:a', 'aac', '-b:a', '256k'],
    ending: 'm4a',
    packetizer: { muxer: ['-rtpflags', 'latm'], packetBytes: 600 },
    encoding: 'MP4A-LATM',
    codec: 'aac',
    sampleRate: 44_100,
    channels: 2,
    compare: 'packets',
  },
  {
    name: 'L16 of 44.1 kHz in stereo',
    encode: [...tone(44_100, 2), '-f', 's16be'],
    ending: 'pcm',
    read: [...raw('s16be', 44_100), '-ac', '2'],
    encoding: 'L16',
    codec: 'pcm_s16be',
    sampleRate: 44_100,
    channels: 2,
    compare: 'samples',
  },
  {
    name: 'L16 of 16 kHz',
    encode: [...tone(16_000), '-f', 's16be'],
    ending: 'pcm',
    read: raw('s16be', 16_000),
    encoding: 'L16',
    codec: 'pcm_s16be',
    sampleRate: 16_000,
    channels: 1,
    compare: 'samples',
  },
  {
    name: 'L16 of 96 kHz, a rate beyond the 16 bits of the sample entry,',
    encode: [...tone(96_000), '-f', 's16be'],
    ending: 'pcm',
    read: raw('s16be', 96_000),
    encoding: 'L16',
    codec: 'pcm_s16be',
    sampleRate: 96_000,
    channels: 1,
    compare: 'samples',
  },
  {
    name: 'G.722, whose clock is half its rate,',
    encode: [...tone(16_000), '-c:a', 'g722', '-f', 'g722'],
    ending: 'g722',
    read: ['-f', 'g722'],
    encoding: 'G722',
    codec: 'adpcm_g722',
    sampleRate: 16_000,
    channels: 1,
    compare: 'samples',
  },
  {
    name: 'G.711 A-law',
    encode: [...tone(8000), '-c:a', 'pcm_alaw', '-f', 'alaw'],
    ending: 'alaw',
    read: raw('alaw', 8000),
    encoding: 'PCMA',
    codec: 'pcm_alaw',
    sampleRate: 8000,
    channels: 1,
    compare: 'samples',
  },
  {
    name: 'G.711 µ-law',
    encode: [...tone(8000), '-c:a', 'pcm_mulaw', '-f', 'mulaw'],
    ending: 'mulaw',
    read: raw('mulaw', 8000),
    encoding: 'PCMU',
    codec: 'pcm_mulaw',
    sampleRate: 8000,
    channels: 1,
    compare: 'samples',
  },
  ...g726,
];

describe('RTP of ffmpeg', { concurrency: 6 }, () => {
  for (const row of rows) {
    test(`${row.name} of ffmpeg's packets is read by ffmpeg as it was`, {
      concurrency: true,
    }, async (context) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-audio-'));
      context.after(() => rm(folder, { recursive: true }));
      const source = path.join(folder, `source.${row.ending}`);
      const encoded = await runTool('ffmpeg', ['-v', 'error', ...row.encode, '-y', source]);
      assert.equal(encoded.errors, '');
      const read = [...(row.read ?? []), '-i', source];
      const packetized = await packetizedByFfmpeg([...read, '-c:a', 'copy'], row.packetizer);
      assert.equal(packetized.description.media[0]!.formats[0]!.encoding, row.encoding);

      const file = path.join(folder, 'recorded.mp4');
      await writeFile(file, recorded(packetized));
      const { streams } = await ffprobe(file);
      const sound = streams.find(({ codec_type }) => codec_type === 'audio')!;
      assert.deepEqual(
        [sound.codec_name, Number(sound.sample_rate), sound.channels],
        [row.codec, row.sampleRate, row.channels],
      );
      assert.ok(Math.abs(Number(sound.duration) - 1) < 0.1, `${sound.duration} s`);
      const content = row.compare === 'packets' ? packetHashes : decodedSamples;
      const [expected, actual] = [await content(read), await content(['-i', file])];
      assert.equal(actual.length, expected.length);
      assert.ok(actual === expected, 'other sound than the source');
    });
  }
});

/** A closed segment of what the packets hold. */
function recorded({ description, packets }: Packetized): Uint8Array {
  const [format] = description.media[0]!.formats;
  assert.equal(whyUnsupported('audio', format!), undefined);
  const depacketizer = createDepacketizer('audio', format!, new ChunkPool());
  const units: MediaUnit[] = [];
  const take = () => {
    for (let unit = depacketizer.next(); unit; unit = depacketizer.next()) units.push(unit);
  };
  for (const packet of packets) {
    depacketizer.push(packet, 0);
    take();
  }
  depacketizer.flush();
  take();
  const frames = units.filter((unit) => unit.kind === 'audioFrame');
  assert.equal(frames.length, units.length, 'damage');
  assert.ok(frames.length < 75, `${frames.length} frames of a second`);
  return segmentFile([{ track: frames[0]!.track, samples: samplesOf(frames) }], {
    fragmentSamples: 25,
  }).closed();
}

function samplesOf(frames: readonly AudioFrame[]): Sample[] {
  const first = frames[0]!.rtpTimestamp;
  return frames.map(({ bytes, rtpTimestamp, durationTicks }, index) => {
    const next = frames[index + 1]?.rtpTimestamp;
    return {
      bytes,
      decodeTicks: trackTicks((rtpTimestamp - first) >>> 0),
      compositionOffset: 0,
      duration: next === undefined ? durationTicks : (next - rtpTimestamp) >>> 0,
      keyFrame: true,
    };
  });
}

/** One line per coded packet. */
async function packetHashes(read: readonly string[]): Promise<string> {
  const { output } = await runTool('ffmpeg', [
    ...['-v', 'error', ...read, '-map', '0:a', '-c', 'copy'],
    ...['-f', 'framemd5', '-'],
  ]);
  const lines = output
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => line.split(',').slice(4, 6).join()).join('\n');
}

/** All samples, in hex. */
async function decodedSamples(read: readonly string[]): Promise<string> {
  const { output, errors } = await runTool('ffmpeg', [
    ...['-v', 'error', ...read, '-map', '0:a', '-c:a', 'pcm_s16le'],
    ...['-f', 's16le', '-'],
  ]);
  assert.equal(errors, '');
  return output.toString('hex');
}
