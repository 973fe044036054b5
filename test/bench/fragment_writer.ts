/**
 * What it costs to write fragments: encodeFragment and one writev each, against a plain writev of the same media in the
 * same run. Prints one line of JSON; `ratio` is the number that can be compared between machines.
 */
import { close as closeFile, mkdtempSync, open as openFile, rmSync, writev } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../src/clock/system_clock.ts';
import { encodeFragment } from '../../src/mp4/fragment.ts';
import type { Sample } from '../../src/mp4/sample.ts';
import { SampleTableBuilder } from '../../src/mp4/sample_table.ts';
import { trackTicks, unixMillis } from '../../src/units/time.ts';
import { syntheticSamples } from '../fixtures/synthetic_media.ts';

/** A second of 25 pictures at 4 Mbit/s, and of 47 AAC frames. */
const video = syntheticSamples(
  Array.from({ length: 25 }, (_, index) => ({
    size: index === 0 ? 80_000 : 17_000 + index,
    duration: 3600,
    keyFrame: index === 0,
  })),
);
const audio = syntheticSamples(
  Array.from({ length: 47 }, (_, index) => ({ size: 170 + (index % 9), duration: 1024, keyFrame: true })),
);
const samplesPerFragment = video.length + audio.length;
const fragments = 60;
const rounds = 8;
const tracks = [
  { trackId: 1, offsetTicks: trackTicks(0), timescale: 90_000 },
  { trackId: 2, offsetTicks: trackTicks(0), timescale: 48_000 },
];

const open = promisify(openFile);
const close = promisify(closeFile);
const write = (file: number, parts: readonly Uint8Array[]): Promise<void> =>
  new Promise((resolve, reject) =>
    writev(file, parts as Uint8Array[], (error) => (error ? reject(error) : resolve())),
  );

function moved(samples: readonly Sample[], ticks: number): Sample[] {
  return samples.map((sample) => ({ ...sample, decodeTicks: trackTicks(sample.decodeTicks + ticks) }));
}

async function writeFragments(file: number): Promise<void> {
  const table = new SampleTableBuilder(tracks);
  let offset = 0;
  for (let index = 0; index < fragments; index++) {
    const samples = [moved(video, index * 90_000), moved(audio, index * 47 * 1024)];
    const fragment = encodeFragment({
      sequenceNumber: index + 1,
      arrivalMs: unixMillis(1_700_000_000_000 + index * 1000),
      tracks: tracks.map((track, at) => ({ ...track, samples: samples[at]! })),
    });
    for (const [at, { trackId }] of tracks.entries()) {
      table.add(trackId, samples[at]!, offset + fragment.dataOffsets[at]!);
    }
    await write(file, fragment.parts);
    offset += fragment.bytes;
  }
  table.encode();
}

async function writePlain(file: number): Promise<void> {
  const parts = [video, audio].map((samples) => samples[0]!.bytes.chunk.bytes);
  for (let index = 0; index < fragments; index++) await write(file, parts);
}

/** CPU and wall time of one round, in ms per 1,000 samples. */
async function measure(
  file: string,
  run: (file: number) => Promise<void>,
): Promise<{ cpu: number; wall: number }> {
  const handle = await open(file, 'w');
  const cpuBefore = process.cpuUsage();
  const before = systemClock.monotonic();
  await run(handle);
  const wall = systemClock.monotonic() - before;
  const { user, system } = process.cpuUsage(cpuBefore);
  await close(handle);
  const thousands = (fragments * samplesPerFragment) / 1000;
  return { cpu: (user + system) / 1000 / thousands, wall: wall / thousands };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const rounded = (value: number): number => Math.round(value * 1000) / 1000;

const folder = mkdtempSync(join(tmpdir(), 'nightjar-bench-'));
try {
  const written: { cpu: number; wall: number }[] = [];
  const plain: { cpu: number; wall: number }[] = [];
  // The first round warms up both ways and is left out.
  for (let round = 0; round <= rounds; round++) {
    const file = join(folder, `${round % 2}`);
    const results = [await measure(file, writePlain), await measure(file, writeFragments)] as const;
    if (round === 0) continue;
    plain.push(results[0]);
    written.push(results[1]);
  }
  const cpu = { written: median(written.map(({ cpu }) => cpu)), plain: median(plain.map(({ cpu }) => cpu)) };
  console.log(
    JSON.stringify({
      benchmark: 'fragment_writer',
      unit: 'CPU ms per 1,000 samples',
      written: rounded(cpu.written),
      plain: rounded(cpu.plain),
      ratio: rounded(cpu.written / cpu.plain),
      wallWritten: rounded(median(written.map(({ wall }) => wall))),
      wallPlain: rounded(median(plain.map(({ wall }) => wall))),
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
