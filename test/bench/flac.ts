/**
 * How fast recorded sound becomes FLAC: decoded, predicted and coded, in frames as cameras send them. Rates are of the PCM,
 * and how many seconds of sound a second of one core makes; the size is that of the FLAC against the PCM and the recorded
 * bytes. Medians.
 */
import { systemClock } from '../../src/clock/system_clock.ts';
import { soundFrames } from '../../src/flac/flac_frames.ts';
import { pcmDecoder } from '../../src/pcm/pcm_decoder.ts';

const seconds = 60;
const warmUpRounds = 3;
const rounds = 9;

type Kind = 'speech' | 'noise';

/** Bytes whose samples go up and down as a voice does, or at random. */
function coded(codecString: string, rate: number, channels: number, kind: Kind): Uint8Array {
  const bytesPerSample = codecString === 'twos' ? 2 : 1;
  const bytes = new Uint8Array(seconds * rate * channels * bytesPerSample);
  let state = 1;
  for (let at = 0; at < bytes.length; at += bytesPerSample) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const time = Math.floor(at / bytesPerSample / channels) / rate;
    const loudness = Math.max(0, Math.sin(time * 7)) * 6_000;
    const voice = loudness * Math.sin(time * 1_500 + 3 * Math.sin(time * 40)) + (state >>> 26);
    const sample = kind === 'noise' ? (state >>> 16) - 0x8000 : Math.round(voice);
    if (bytesPerSample === 2) bytes.set([(sample >> 8) & 0xff, sample & 0xff], at);
    else bytes[at] = kind === 'noise' ? state >>> 24 : aLaw(sample);
  }
  return bytes;
}

/** ITU-T G.711: the segment is the place of the highest bit. */
function aLaw(sample: number): number {
  const magnitude = Math.min(0xfff, Math.abs(sample) >> 4);
  const segment = Math.max(0, 28 - Math.clz32(magnitude));
  const step = segment < 2 ? magnitude & 0x1f : (magnitude >> (segment - 1)) & 0x0f;
  return ((sample >= 0 ? 0x80 : 0) | Math.min(0x7f, (segment << 4) | (step & 0x0f))) ^ 0x55;
}

function convert(bytes: Uint8Array, codecString: string, rate: number, channels: number): number {
  const decoder = pcmDecoder({ codecString, timescale: rate, channels })!;
  const track = { sampleRate: rate, channels, timescale: rate };
  // 20 ms, as most cameras send.
  const duration = rate / 50;
  const frameBytes = duration * channels * (codecString === 'twos' ? 2 : 1);
  let out = 0;
  for (let at = 0, ticks = 0; at < bytes.length; at += frameBytes, ticks += duration) {
    const samples = decoder.decode(bytes.subarray(at, at + frameBytes));
    for (const frame of soundFrames(samples, track, { ticks, duration })) out += frame.bytes.length;
  }
  return out;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const rows: readonly [codecString: string, rate: number, channels: number, kind: Kind][] = [
  ['alaw', 8_000, 1, 'speech'],
  ['ulaw', 8_000, 1, 'noise'],
  ['twos', 48_000, 2, 'speech'],
  ['twos', 48_000, 2, 'noise'],
];

for (const [codecString, rate, channels, kind] of rows) {
  const bytes = coded(codecString, rate, channels, kind);
  const pcmBytes = seconds * rate * channels * 2;
  const elapsed: number[] = [];
  let size = 0;
  for (let round = -warmUpRounds; round < rounds; round++) {
    const start = systemClock.monotonic();
    size = convert(bytes, codecString, rate, channels);
    if (round >= 0) elapsed.push(systemClock.monotonic() - start);
  }
  const ms = median(elapsed);
  const name = `${codecString} ${rate / 1000} kHz x${channels} ${kind}`.padEnd(28);
  const percent = (of: number) => `${((100 * size) / of).toFixed(0)} %`;
  console.log(
    `${name}${(pcmBytes / 1000 / ms).toFixed(0).padStart(5)} MB/s  ${((seconds * 1000) / ms).toFixed(0).padStart(6)} times life speed  ${percent(pcmBytes)} of the PCM, ${percent(bytes.length)} of what was recorded`,
  );
}
