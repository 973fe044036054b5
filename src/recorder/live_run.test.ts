import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  testAacTrack,
  testG711Track,
  testOpusTrack,
  testVideoTrack,
} from '../../test/fixtures/synthetic_media.ts';
import { ChunkPool, SampleArena } from '../media/sample_arena.ts';
import type { AudioTrack, VideoTrack } from '../media/track.ts';
import { encodeFragment } from '../mp4/fragment.ts';
import { readMoof, type StoredTrackFragment } from '../mp4/moof_reader.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import type { LiveInit, LiveItem } from './live_item.ts';
import { LiveRun } from './live_run.ts';
import { type UnfinishedFragment, videoSample } from './run_recorder.ts';
import type { StoredGroup } from './segment_writer.ts';

const startMs = Date.UTC(2026, 5, 1, 12);
const videoTrack = { ...testVideoTrack, reorderDepth: 0 };
/** The live time line begins a second before the run's. */
const lead = { video: 90_000, audio: 48_000 };

const tracksOf = (item: LiveItem): readonly StoredTrackFragment[] => readMoof(item.bytes.subarray(32));

/** An item in words: what it is, and where each track begins in milliseconds of the run. */
function inWords(item: LiveItem): string {
  if (item.kind === 'init') return `init ${/"(.*)"/.exec(item.mimeType)![1]}`;
  const tracks = tracksOf(item).map(({ trackId, decodeTicks, samples }) => {
    const video = trackId === 1;
    const ms = Math.round(video ? (decodeTicks - lead.video) / 90 : (decodeTicks - lead.audio) / 48);
    return `${video ? 'video' : 'audio'} ${ms}${samples.length > 1 ? ` x${samples.length}` : ''}`;
  });
  return `${item.keyFrame ? 'key ' : ''}${tracks.join(', ')}`;
}

function liveRun(options: { audio?: AudioTrack } = {}) {
  const pool = new ChunkPool();
  const arena = new SampleArena(pool);
  const items: LiveItem[] = [];
  let lagTicks: number | undefined = 0;
  const run = new LiveRun({
    audioTrack: options.audio,
    audioLagTicks: () => lagTicks,
    release: (bytes) => pool.release(bytes),
    emit: (item) => items.push(item),
  });
  const range = (size: number) => {
    arena.append(new Uint8Array(size), 0, size);
    return arena.finish();
  };
  /** 25 pictures a second, a key frame each second; the caller's hold on its bytes ends at once. */
  const sample = (index: number, track: VideoTrack, keyFrame: boolean) => ({
    bytes: range(100),
    decodeTicks: trackTicks(index * 3_600),
    presentationTicks: trackTicks(index * 3_600),
    keyFrame,
    arrivalMs: unixMillis(startMs + index * 40),
    track,
  });
  const picture = (index: number, track: VideoTrack = videoTrack, keyFrame = index % 25 === 0) => {
    const taken = sample(index, track, keyFrame);
    run.picture(taken);
    pool.release(taken.bytes);
  };
  /** A frame of 1,024 samples at 48 kHz. */
  const sound = (index: number, arrivalMs = startMs + (index * 1024) / 48) => {
    const bytes = range(20);
    const ticks = trackTicks(index * 1024);
    run.sound({ bytes, ticks, frameTicks: 1024, arrivalMs: unixMillis(arrivalMs) });
    pool.release(bytes);
  };
  const unfinished = (from: number, to: number): UnfinishedFragment => {
    const pictures = Array.from({ length: to - from }, (_, index) =>
      sample(from + index, videoTrack, (from + index) % 25 === 0),
    );
    return {
      track: videoTrack,
      arrivalMs: pictures[0]!.arrivalMs,
      video: pictures.map((each) => videoSample(each, 3_600)),
      audio: [],
      newestVideoMs: pictures.at(-1)!.arrivalMs,
      newestAudioMs: undefined,
    };
  };
  const setLag = (ticks: number | undefined) => {
    lagTicks = ticks;
  };
  return { run, items, picture, sound, setLag, unfinished, arena, words: () => items.map(inWords) };
}

const avc = 'init avc1.64000c';
const avcAndAac = 'init avc1.64000c, mp4a.40.2';

test('a picture goes out when it is there, with the time at which it arrived', () => {
  const { picture, items, words } = liveRun();
  picture(0);
  assert.deepEqual(words(), [avc, 'key video 0']);
  picture(1);
  assert.deepEqual(words(), [avc, 'key video 0', 'video 40']);
  const prft = Buffer.from(items[1]!.bytes);
  assert.equal(prft.toString('latin1', 4, 8), 'prft');
  // RFC 5905: seconds since 1900.
  assert.equal(prft.readUInt32BE(16), startMs / 1000 + 2_208_988_800);
});

test('nothing comes before the first key frame', () => {
  const { picture, words } = liveRun();
  picture(23);
  picture(24);
  assert.deepEqual(words(), []);
  picture(25);
  assert.deepEqual(words(), [avc, 'key video 1000']);
});

test('the duration of a picture is that of those before it, and the next says its own time', () => {
  const { picture, items } = liveRun();
  for (const index of [0, 1, 2, 3, 5]) picture(index);
  const told = items.slice(1).map((item) => {
    const [video] = tracksOf(item);
    return [(video!.decodeTicks - lead.video) / 90, video!.samples[0]!.duration / 90];
  });
  assert.deepEqual(told, [
    [0, 200],
    [40, 40],
    [80, 40],
    [120, 40],
    [200, 40],
  ]);
});

test('sound goes with the next picture', () => {
  const { picture, sound, words } = liveRun({ audio: testAacTrack });
  picture(0);
  sound(0);
  sound(1);
  picture(1);
  picture(2);
  sound(2);
  picture(3);
  assert.deepEqual(words(), [
    avcAndAac,
    'key video 0',
    'video 40, audio 0 x2',
    'video 80',
    'video 120, audio 43',
  ]);
});

test('sound waits until its place on the time line is known, and goes alone when no picture comes', () => {
  const { picture, sound, setLag, words } = liveRun({ audio: testAacTrack });
  setLag(undefined);
  picture(0);
  sound(0);
  sound(1);
  picture(1);
  assert.deepEqual(words(), [avcAndAac, 'key video 0', 'video 40']);
  setLag(480);
  picture(2);
  assert.equal(words().at(-1), 'video 80, audio 10 x2');
  sound(2);
  sound(30);
  assert.equal(words().at(-1), 'audio 53 x2');
});

test('sound that has no place is left out: from before the time line, or not later than the one before', () => {
  const { picture, sound, setLag, words } = liveRun({ audio: testAacTrack });
  picture(0);
  setLag(-60_000);
  sound(0);
  setLag(0);
  sound(5);
  sound(5);
  sound(4);
  sound(6);
  picture(1);
  assert.equal(words().at(-1), 'video 40, audio 107 x2');
});

test('Opus is announced with its codec string', () => {
  const { items, picture } = liveRun({ audio: testOpusTrack });
  picture(0);
  const [init] = items as [LiveInit];
  assert.match(init.mimeType, /, opus"$/);
  assert.equal(init.hasAudio, true);
});

test('G.711 is announced and sent as FLAC, with silence for what was lost', () => {
  const { run, items, picture, arena } = liveRun({ audio: testG711Track });
  picture(0);
  for (const ticks of [0, 480]) {
    arena.append(new Uint8Array(160).fill(0xd5), 0, 160);
    run.sound({
      bytes: arena.finish(),
      ticks: trackTicks(ticks),
      frameTicks: 160,
      arrivalMs: unixMillis(startMs),
    });
  }
  picture(1);
  const [init, , frame] = items as [LiveInit, LiveItem, LiveItem];
  assert.match(init.mimeType, /, flac"$/);
  assert.equal(init.hasAudio, true);
  assert.ok(Buffer.from(init.bytes).includes('dfLa'));
  const [, { decodeTicks, dataOffset, samples }] = tracksOf(frame) as [unknown, StoredTrackFragment];
  // The live time line begins a second before the run's.
  assert.equal(decodeTicks, 8_000);
  assert.deepEqual(
    samples.map(({ duration }) => duration),
    [160, 320, 160],
  );
  assert.deepEqual([...frame.bytes.subarray(32 + dataOffset).subarray(0, 2)], [0xff, 0xf9]);
});

test('sound that cannot be given as anything that browsers play is left out', () => {
  const { run, items, picture, words, arena } = liveRun({ audio: { ...testG711Track, codecString: 'x' } });
  picture(0);
  arena.append(new Uint8Array(160), 0, 160);
  run.sound({ bytes: arena.finish(), ticks: trackTicks(0), frameTicks: 160, arrivalMs: unixMillis(startMs) });
  picture(1);
  assert.deepEqual(words(), [avc, 'key video 0', 'video 40']);
  assert.equal((items[0] as LiveInit).hasAudio, false);
});

test('sound that stops is not announced at the next key frame, and sound that comes back is', () => {
  const { picture, sound, words } = liveRun({ audio: testAacTrack });
  sound(0);
  for (let index = 0; index < 100; index++) picture(index);
  sound(190, startMs + 4_000);
  for (let index = 100; index < 130; index++) picture(index);
  assert.deepEqual(
    words().filter((word) => /init|key/.test(word)),
    [
      ...[avcAndAac, 'key video 0', 'key video 1000'],
      ...[avc, 'key video 2000', 'key video 3000'],
      ...[avcAndAac, 'key video 4000', 'key video 5000'],
    ],
  );
});

test('with new parameters nothing comes until their key frame, and a new header before it', () => {
  const { picture, words } = liveRun();
  const other = { ...videoTrack, codecString: 'avc1.640028' };
  picture(0);
  picture(1, other);
  picture(2, other);
  picture(3, other, true);
  picture(4, other);
  assert.deepEqual(words(), [avc, 'key video 0', 'init avc1.640028', 'key video 120', 'video 160']);
});

test('whoever begins in the midst gets the unfinished fragment from its key frame on', () => {
  const { run, picture, unfinished, words } = liveRun();
  run.beginAt(unfinished(23, 30), () => assert.fail('the file is not needed'));
  picture(30);
  assert.deepEqual(words(), [avc, 'key video 1000 x5', 'video 1200']);
});

/** Fragments of a file with pictures from `from` on, each of `count`; the file's zero is at its first picture. */
function storedGroup(from: number, counts: readonly number[]): StoredGroup {
  const offsetTicks = trackTicks(from * 3_600);
  let next = from;
  const fragments = counts.map((count, index) => {
    const samples = Array.from({ length: count }, () => {
      const number = next++;
      return {
        bytes: { chunk: { bytes: new Uint8Array(10), holders: 1 }, start: 0, end: 10 },
        decodeTicks: trackTicks(number * 3_600),
        compositionOffset: 0,
        duration: 3_600,
        keyFrame: number % 25 === 0,
      };
    });
    const { parts } = encodeFragment({
      sequenceNumber: index + 1,
      arrivalMs: unixMillis(startMs),
      tracks: [{ trackId: 1, offsetTicks, timescale: 90_000, samples }],
    });
    return Buffer.concat(parts);
  });
  return { tracks: [{ trackId: 1, offsetTicks }], fragments };
}

test('what precedes it comes from the file, and what comes meanwhile waits for that', async () => {
  const { run, picture, unfinished, words } = liveRun();
  const read = Promise.withResolvers<StoredGroup | undefined>();
  run.beginAt(unfinished(35, 38), () => read.promise);
  picture(38);
  assert.deepEqual(words(), []);
  read.resolve(storedGroup(25, [5, 5]));
  await read.promise;
  picture(39);
  assert.deepEqual(words(), [
    ...[avc, 'key video 1000 x5', 'video 1200 x5'],
    ...['video 1400 x3', 'video 1520', 'video 1560'],
  ]);
});

const unreadable: [what: string, group: StoredGroup | undefined][] = [
  ['has no key frame', undefined],
  ['is damaged', { tracks: [], fragments: [Buffer.alloc(100)] }],
];

for (const [what, group] of unreadable) {
  test(`when the file ${what}, the next key frame is waited for`, async () => {
    const { run, picture, unfinished, words } = liveRun();
    run.beginAt(unfinished(35, 38), async () => group);
    await Promise.resolve().then(() => {});
    picture(38);
    assert.deepEqual(words(), []);
    picture(50);
    picture(51);
    assert.deepEqual(words(), [avc, 'key video 2000', 'video 2040']);
  });
}

test('a key frame that comes before the file was read makes that needless', async () => {
  const { run, picture, unfinished, words } = liveRun();
  const read = Promise.withResolvers<StoredGroup | undefined>();
  run.beginAt(unfinished(45, 49), () => read.promise);
  picture(49);
  picture(50);
  read.resolve(storedGroup(25, [20]));
  await read.promise;
  picture(51);
  assert.deepEqual(words(), [avc, 'key video 2000', 'video 2040']);
});

test('when nobody watches any more, no memory is held', async () => {
  const { run, picture, sound, setLag, words, arena } = liveRun({ audio: testAacTrack });
  picture(0);
  setLag(undefined);
  for (let index = 0; index < 600; index++) sound(index);
  setLag(0);
  sound(600);
  run.end();
  picture(1);
  assert.deepEqual(words().slice(0, 2), [avcAndAac, 'key video 0']);
  const { chunk } = arena.finish();
  assert.equal(chunk.holders, 2, 'that of the arena and of the range that was just made');
});
