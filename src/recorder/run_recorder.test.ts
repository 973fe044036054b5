import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GapCause } from '../footage/gap_cause.ts';
import type { ByteRange } from '../media/byte_range.ts';
import type { AacTrack, H264Track } from '../media/track.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import { ActivityMeter } from './activity_meter.ts';
import { type PlannedFragment, type RecorderStep, RunRecorder } from './run_recorder.ts';

const startMs = Date.UTC(2026, 5, 1);
const streamId = '00000000-0000-4000-8000-00000000ffff';

const videoTrack: H264Track = {
  kind: 'video',
  codec: 'h264',
  timescale: 90_000,
  sps: Uint8Array.of(0x67, 0x64, 0, 0x1f),
  pps: [Uint8Array.of(0x68)],
  width: 640,
  height: 360,
  pixelAspectRatio: { horizontal: 1, vertical: 1 },
  reorderDepth: 0,
  codecString: 'avc1.64001f',
};

const audioTrack: AacTrack = {
  kind: 'audio',
  codec: 'aac',
  timescale: 48_000,
  config: Uint8Array.of(0x11, 0x90),
  sampleRate: 48_000,
  channels: 2,
  frameTicks: 1024,
  codecString: 'mp4a.40.2',
};

const range = (size: number): ByteRange => ({
  chunk: { bytes: new Uint8Array(size), holders: 1 },
  start: 0,
  end: size,
});

function recording(options: { segmentMs?: number; audio?: boolean } = {}) {
  const steps: RecorderStep[] = [];
  const dropped: ByteRange[] = [];
  const recorder = new RunRecorder({
    streamId,
    segmentMs: options.segmentMs ?? 60_000,
    activity: new ActivityMeter(),
    audioTrack: options.audio ? audioTrack : undefined,
    emit: (step) => steps.push(step),
    drop: (bytes) => dropped.push(bytes),
  });
  /** 25 pictures a second, a key frame every second. */
  const picture = (
    index: number,
    change: { arrivalMs?: number; track?: H264Track; keyFrame?: boolean; hole?: GapCause } = {},
  ) =>
    recorder.video(
      {
        bytes: range(100),
        decodeTicks: trackTicks(index * 3_600),
        presentationTicks: trackTicks(index * 3_600),
        keyFrame: change.keyFrame ?? index % 25 === 0,
        arrivalMs: unixMillis(change.arrivalMs ?? startMs + index * 40),
        track: change.track ?? videoTrack,
      },
      change.hole,
    );
  const fragments = () => steps.filter((step): step is PlannedFragment => step.kind === 'fragment');
  return { recorder, steps, dropped, picture, fragments };
}

const videoSamples = (fragment: PlannedFragment) => fragment.tracks[0]!.samples;

test('every picture is in exactly one fragment, in order, and ends where the next begins', () => {
  const { recorder, picture, fragments } = recording();
  for (let index = 0; index < 130; index++) picture(index);
  recorder.end();
  const samples = fragments().flatMap(videoSamples);
  assert.deepEqual(
    samples.map(({ decodeTicks }) => decodeTicks / 3_600),
    Array.from({ length: 130 }, (_, index) => index),
  );
  assert.ok(samples.every(({ duration }) => duration === 3_600));
  assert.deepEqual(
    fragments().map((fragment) => videoSamples(fragment).length),
    [25, 25, 25, 25, 25, 5],
  );
});

test('a long GOP is cut into fragments of a second', () => {
  const { recorder, picture, fragments } = recording();
  for (let index = 0; index < 100; index++) picture(index, { keyFrame: index === 0 });
  recorder.end();
  assert.deepEqual(
    fragments().map((fragment) => videoSamples(fragment).length),
    [25, 25, 25, 25],
  );
  assert.deepEqual(
    fragments().map((fragment) => videoSamples(fragment)[0]!.keyFrame),
    [true, false, false, false],
  );
});

test('segments touch: one closes at the instant that the next one starts', () => {
  const { recorder, steps, picture } = recording({ segmentMs: 2_000 });
  for (let index = 0; index < 200; index++) picture(index);
  const endMs = recorder.end();
  const kinds = steps.filter(({ kind }) => kind !== 'fragment').map(({ kind }) => kind);
  assert.deepEqual(kinds, ['open', 'close', 'open', 'close', 'open', 'close', 'open', 'close']);
  const closes = steps.filter((step) => step.kind === 'close').map((step) => step.endMs);
  const firsts = steps
    .filter((step) => step.kind === 'fragment' && step.header)
    .map((step) => (step as PlannedFragment).startMs);
  assert.deepEqual(closes.slice(0, -1), firsts.slice(1));
  assert.equal(endMs, startMs + 200 * 40);
});

test('each file begins at zero and says where that is in the run', () => {
  const { recorder, picture, fragments } = recording({ segmentMs: 2_000 });
  for (let index = 0; index < 100; index++) picture(index);
  recorder.end();
  const headers = fragments().filter(({ header }) => header);
  assert.deepEqual(
    headers.map(({ header }) => header!.tracks[0]!.offsetTicks),
    [0, 180_000],
  );
  assert.deepEqual(
    headers.map(({ header }) => header!.runClock === undefined),
    [true, false],
  );
});

test('P14: a burst on connect moves the start of the run back to when its first picture was taken', () => {
  const { recorder, picture, fragments } = recording();
  // Two seconds that the camera had buffered arrive at once, two seconds late.
  for (let index = 0; index < 150; index++)
    picture(index, { arrivalMs: startMs + Math.max(2_000, index * 40) });
  recorder.end();
  const [first, second, third] = fragments();
  assert.equal(first!.startMs, startMs + 2_000);
  assert.equal(first!.startMs + second!.shiftMs + third!.shiftMs, startMs);
});

test('V18: other parameter sets begin another segment of the same run', () => {
  const { recorder, steps, picture, fragments } = recording();
  for (let index = 0; index < 30; index++) picture(index);
  const larger = { ...videoTrack, width: 1280 };
  for (let index = 30; index < 60; index++) picture(index, { track: larger });
  recorder.end();
  const widths = fragments()
    .filter(({ header }) => header)
    .map(({ header }) => (header!.tracks[0]!.track as H264Track).width);
  assert.deepEqual(widths, [640, 1280]);
  assert.equal(steps.filter(({ kind }) => kind === 'open').length, 2);
  assert.equal(fragments().flatMap(videoSamples).length, 60);
});

test('a time line that left the wall clock by more than two seconds refuses the picture and keeps what it has', () => {
  const { recorder, picture, fragments } = recording();
  for (let index = 0; index < 500; index++) assert.ok(picture(index));
  const refused = Array.from({ length: 30 }, (_, more) =>
    picture(500 + more, { arrivalMs: startMs + (500 + more) * 40 - 3_000 }),
  ).indexOf(false);
  assert.ok(refused >= 0 && refused <= 25, 'refused at the next fragment');
  recorder.end();
  assert.equal(fragments().flatMap(videoSamples).length, 500 + refused);
});

test('without sender reports, sound and picture that arrive together are recorded together', () => {
  const { recorder, picture, fragments } = recording({ audio: true });
  for (let index = 0; index < 100; index++) {
    picture(index);
    const frame = Math.floor((index * 40) / 20);
    for (const ticks of [frame * 1024, (frame + 1) * 1024]) {
      recorder.audio({
        bytes: range(10),
        ticks: trackTicks(ticks),
        frameTicks: 1024,
        arrivalMs: unixMillis(startMs + (ticks * 1000) / 48_000),
      });
    }
  }
  recorder.end();
  const sounds = fragments().flatMap(({ tracks }) => tracks[1]?.samples ?? []);
  assert.equal(sounds[0]!.decodeTicks, 0);
  assert.ok(sounds.every(({ duration }) => duration === 1024));
});

test('sender reports place the sound exactly, whatever the arrival says', () => {
  const { recorder, picture, fragments } = recording({ audio: true });
  recorder.senderReport('video', 5_000_000, 0, 90_000);
  recorder.senderReport('audio', 5_000_500, 0, 48_000);
  for (let index = 0; index < 60; index++) {
    picture(index);
    recorder.audio({
      bytes: range(10),
      ticks: trackTicks(index * 1920),
      frameTicks: 1920,
      arrivalMs: unixMillis(startMs + index * 40),
    });
  }
  recorder.end();
  const sounds = fragments().flatMap(({ tracks }) => tracks[1]?.samples ?? []);
  assert.equal(sounds[0]!.decodeTicks, 24_000, 'half a second after the first picture');
});

test('sound from before the first picture is given back, and is not the fault of the camera', () => {
  const { recorder, dropped, picture, fragments } = recording({ audio: true });
  recorder.senderReport('video', 5_000_000, 0, 90_000);
  recorder.senderReport('audio', 4_999_000, 0, 48_000);
  for (let index = 0; index < 60; index++) {
    picture(index);
    recorder.audio({
      bytes: range(10),
      ticks: trackTicks(index * 1920),
      frameTicks: 1920,
      arrivalMs: unixMillis(startMs + index * 40),
    });
  }
  recorder.end();
  const sounds = fragments().flatMap(({ tracks }) => tracks[1]?.samples ?? []);
  assert.equal(dropped.length, 25);
  assert.equal(recorder.droppedSamples, 0);
  assert.equal(sounds[0]!.decodeTicks, 0);
});

test('sound that pauses around the turn of a segment never lies before the zero of its file', () => {
  for (const pauseFrom of [45, 48, 49, 50, 51, 55]) {
    for (const pauseTo of [52, 60, 80, 1_000]) {
      const { recorder, picture, fragments } = recording({ audio: true, segmentMs: 2_000 });
      for (let index = 0; index < 120; index++) {
        picture(index);
        if (index >= pauseFrom && index < pauseTo) continue;
        // A little behind the picture, as sound is that was captured before it and sent after it.
        const ticks = trackTicks(index * 1920 + 777);
        const arrivalMs = unixMillis(startMs + index * 40);
        recorder.audio({ bytes: range(10), ticks, frameTicks: 1920, arrivalMs });
      }
      recorder.end();
      let sounds = 0;
      for (const { tracks } of fragments()) {
        for (const { samples, offsetTicks } of tracks) {
          assert.ok(samples[0]!.decodeTicks >= offsetTicks, `paused from ${pauseFrom} to ${pauseTo}`);
        }
        sounds += tracks[1]?.samples.length ?? 0;
      }
      assert.equal(sounds + recorder.droppedSamples, 120 - Math.max(0, Math.min(pauseTo, 120) - pauseFrom));
      assert.ok(recorder.droppedSamples <= 1);
    }
  }
});

test('after its end a run takes nothing more and gives back what it is offered', () => {
  const { recorder, steps, dropped, picture } = recording();
  for (let index = 0; index < 30; index++) picture(index);
  recorder.end();
  const before = steps.length;
  assert.equal(picture(30), true);
  assert.equal(recorder.end(), undefined);
  assert.equal(steps.length, before);
  assert.equal(dropped.length, 1);
});

test('the last picture of a run lasts a second at most, whatever came before it', () => {
  const { recorder, picture } = recording();
  for (let index = 0; index < 50; index++) picture(index);
  picture(700, { keyFrame: true });
  assert.equal(recorder.end(), startMs + 700 * 40 + 1_000);
});

test('a hole ends the segment with its last picture, and what follows is another segment of the run', () => {
  for (const keyFrame of [true, false]) {
    const { recorder, steps, picture, fragments } = recording();
    for (let index = 0; index < 40; index++) picture(index);
    picture(190, { hole: 'damaged', keyFrame });
    for (let index = 191; index < 230; index++) picture(index);
    recorder.end();
    const closes = steps.filter((step) => step.kind === 'close');
    assert.deepEqual(closes, [
      { kind: 'close', endMs: startMs + 40 * 40, hole: 'damaged' },
      { kind: 'close', endMs: startMs + 230 * 40 },
    ]);
    assert.ok(
      fragments()
        .flatMap(videoSamples)
        .every(({ duration }) => duration === 3_600),
    );
    const second = fragments().filter(({ header }) => header)[1]!;
    assert.equal(second.startMs, startMs + 190 * 40);
    assert.equal(second.header!.tracks[0]!.offsetTicks, 190 * 3_600);
    assert.equal(videoSamples(second)[0]!.keyFrame, keyFrame);
    assert.equal(fragments().flatMap(videoSamples).length, 80);
  }
});

test('a picture alone before a hole lasts as long as one of 25 a second', () => {
  const { steps, picture } = recording();
  picture(0);
  picture(100, { hole: 'no_packets' });
  const close = steps.find((step) => step.kind === 'close');
  assert.deepEqual(close, { kind: 'close', endMs: startMs + 40, hole: 'no_packets' });
});

test('sound that goes on in a hole stays with the segment before it', () => {
  const { recorder, picture, fragments } = recording({ audio: true });
  for (let index = 0; index < 230; index++) {
    if (index < 40 || index >= 190) picture(index, index === 190 ? { hole: 'no_packets' } : {});
    const arrivalMs = unixMillis(startMs + index * 40);
    recorder.audio({ bytes: range(10), ticks: trackTicks(index * 1920), frameTicks: 1920, arrivalMs });
  }
  recorder.end();
  const second = fragments().findIndex(({ header }, index) => header && index > 0);
  const sounds = (list: readonly PlannedFragment[]) => list.flatMap(({ tracks }) => tracks[1]?.samples ?? []);
  assert.equal(sounds(fragments().slice(0, second)).length, 190);
  assert.equal(sounds(fragments().slice(second))[0]!.decodeTicks, 190 * 1920);
  assert.equal(recorder.droppedSamples, 0);
});

const damageOf = (fragments: readonly PlannedFragment[]) =>
  fragments.map(({ damage }) =>
    damage.map(({ media, fromMs, toMs, packetsLost, unitsDropped }) => {
      return `${media} ${fromMs}-${toMs} ${packetsLost}/${unitsDropped}`;
    }),
  );

const losses: {
  name: string;
  lose: number[];
  keyFrames?: number[];
  damage: string[][];
}[] = [
  { name: 'without a loss there is no damage', lose: [], damage: [[], [], []] },
  {
    name: 'a lost picture is damage from its own time up to the next key frame',
    lose: [10],
    damage: [['video 400-1000 3/1'], [], []],
  },
  {
    name: 'further losses before the key frame are counted in the same damage',
    lose: [10, 12, 20],
    damage: [['video 400-1000 9/3'], [], []],
  },
  {
    name: 'a lost key frame is damage up to the next one, in each fragment on the way',
    lose: [25],
    damage: [['video 1000-1040 3/1'], ['video 0-960 0/0'], []],
  },
  {
    name: 'without key frames damage goes on',
    lose: [10],
    keyFrames: [0],
    damage: [['video 400-1000 3/1'], ['video 0-1000 0/0'], ['video 0-1000 0/0']],
  },
  {
    name: 'in a stream of key frames alone it ends with the next picture',
    lose: [3],
    keyFrames: Array.from({ length: 75 }, (_, index) => index),
    damage: [['video 120-160 3/1'], [], [], [], [], [], [], [], [], [], []],
  },
];

for (const { name, lose, keyFrames, damage } of losses) {
  test(name, () => {
    const { recorder, picture, fragments } = recording();
    for (let index = 0; index < 75; index++) {
      if (lose.includes(index)) recorder.lost('video', 3);
      else picture(index, keyFrames && { keyFrame: keyFrames.includes(index) });
    }
    recorder.end();
    assert.deepEqual(damageOf(fragments()), damage);
  });
}

test('what is lost before the first picture or behind the last damages nothing', () => {
  const { recorder, picture, fragments } = recording();
  recorder.lost('video', 1);
  for (let index = 0; index < 25; index++) picture(index);
  recorder.lost('video', 1);
  recorder.end();
  assert.deepEqual(damageOf(fragments()), [[]]);
});

test('behind a hole damage goes on up to the key frame, and the hole is a gap and not damage', () => {
  const { recorder, picture, fragments, steps } = recording();
  for (let index = 0; index < 20; index++) picture(index);
  recorder.lost('video', 900);
  for (let index = 120; index < 140; index++)
    picture(index, { keyFrame: index === 130, ...(index === 120 && { hole: 'damaged' }) });
  recorder.end();
  assert.deepEqual(
    steps.filter((step) => step.kind === 'close').map(({ hole, endMs }) => [hole, endMs - startMs]),
    [
      ['damaged', 800],
      [undefined, 5_600],
    ],
  );
  assert.deepEqual(damageOf(fragments()), [['video 800-800 900/1'], ['video 0-400 0/0'], []]);
});

test('lost sound is damage where it was, also when it is placed later', () => {
  const { recorder, picture, fragments } = recording({ audio: true });
  const sound = (index: number) =>
    recorder.audio({
      bytes: range(20),
      ticks: trackTicks(index * 1_024),
      frameTicks: 1_024,
      arrivalMs: unixMillis(startMs + (index * 1_024) / 48),
    });
  const lost = [5, 60, 61];
  for (let index = 0; index < 75; index++) {
    picture(index);
    for (let frame = Math.ceil((index * 1_920) / 1_024); frame < ((index + 1) * 1_920) / 1_024; frame++) {
      if (lost.includes(frame)) recorder.lost('audio', 1);
      else sound(frame);
    }
  }
  recorder.end();
  assert.deepEqual(damageOf(fragments()), [['audio 106-128 1/1'], ['audio 280-323 2/2'], []]);
});

test('sound of another track begins another segment at the next key frame, on the same time line', () => {
  const { recorder, steps, picture, fragments } = recording({ audio: true });
  const sound = (index: number) =>
    recorder.audio({
      bytes: range(10),
      ticks: trackTicks(index * 1024),
      frameTicks: 1024,
      arrivalMs: unixMillis(startMs + (index * 1024) / 48),
    });
  const other = { ...audioTrack, channels: 1 };
  for (let index = 0; index < 60; index++) {
    picture(index);
    sound(2 * index);
    sound(2 * index + 1);
  }
  recorder.changeAudioTrack(other);
  assert.equal(recorder.audioTrack, audioTrack);
  for (let index = 60; index < 75; index++) picture(index);
  assert.equal(recorder.audioTrack, audioTrack);
  picture(75);
  assert.equal(recorder.audioTrack, other);
  for (let index = 140; index < 190; index++) sound(index);
  for (let index = 76; index < 110; index++) picture(index);
  recorder.end();
  assert.equal(steps.filter(({ kind }) => kind === 'open').length, 2);
  const headers = fragments().flatMap(({ header }) => (header ? [header.tracks] : []));
  assert.deepEqual(
    headers.map((tracks) => tracks.map(({ track }) => track)),
    [
      [videoTrack, audioTrack],
      [videoTrack, other],
    ],
  );
  const second = fragments().find(({ header }) => header?.tracks[1]?.track === other);
  assert.equal(second?.tracks[0]?.samples[0]?.keyFrame, true);
  const sounds = fragments().flatMap(({ tracks }) => tracks[1]?.samples ?? []);
  assert.deepEqual(
    sounds.map(({ decodeTicks }) => decodeTicks / 1024),
    [
      ...Array.from({ length: 120 }, (_, index) => index),
      ...Array.from({ length: 50 }, (_, index) => 140 + index),
    ],
  );
});

test('a run that began before its sound was known has it from the next key frame on', () => {
  const { recorder, picture, fragments } = recording();
  for (let index = 0; index < 10; index++) picture(index);
  recorder.changeAudioTrack(audioTrack);
  for (let index = 10; index < 26; index++) picture(index);
  for (let index = 0; index < 60; index++) {
    const arrivalMs = unixMillis(startMs + 1_000 + (index * 1024) / 48);
    recorder.audio({ bytes: range(10), ticks: trackTicks(index * 1024), frameTicks: 1024, arrivalMs });
  }
  for (let index = 26; index < 60; index++) picture(index);
  recorder.end();
  const [first, second] = fragments().flatMap(({ header }) => (header ? [header.tracks] : []));
  assert.deepEqual([first!.length, second!.length], [1, 2]);
  const sounds = fragments().flatMap(({ tracks }) => tracks[1]?.samples ?? []);
  assert.equal(sounds.length, 60);
  assert.equal(sounds[0]!.decodeTicks, 48_000);
});
