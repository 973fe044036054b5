import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type MediaSource, mediaSource } from '../../src/simulator/dialogue_sources.ts';
import { splitJpeg } from '../../src/simulator/jpeg_packer.ts';
import { runTool } from '../fixtures/ffprobe.ts';
import type { FixtureRecording } from './fixture_recording.ts';

/** Pictures of each source that a file is searched for. */
const searched = 100;

/** Compares what became of a dialogue with its `expect:` lines; docs/camera-fixtures.md has their meaning. */
export async function judge(expectations: readonly string[], recording: FixtureRecording): Promise<void> {
  assert.deepEqual(recording.surprises, [], 'the client did otherwise than the dialogue has it');
  assert.equal(recording.missing, undefined, `the client never sent this, but ${recording.heard.join(', ')}`);
  const lines = expectations.map((line) => {
    const [kind = ''] = line.split(' ');
    return { kind, rest: line.slice(kind.length).trim() };
  });
  const textsOf = (wanted: string) => lines.filter(({ kind }) => kind === wanted).map(({ rest }) => rest);
  const errors = new Set(recording.statuses.flatMap(({ errorCode }) => errorCode ?? []));
  assert.deepEqual([...errors], textsOf('error'), 'errors of the stream');
  const state = recording.statuses.map(({ stateReason }) => stateReason).join('\n');
  for (const text of textsOf('says')) assert.ok(state.includes(text), `no status says "${text}":\n${state}`);
  const warned = textsOf('warning');
  for (const warning of recording.warnings)
    assert.ok(
      warned.some((text) => warning.includes(text)),
      `unexpected warning: ${warning}`,
    );
  for (const text of warned)
    assert.ok(
      recording.warnings.some((warning) => warning.includes(text)),
      `no warning has "${text}"`,
    );
  const facts = await factsOf(recording);
  for (const { kind, rest } of lines) {
    if (kind !== 'recorded' && kind !== 'counted') continue;
    for (const pair of rest.split(/\s+/)) {
      const [, name, value] = /^([a-z]+)=(.+)$/.exec(pair) ?? [];
      if (name === 'decoded') {
        assert.equal(await decodedIn(recording), value, name);
        continue;
      }
      assert.ok(name !== undefined && name in facts, `"${pair}" is nothing that can be expected`);
      assert.equal(facts[name], value, name);
    }
  }
  const known = ['recorded', 'counted', 'error', 'says', 'warning'];
  for (const { kind } of lines) assert.ok(known.includes(kind), `"expect: ${kind}" is unknown`);
  if (!lines.some(({ kind }) => kind === 'recorded')) assert.equal(facts.files, '0', 'files');
  assert.ok(expectations.length > 0, 'nothing is expected');
}

/** All that can stand behind `recorded` and `counted`, as text. */
export async function factsOf(recording: FixtureRecording): Promise<Record<string, string>> {
  const { files, statuses, heard, causes, runs, overMs } = recording;
  const sum = (kind: 'video' | 'audio', field: 'samples' | 'keyFrames') =>
    files.reduce(
      (total, { tracks }) => total + (tracks.find((track) => track.kind === kind)?.[field] ?? 0),
      0,
    );
  const { counters } = statuses.at(-1)!;
  const codec = (kind: 'video' | 'audio') =>
    distinct(files.flatMap(({ tracks }) => tracks.find((track) => track.kind === kind)?.codecString ?? []));
  return {
    pictures: await picturesIn(files.map(({ bytes }) => bytes)),
    frames: String(sum('video', 'samples')),
    keys: String(sum('video', 'keyFrames')),
    sounds: String(sum('audio', 'samples')),
    video: codec('video'),
    audio: codec('audio'),
    size: distinct(files.map(({ bytes }) => sizeOf(bytes))),
    files: String(files.length),
    runs: String(runs),
    behind: files.map(({ endMs }) => ((overMs - endMs) / 1000).toFixed(1)).at(-1) ?? 'none',
    seconds: files.reduce((total, { seconds }) => total + seconds, 0).toFixed(2),
    lost: String(counters.packetsLost),
    damaged: String(counters.damagedUnits),
    dropped: String(counters.samplesDropped),
    framing: String(counters.framingBytesLost),
    reconnects: String(counters.reconnects),
    connections: String(heard.filter((what) => what === 'connect').length),
    transport: distinct(statuses.flatMap(({ transport }) => transport ?? [])),
    causes: distinct(causes),
  };
}

/** Pictures that ffmpeg decodes of the files, without a word of complaint. */
async function decodedIn({ files }: FixtureRecording): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-decoded-'));
  try {
    let frames = 0;
    for (const [index, { bytes }] of files.entries()) {
      const file = path.join(folder, `${index}.mp4`);
      await writeFile(file, bytes);
      const counted = ['-count_frames', '-select_streams', 'v', '-show_entries', 'stream=nb_read_frames'];
      const form = ['-v', 'error', '-of', 'default=noprint_wrappers=1:nokey=1'];
      const { output, errors } = await runTool('ffprobe', [...form, ...counted, file]);
      assert.equal(errors, '');
      frames += Number(output.toString());
    }
    return String(frames);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Width and height in the sample entry of the first track. */
function sizeOf(file: Buffer): string {
  const entry = file.indexOf('stsd') + 16;
  return `${file.readUInt16BE(entry + 28)}x${file.readUInt16BE(entry + 30)}`;
}

function distinct(values: readonly string[]): string {
  return [...new Set(values)].join(',') || 'none';
}

const sources = ['h264', 'h264-large', 'h264-slices', 'h264-b', 'h265', 'jpeg'];

/** Which pictures of the sources stand in the files, whole and to the last byte, in the order of the files. */
async function picturesIn(files: readonly Buffer[]): Promise<string> {
  const found: string[] = [];
  for (const bytes of files) {
    const places: { at: number; number: number }[] = [];
    for (const name of sources) {
      const source = (await mediaSource(name))!;
      for (let number = 0; number < Math.min(searched, source.length); number++) {
        for (const at of placesOf(bytes, pictureBytes(source, number))) places.push({ at, number });
      }
    }
    places.sort((a, b) => a.at - b.at);
    found.push(ranges(places.map(({ number }) => number)));
  }
  return found.join(';') || 'none';
}

/** The slices of a picture as a sample has them, each with its length in front; of JPEG its data and its end. */
function pictureBytes({ packing, unit }: MediaSource, number: number): Buffer {
  // The headers in front are the recorder's own.
  if (packing === 'jpeg') {
    const picture = Buffer.from(unit(number).parts[0]!);
    return Buffer.concat([splitJpeg(picture).scan, Buffer.of(0xff, 0xd9)]);
  }
  const slices = unit(number).parts.filter((nalUnit) =>
    packing === 'h265' ? nalUnit[0]! >> 1 < 32 : [1, 5].includes(nalUnit[0]! & 0x1f),
  );
  return Buffer.concat(
    slices.flatMap((slice) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(slice.length);
      return [length, slice];
    }),
  );
}

function placesOf(bytes: Buffer, part: Buffer): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + 1)) places.push(at);
  return places;
}

/** 0,1,2,5 as `0-2,5`. */
function ranges(numbers: readonly number[]): string {
  const parts: [from: number, to: number][] = [];
  for (const number of numbers) {
    const last = parts.at(-1);
    if (last && last[1] + 1 === number) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',') || 'none';
}
