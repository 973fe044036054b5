import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import { Follower, type Leader } from './follower.ts';
import type { Place, Screen } from './playback.ts';

const start = Date.UTC(2026, 10, 23, 14);
const pictureMs = 40;
const stretch = { kind: 'recorded', startMs: start, endMs: start + 3_600_000, growing: false } as const;

/** A leader that plays by the clock, and a screen that needs a while for each jump and whose own clock may be wrong. */
class Site implements Screen {
  readonly clock = new SimulatedClock(start + 7_200_000);
  place: (ms: number) => Place = () => stretch;
  /** From a jump to its picture. */
  latencyMs = 200;
  /** The video element's clock runs so much faster than it should. */
  drift = 0;
  calls: string[] = [];
  lookups = 0;
  leader: Leader = { instantMs: start, moving: false, speed: 1 };
  #at: number | undefined;
  #rate = 0;
  #jump: { cancel(): void } | undefined;
  readonly follower: Follower;

  constructor() {
    this.follower = new Follower({
      screen: this,
      lookup: async (ms) => {
        this.lookups++;
        return this.place(ms);
      },
      clock: this.clock,
      onChange: () => {},
    });
    this.clock.every(pictureMs, () => {
      if (this.leader.moving)
        this.lead({ ...this.leader, instantMs: this.leader.instantMs + pictureMs * this.leader.speed });
      if (this.#at === undefined || this.#rate === 0) return;
      this.#at += pictureMs * this.#rate * (1 + this.drift);
      this.follower.pictureShown(this.#at);
    });
  }

  lead(leader: Leader): void {
    this.leader = leader;
    this.follower.follow(leader);
  }

  show(ms: number): void {
    this.calls.push(`show ${Math.round(ms - start)}`);
    this.#at = undefined;
    this.#jump?.cancel();
    this.#jump = this.clock.after(this.latencyMs, () => {
      this.#at = ms;
      this.follower.pictureShown(ms);
    });
  }

  run(rate: number): void {
    this.calls.push(`run ${rate.toFixed(2)}`);
    this.#rate = rate;
  }

  hold(): void {
    this.calls.push('hold');
    this.#rate = 0;
  }

  blank(): void {
    this.calls.push('blank');
    this.#rate = 0;
    this.#at = undefined;
  }

  neighbour(): undefined {
    return undefined;
  }

  /** How far its picture is before that of the leader. */
  get aheadMs(): number {
    assert.ok(this.#at !== undefined, 'it shows a picture');
    return this.#at - this.leader.instantMs;
  }

  pass(ms: number): Promise<void> {
    return this.clock.advanceAsync(ms, 10);
  }

  /** Jumps since the calls were last looked at. */
  jumps(): string[] {
    return this.calls.splice(0).filter((call) => call.startsWith('show'));
  }
}

test('it shows the instant that the leader stands at, and no other', async () => {
  const site = new Site();
  site.lead({ instantMs: start + 5_000, moving: false, speed: 1 });
  await site.pass(1_000);
  assert.deepEqual(site.jumps(), ['show 5000']);
  assert.equal(site.aheadMs, 0);
});

for (const [speed, latencyMs, drift] of [
  [1, 200, 0],
  [1, 900, 0],
  [1, 200, 0.05],
  [1, 200, -0.05],
  [0.25, 200, 0.02],
  [4, 300, 0],
  [16, 300, -0.03],
] as const) {
  test(`at ${speed}x, with ${latencyMs} ms for a jump and a clock wrong by ${drift * 100} %, it is with the leader after 3 s and stays so without another jump`, async () => {
    const site = new Site();
    site.latencyMs = latencyMs;
    site.drift = drift;
    site.lead({ instantMs: start, moving: true, speed });
    await site.pass(3_000);
    site.jumps();
    for (let second = 0; second < 60; second++) {
      await site.pass(1_000);
      const aheadMs = site.aheadMs;
      assert.ok(Math.abs(aheadMs) <= 200 * Math.max(1, speed), `${aheadMs} ms after ${second} s`);
    }
    assert.deepEqual(site.jumps(), []);
  });
}

test('a difference that is too large is jumped over at once', async () => {
  const site = new Site();
  site.lead({ instantMs: start, moving: true, speed: 1 });
  await site.pass(3_000);
  site.jumps();
  site.lead({ ...site.leader, instantMs: start + 600_000 });
  await site.pass(1_000);
  assert.equal(site.jumps().length, 1);
  assert.ok(Math.abs(site.aheadMs) <= 200);
});

test('while the leader is dragged it shows one instant after the other, and the last in the end', async () => {
  const site = new Site();
  for (let step = 1; step <= 20; step++) {
    site.lead({ instantMs: start + step * 1_000, moving: false, speed: 1 });
    await site.pass(50);
  }
  await site.pass(1_000);
  const jumps = site.jumps();
  assert.ok(jumps.length <= 7, jumps.join());
  assert.equal(jumps.at(-1), 'show 20000');
});

test('paused after playing it shows the very instant; played on it goes on', async () => {
  const site = new Site();
  site.lead({ instantMs: start, moving: true, speed: 1 });
  await site.pass(3_000);
  const { instantMs } = site.leader;
  site.lead({ instantMs, moving: false, speed: 1 });
  await site.pass(1_000);
  assert.equal(site.aheadMs, 0);
  site.lead({ instantMs, moving: true, speed: 1 });
  await site.pass(2_000);
  assert.ok(Math.abs(site.aheadMs) <= 200);
});

test('backwards it follows picture by picture', async () => {
  const site = new Site();
  for (let step = 0; step < 10; step++) {
    site.lead({ instantMs: start + 60_000 - step * 400, moving: true, speed: -2 });
    await site.pass(200);
  }
  site.lead({ instantMs: start + 56_000, moving: false, speed: -2 });
  await site.pass(1_000);
  assert.equal(site.aheadMs, 0);
});

test('where its camera has nothing it says so, asks no more than it must, and is there when footage begins again', async () => {
  const site = new Site();
  const gap: Place = {
    kind: 'gap',
    startMs: start + 10_000,
    endMs: start + 20_000,
    cause: 'unreachable',
    ongoing: false,
    nextMs: start + 20_000,
  };
  site.place = (ms) =>
    ms < gap.startMs
      ? { ...stretch, endMs: gap.startMs }
      : ms < gap.endMs
        ? gap
        : { ...stretch, startMs: gap.endMs };
  site.lead({ instantMs: start + 8_000, moving: true, speed: 1 });
  await site.pass(4_000);
  assert.equal(site.follower.state.place, gap);
  site.jumps();
  await site.pass(7_000);
  assert.equal(site.follower.state.place, gap);
  assert.equal(site.lookups, 2);
  await site.pass(3_000);
  assert.equal(site.follower.state.place?.kind, 'recorded');
  assert.ok(Math.abs(site.aheadMs) <= 200);
  assert.equal(site.lookups, 3);
});

test('footage that grows is followed into the present without a jump', async () => {
  const site = new Site();
  let edgeMs = start + 10_000;
  site.place = () => ({ ...stretch, growing: true, endMs: edgeMs });
  site.lead({ instantMs: start + 6_000, moving: true, speed: 1 });
  await site.pass(2_000);
  site.jumps();
  for (let second = 0; second < 30; second++) {
    edgeMs += 1_000;
    site.follower.footageGrew(edgeMs);
    await site.pass(1_000);
    assert.ok(Math.abs(site.aheadMs) <= 200);
  }
  assert.deepEqual(site.jumps(), []);
  assert.equal(site.lookups, 1);
});

test('what its screen cannot play is passed, and what fails is told and can be tried again', async () => {
  const site = new Site();
  site.lead({ instantMs: start + 1_000, moving: false, speed: 1 });
  await site.pass(500);
  site.follower.nothingAt(start + 1_000, { startMs: start, endMs: start + 1_200 });
  const place = site.follower.state.place;
  assert.deepEqual(place?.kind === 'gap' && [place.cause, place.endMs - start], ['unreadable', 1_500]);
  site.follower.failed({ detail: 'no', advice: 'wait' });
  assert.equal(site.follower.state.problem?.detail, 'no');
  site.calls.splice(0);
  site.follower.retry();
  await site.pass(1_000);
  assert.equal(site.follower.state.problem, undefined);
  assert.deepEqual(site.jumps(), ['show 1000']);
  site.follower.end();
  assert.deepEqual(site.calls.splice(0), ['blank']);
});

test('a camera that cannot be asked says so', async () => {
  const site = new Site();
  site.place = () => {
    throw new Error('unreachable');
  };
  site.lead({ instantMs: start, moving: false, speed: 1 });
  await site.pass(500);
  assert.equal(site.follower.state.problem?.detail, 'unreachable');
});
