import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demoClip } from './clip.ts';
import type { Faults } from './faults.ts';
import { packetCount, prepareAudio, prepareVideo } from './prepared_clip.ts';
import { SendPlan, type SendPlanOptions, type SendStep } from './send_plan.ts';

const clip = await demoClip('main');
const video = prepareVideo(clip, 1400);
const audio = prepareAudio(clip, 1400)!;
const smallVideo = prepareVideo(await demoClip('sub'), 1400);

type UnitStep = Extract<SendStep, { kind: 'unit' }>;

const medium = (track: typeof video, ssrc: number) => ({
  track,
  ssrc,
  firstSequenceNumber: 0,
  firstRtpTimestamp: 0,
  firstUnit: 0,
});

function planOf(faults: Faults, options: Partial<SendPlanOptions> = {}): SendPlan {
  return new SendPlan({
    media: [medium(video, 1)],
    startMs: 1000,
    atEnd: 'close',
    burstFrames: 0,
    faults,
    ...options,
  });
}

function stepsUntil(plan: SendPlan, nowMs: number): SendStep[] {
  const steps: SendStep[] = [];
  for (let step = plan.next(nowMs); step; step = plan.next(nowMs)) steps.push(step);
  return steps;
}

const units = (steps: readonly SendStep[], index = 0): UnitStep[] =>
  steps.filter((step) => step.kind === 'unit').filter((step) => step.medium === index);

test('nothing is sent before its time', () => {
  const plan = planOf({});
  assert.equal(units(stepsUntil(plan, 999)).length, 0);
  assert.equal(units(stepsUntil(plan, 1000)).length, 1);
  assert.equal(units(stepsUntil(plan, 1039)).length, 0);
  assert.equal(units(stepsUntil(plan, 1040)).length, 1);
});

test('sequence numbers and time stamps go on over the end of the clip', () => {
  const frames = units(stepsUntil(planOf({}), 1000 + 2.5 * 8000 - 1));
  assert.equal(frames.length, 500);
  let sequenceNumber = 0;
  for (const [index, frame] of frames.entries()) {
    assert.equal(frame.rtpTimestamp, index * 3600);
    assert.equal(frame.sequenceNumber, sequenceNumber);
    assert.equal(frame.unit, video.units[index % 200]);
    sequenceNumber = (sequenceNumber + packetCount(frame.unit)) & 0xffff;
  }
});

test('sound and picture end a loop at the same instant', () => {
  const steps = stepsUntil(planOf({}, { media: [medium(video, 1), medium(audio, 2)] }), 1000 + 16_000 - 1);
  assert.equal(units(steps, 0).length, 400);
  assert.equal(units(steps, 1).length, 750);
  assert.equal(units(steps, 1)[749]!.rtpTimestamp, 749 * 1024);
});

test('a burst has sound and picture in the order of their time', () => {
  const media = [medium(video, 1), medium(audio, 2)];
  const order = stepsUntil(planOf({}, { media, burstFrames: 50 }), 1000).filter(
    (step) => step.kind === 'unit',
  );
  assert.equal(units(order, 1).length, 94);
  const seconds = order.map((step) => step.rtpTimestamp / (step.medium === 0 ? 90_000 : 48_000));
  assert.deepEqual(
    seconds,
    seconds.toSorted((a, b) => a - b),
  );
});

test('a sender report says which time stamp belongs to now', () => {
  const steps = stepsUntil(planOf({}, { burstFrames: 25 }), 1000);
  assert.equal(units(steps).length, 26);
  const report = steps.find((step) => step.kind === 'report');
  assert.equal(report?.kind === 'report' && report.rtpTimestamp, 90_000);
});

test('a finite clip ends with BYE and the end of the connection, with BYE alone, or in silence', () => {
  const kinds = (atEnd: 'close' | 'bye' | 'wait') =>
    stepsUntil(planOf({}, { finiteFrames: 3, atEnd }), 99_000).map((step) => step.kind);
  assert.deepEqual(
    kinds('close').filter((kind) => kind !== 'report'),
    ['unit', 'unit', 'unit', 'goodbye', 'close'],
  );
  assert.equal(kinds('bye').at(-1), 'goodbye');
  assert.deepEqual(
    kinds('wait').filter((kind) => kind !== 'report'),
    ['unit', 'unit', 'unit'],
  );
});

test('a pause moves what is still to come', () => {
  const plan = planOf({});
  stepsUntil(plan, 1000);
  plan.delay(500);
  assert.equal(units(stepsUntil(plan, 1539)).length, 0);
  assert.equal(units(stepsUntil(plan, 1540))[0]?.rtpTimestamp, 3600);
});

test('counters wrap as the standard has it', () => {
  const plan = planOf(
    {},
    { media: [{ ...medium(video, 1), firstSequenceNumber: 65_535, firstRtpTimestamp: 2 ** 32 - 1 }] },
  );
  const frames = units(stepsUntil(plan, 1200));
  assert.equal(frames[0]!.sequenceNumber, 65_535);
  assert.equal(frames[1]!.sequenceNumber, packetCount(video.units[0]!) - 1);
  assert.equal(frames[1]!.rtpTimestamp, 3599);
});

const firstCount = packetCount(video.units[0]!);

const faultTable: { name: string; faults: Faults; untilMs: number; expect: (steps: SendStep[]) => void }[] = [
  {
    name: 'silent after PLAY',
    faults: { silentAfterPlay: true },
    untilMs: 60_000,
    expect: (steps) => assert.deepEqual(steps, []),
  },
  {
    name: 'closes after packets',
    faults: { closeAfterPackets: firstCount + 1 },
    untilMs: 60_000,
    expect: (steps) => {
      assert.equal(steps.at(-1)?.kind, 'close');
      assert.deepEqual(
        units(steps).map((step) => step.packets),
        [firstCount, 1],
      );
    },
  },
  {
    name: 'cuts inside a packet',
    faults: { cutAfterPackets: firstCount - 1 },
    untilMs: 60_000,
    expect: (steps) => {
      const [only, ...rest] = units(steps);
      assert.deepEqual([only?.packets, only?.cut, rest.length], [firstCount - 1, true, 0]);
      assert.equal(steps.at(-1)?.kind, 'close');
    },
  },
  {
    name: 'cuts inside the first packet of a picture',
    faults: { cutAfterPackets: firstCount },
    untilMs: 60_000,
    expect: (steps) => {
      assert.deepEqual(
        units(steps).map((step) => [step.packets, step.cut]),
        [
          [firstCount, false],
          [0, true],
        ],
      );
    },
  },
  {
    name: 'leaves out every third packet',
    faults: { dropEveryNthPacket: 3 },
    untilMs: 3000,
    expect: (steps) => {
      const frames = units(steps);
      const all = frames.reduce((sum, step) => sum + step.packets, 0);
      const omitted = frames.reduce((sum, step) => sum + (step.omitted?.size ?? 0), 0);
      assert.equal(omitted, Math.floor(all / 3));
    },
  },
  {
    name: 'puts rubbish before each tenth picture',
    faults: { rubbish: { everyFrames: 10, bytes: 99 } },
    untilMs: 1000 + 999,
    expect: (steps) => {
      assert.equal(steps.filter((step) => step.kind === 'rubbish' && step.bytes === 99).length, 2);
      const at = steps.findIndex((step) => step.kind === 'rubbish');
      assert.equal(units(steps.slice(0, at)).length, 9);
    },
  },
  {
    name: 'jumps in time',
    faults: { timestampJump: { atFrame: 2, seconds: -10 } },
    untilMs: 1080,
    expect: (steps) =>
      assert.deepEqual(
        units(steps).map((step) => step.rtpTimestamp),
        [0, 3600, (7200 - 900_000) >>> 0],
      ),
  },
  {
    name: 'changes its parameters at a key frame',
    faults: { parameterChangeAtFrame: 26 },
    untilMs: 1000 + 60 * 40,
    expect: (steps) => {
      const frames = units(steps).map((step) => step.unit);
      assert.equal(frames[49], video.units[49]);
      assert.equal(frames[50], smallVideo.units[50]);
      assert.equal(frames[60], smallVideo.units[60]);
    },
  },
  {
    name: 'has no key frames',
    faults: { noKeyFrames: true },
    untilMs: 1000 + 50 * 40,
    expect: (steps) => {
      assert.equal(units(steps).length, 48);
      assert.ok(units(steps).every((step) => !step.unit.keyFrame));
    },
  },
  {
    name: 'mixes in packets of another sender',
    faults: { foreignPacketEveryFrames: 5 },
    untilMs: 1000 + 9 * 40,
    expect: (steps) => {
      const foreign = units(steps).filter((step) => step.foreign);
      assert.equal(foreign.length, 2);
      assert.ok(foreign.every((step) => step.ssrc !== 1 && step.packets === 1));
    },
  },
  {
    name: 'is silent during a stall',
    faults: { stall: { atFrame: 2, seconds: 3 } },
    untilMs: 1000 + 80 + 2999,
    expect: (steps) => assert.equal(units(steps).length, 2),
  },
  {
    name: 'catches up after a stall',
    faults: { stall: { atFrame: 2, seconds: 3 } },
    untilMs: 1000 + 80 + 3000,
    expect: (steps) => assert.equal(units(steps).length, 2 + 76),
  },
  {
    name: 'loses what fell due in a stall',
    faults: { stall: { atFrame: 2, seconds: 3, lose: true } },
    untilMs: 1000 + 80 + 3000,
    expect: (steps) =>
      assert.deepEqual(
        units(steps).map((step) => step.rtpTimestamp / 3600),
        [0, 1, 77],
      ),
  },
  {
    name: 'sends sound while it loses pictures',
    faults: { stall: { atFrame: 2, seconds: 3, lose: true, pictureOnly: true } },
    untilMs: 1000 + 80 + 3000,
    expect: (steps) => {
      assert.equal(units(steps).length, 3);
      assert.ok(units(steps, 1).length > 3 * 40, `${units(steps, 1).length} sounds`);
    },
  },
  {
    name: 'spoils its pictures for a while',
    faults: { damage: { atFrame: 25, seconds: 1 } },
    untilMs: 1000 + 75 * 40,
    expect: (steps) =>
      assert.deepEqual(
        units(steps)
          .filter(({ omitted, unit }) => omitted?.has(packetCount(unit) - 1))
          .map(({ rtpTimestamp }) => rtpTimestamp / 3600),
        Array.from({ length: 25 }, (_, index) => 25 + index),
      ),
  },
  {
    name: 'runs slow',
    faults: { driftPpm: 1000 },
    untilMs: 1000 + 20_000,
    expect: (steps) => assert.equal(units(steps).length, 500),
  },
];

for (const { name, faults, untilMs, expect } of faultTable) {
  test(`a camera at fault: ${name}`, () => {
    const media = faults.stall?.pictureOnly ? [medium(video, 1), medium(audio, 2)] : [medium(video, 1)];
    expect(stepsUntil(planOf(faults, { media, changedTrack: smallVideo }), untilMs));
  });
}
