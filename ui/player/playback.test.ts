import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import { lookUpTogether } from './elsewhere.ts';
import { type Place, Playback, type PlaybackState, type Screen } from './playback.ts';

const start = Date.UTC(2026, 10, 21, 14);
const pictureMs = 40;
/** From one key frame to the next: longer than a scan at many speeds. */
const keyFrameMs = 10_000;

/** Footage of 25 pictures a second from 14:00 on, but for holes, up to now; a screen that plays it by the clock. */
class FakePlayer implements Screen {
  readonly clock = new SimulatedClock(start + 3_600_000);
  gaps: { startMs: number; endMs: number }[] = [];
  /** What cameras beside it have. */
  others: { startMs: number; endMs: number }[] = [];
  /** Footage of which the timeline tells but that the screen cannot play. */
  unplayable: { startMs: number; endMs: number }[] = [];
  /** Footage ends here. */
  edgeMs = start + 3_600_000;
  growing = true;
  states: PlaybackState[] = [];
  calls: string[] = [];
  lookups = 0;
  #at: number | undefined;
  #timer: { cancel(): void } | undefined;
  readonly playback: Playback;

  constructor() {
    this.playback = new Playback({
      screen: this,
      lookup: async (ms) => {
        this.lookups++;
        return lookUpTogether(
          async (at) => this.#place(at),
          this.others.length > 0 ? [async (at) => this.#otherPlace(at)] : [],
          ms,
        );
      },
      clock: this.clock,
      instantMs: start,
      onChange: (state) => this.states.push(state),
    });
  }

  show(ms: number, _: unknown, keysOnly = false): void {
    this.calls.push(`show ${ms - start}${keysOnly ? ' keys' : ''}`);
    const spacingMs = keysOnly ? keyFrameMs : pictureMs;
    this.#at = start + Math.floor((ms - start) / spacingMs) * spacingMs;
    const hole = this.unplayable.find(({ startMs, endMs }) => startMs <= ms && ms < endMs);
    this.clock.after(5, () => {
      if (hole) this.playback.nothingAt(ms, hole);
      else this.playback.pictureShown(this.#at!);
    });
  }

  run(speed: number, keysOnly = false): void {
    this.calls.push(`run ${speed}${keysOnly ? ' keys' : ''}`);
    this.#timer?.cancel();
    this.#timer = this.clock.every(20, () => {
      this.#at! += 20 * speed;
      const end = this.#end(this.#at!);
      const bad = this.unplayable.find(({ startMs, endMs }) => startMs <= this.#at! && this.#at! < endMs);
      if (bad) {
        this.#timer?.cancel();
        const next = this.#end(bad.endMs) === undefined ? bad.endMs : undefined;
        this.playback.stretchEnded(bad.startMs, next);
      } else if (end === undefined) this.playback.pictureShown(Math.floor(this.#at! / pictureMs) * pictureMs);
      else if (end < this.edgeMs) {
        this.#timer?.cancel();
        this.playback.stretchEnded(end);
      } else this.#at = this.edgeMs - 1;
    });
  }

  hold(): void {
    this.#timer?.cancel();
  }

  blank(): void {
    this.#timer?.cancel();
  }

  neighbour(ms: number, direction: -1 | 1): number | undefined {
    return ms + direction * pictureMs;
  }

  async pass(ms: number): Promise<PlaybackState> {
    await this.clock.advanceAsync(ms, 10);
    return this.playback.state;
  }

  #end(ms: number): number | undefined {
    const gap = this.gaps.find(({ startMs, endMs }) => startMs <= ms && ms < endMs);
    return gap?.startMs ?? (ms >= this.edgeMs ? this.edgeMs : undefined);
  }

  #otherPlace(ms: number): Place {
    const own = this.others.find(({ startMs, endMs }) => startMs <= ms && ms < endMs);
    if (own) return { kind: 'recorded', ...own, growing: false };
    const nextMs = this.others.find(({ startMs }) => startMs > ms)?.startMs;
    const startMs = this.others.findLast(({ endMs }) => endMs <= ms)?.endMs ?? start;
    return {
      kind: 'gap',
      startMs,
      endMs: nextMs ?? this.clock.now(),
      cause: 'refused',
      ongoing: nextMs === undefined,
      nextMs,
    };
  }

  #place(ms: number): Place {
    if (ms < start) return { kind: 'before', nextMs: start };
    const gap = this.gaps.find(({ startMs, endMs }) => startMs <= ms && ms < endMs);
    if (gap) return { kind: 'gap', ...gap, cause: 'unreachable', ongoing: false, nextMs: gap.endMs };
    if (ms >= this.edgeMs) {
      if (this.growing) return { kind: 'present', lastMs: this.edgeMs };
      const endMs = this.clock.now();
      return { kind: 'gap', startMs: this.edgeMs, endMs, cause: 'refused', ongoing: true, nextMs: undefined };
    }
    const next = this.gaps.find(({ startMs }) => startMs > ms);
    const startMs = this.gaps.findLast(({ endMs }) => endMs <= ms)?.endMs ?? start;
    return { kind: 'recorded', startMs, endMs: next?.startMs ?? this.edgeMs, growing: !next };
  }
}

const minutes = (count: number) => start + count * 60_000;

test('a click shows the picture of that very instant, and plays on if it was playing', async () => {
  const player = new FakePlayer();
  player.playback.seek(minutes(3) + 55);
  let state = await player.pass(100);
  assert.equal(state.instantMs, minutes(3) + 40);
  assert.equal(state.playing, false);
  player.playback.play();
  state = await player.pass(1000);
  assert.ok(Math.abs(state.instantMs - minutes(3) - 1040) <= 80);
  player.playback.seek(minutes(20));
  state = await player.pass(1000);
  assert.ok(Math.abs(state.instantMs - minutes(20) - 1000) <= 80);
});

test('so much on and so much back is the same picture again, and what was played on counts', async () => {
  const player = new FakePlayer();
  player.playback.seek(minutes(3) + 35);
  await player.pass(50);
  player.playback.seek(player.playback.soughtMs + 30);
  assert.equal((await player.pass(50)).instantMs, minutes(3) + 40);
  player.playback.seek(player.playback.soughtMs - 30);
  assert.equal((await player.pass(50)).instantMs, minutes(3));
  player.playback.play();
  await player.pass(2_000);
  player.playback.pause();
  player.playback.seek(player.playback.soughtMs - 1_000);
  const { instantMs } = await player.pass(50);
  assert.ok(Math.abs(instantMs - minutes(3) - 1_000) <= 80, String(instantMs - minutes(3)));
});

test('a gap on the way is skipped with a word', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(10), endMs: minutes(12) });
  player.playback.play();
  player.playback.seek(minutes(10) - 500);
  const state = await player.pass(1000);
  assert.deepEqual(state.skipped, { cause: 'unreachable', lengthMs: 120_000, toMs: minutes(12) });
  assert.ok(Math.abs(state.instantMs - minutes(12) - 500) <= 100, `${state.instantMs - minutes(12)}`);
  assert.ok(player.states.every(({ instantMs }) => instantMs <= minutes(10) || instantMs >= minutes(12)));
});

test('with skipping off the time of a gap passes at the speed that was chosen', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(10), endMs: minutes(12) });
  player.playback.setSkipGaps(false);
  player.playback.setSpeed(4);
  player.playback.play();
  player.playback.seek(minutes(10) - 400);
  let state = await player.pass(10_100);
  assert.equal(state.place?.kind, 'gap');
  assert.ok(Math.abs(state.instantMs - minutes(10) - 40_000) < 1000, `${state.instantMs - minutes(10)}`);
  assert.equal(state.skipped, undefined);
  state = await player.pass(21_000);
  assert.equal(state.place?.kind, 'recorded');
  assert.ok(state.instantMs > minutes(12));
});

test('a click into a gap stays there and says what is next; one press goes there', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(10), endMs: minutes(12) });
  player.playback.play();
  player.playback.seek(minutes(11));
  const state = await player.pass(3000);
  assert.equal(state.instantMs, minutes(11));
  assert.deepEqual(state.place?.kind === 'gap' && state.place.nextMs, minutes(12));
  player.playback.goToNext();
  assert.ok((await player.pass(500)).instantMs > minutes(12));
});

test('a break of a moment, such as a change of runs, is passed without a word', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(10), endMs: minutes(10) + 800 });
  player.playback.play();
  player.playback.seek(minutes(10) - 200);
  const state = await player.pass(1000);
  assert.equal(state.skipped, undefined);
  assert.ok(state.instantMs >= minutes(10) + 800);
});

test('a stretch whose last moment cannot be played ends there all the same', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(10), endMs: minutes(12) });
  player.unplayable.push({ startMs: minutes(10) - 30, endMs: minutes(10) });
  player.playback.play();
  player.playback.seek(minutes(10) - 500);
  const state = await player.pass(1500);
  assert.equal(state.skipped?.cause, 'unreachable');
  assert.ok(state.instantMs > minutes(12));
});

test('footage that the timeline knows and nobody can play is passed with a word', async () => {
  const player = new FakePlayer();
  player.unplayable.push({ startMs: minutes(10), endMs: minutes(11) });
  player.playback.play();
  player.playback.seek(minutes(10) - 500);
  const state = await player.pass(1500);
  assert.deepEqual(state.skipped, { cause: 'unreadable', lengthMs: 60_000, toMs: minutes(11) });
  assert.ok(state.instantMs > minutes(11));
  assert.ok(player.lookups < 5, `${player.lookups} questions`);
});

test('a stretch that begins where the lists end is played, not called unreadable', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(10), endMs: minutes(10) + 20 });
  player.playback.play();
  player.playback.seek(minutes(10) - 1000);
  await player.pass(500);
  player.playback.stretchEnded(minutes(10) + 30);
  const state = await player.pass(300);
  assert.equal(state.skipped, undefined);
  assert.equal(state.place?.kind, 'recorded');
  assert.ok(state.instantMs < minutes(10) + 1000);
});

test('where nobody can play what was asked for, that is said, and one press goes on', async () => {
  const player = new FakePlayer();
  player.unplayable.push({ startMs: minutes(10), endMs: minutes(11) });
  player.playback.seek(minutes(10.5));
  const { place, loading } = await player.pass(100);
  const [startMs, endMs] = [minutes(10), minutes(11)];
  assert.deepEqual(place, {
    kind: 'gap',
    startMs,
    endMs,
    cause: 'unreadable',
    ongoing: false,
    nextMs: endMs,
  });
  assert.equal(loading, false);
  player.playback.setSpeed(-2);
  player.playback.goToNext();
  assert.ok((await player.pass(500)).instantMs > endMs, 'also after it was played backwards');
});

test('backwards too, what cannot be played is passed: with a word, or without when it is short', async () => {
  for (const [lengthMs, words] of [
    [60_000, 1],
    [900, 0],
  ] as const) {
    const player = new FakePlayer();
    player.unplayable.push({ startMs: minutes(10), endMs: minutes(10) + lengthMs });
    player.playback.seek(minutes(10) + lengthMs + 1000);
    await player.pass(50);
    player.playback.shuttle(-1);
    const state = await player.pass(3000);
    assert.ok(state.instantMs < minutes(10) && state.instantMs > minutes(9), `${state.instantMs}`);
    assert.equal(new Set(player.states.flatMap(({ skipped }) => skipped ?? [])).size, words);
    assert.ok(player.lookups < 6, `${player.lookups} questions`);
  }
});

test('backwards from the present, the newest footage is found with a question or two', async () => {
  const player = new FakePlayer();
  player.edgeMs = player.clock.now() - 2_500;
  player.playback.seek(player.clock.now());
  await player.pass(50);
  player.playback.shuttle(-1);
  const state = await player.pass(500);
  assert.equal(state.place?.kind, 'recorded');
  assert.ok(state.instantMs < player.edgeMs);
  assert.ok(player.lookups <= 3, `${player.lookups} questions`);
});

test('the speed stays over seeks, pauses and gaps', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(10), endMs: minutes(12) });
  player.playback.setSpeed(8);
  player.playback.play();
  player.playback.seek(minutes(9));
  assert.ok(Math.abs((await player.pass(1000)).instantMs - minutes(9) - 8000) < 400);
  player.playback.pause();
  player.playback.seek(minutes(10) - 2000);
  await player.pass(100);
  player.playback.play();
  const state = await player.pass(1000);
  assert.equal(state.speed, 8);
  assert.ok(state.instantMs > minutes(12) + 4000);
});

for (const speed of [32, 64, -32, -64]) {
  test(`at ${speed}x key frames are shown one by one, at that speed, also where they are far apart`, async () => {
    const player = new FakePlayer();
    player.playback.seek(minutes(30));
    await player.pass(50);
    player.playback.setSpeed(speed);
    player.playback.play();
    const { instantMs } = await player.pass(10_000);
    const went = instantMs - minutes(30);
    assert.ok(Math.abs(went - speed * 10_000) <= Math.abs(speed) * 400 + keyFrameMs, `${went} ms`);
    assert.ok(!player.calls.some((call) => call.startsWith('run')), 'no browser plays so fast');
  });
}

test('at 64x a gap is skipped with a word, and the present is waited for', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(40), endMs: minutes(50) });
  player.playback.seek(minutes(38));
  await player.pass(50);
  player.playback.setSpeed(64);
  player.playback.play();
  const state = await player.pass(6_000);
  assert.equal(state.skipped?.lengthMs, 600_000);
  assert.ok(state.instantMs > minutes(51), `${state.instantMs - minutes(50)}`);
  assert.equal((await player.pass(20_000)).place?.kind, 'present');
});

test('above 4x key frames alone are asked for; pausing shows the very picture', async () => {
  const player = new FakePlayer();
  player.playback.seek(minutes(5));
  await player.pass(50);
  player.playback.setSpeed(4);
  player.playback.play();
  await player.pass(100);
  player.playback.setSpeed(8);
  const playing = await player.pass(1_000);
  player.playback.pause();
  assert.deepEqual(player.calls, ['show 300000', 'run 4', 'run 8 keys', `show ${playing.instantMs - start}`]);
});

test('pictures are stepped one by one, both ways, and across a gap', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(10), endMs: minutes(12) });
  player.playback.seek(minutes(5));
  await player.pass(50);
  player.playback.step(1);
  assert.equal((await player.pass(50)).instantMs, minutes(5) + 40);
  player.playback.step(-1);
  player.playback.step(-1);
  assert.equal((await player.pass(50)).instantMs, minutes(5) - 40);
  player.playback.seek(minutes(11));
  await player.pass(50);
  player.playback.step(-1);
  assert.equal((await player.pass(50)).instantMs, minutes(10) - 40);
  player.playback.seek(minutes(11));
  await player.pass(50);
  player.playback.step(1);
  assert.equal((await player.pass(50)).instantMs, minutes(12));
});

test('J goes back, faster each time, and over gaps; L turns round', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(10), endMs: minutes(12) });
  player.playback.seek(minutes(12) + 3000);
  await player.pass(50);
  player.playback.shuttle(-1);
  player.playback.shuttle(-1);
  assert.equal(player.playback.state.speed, -2);
  const state = await player.pass(4000);
  assert.ok(
    state.instantMs < minutes(10) && state.instantMs > minutes(10) - 10_000,
    `${state.instantMs - minutes(10)}`,
  );
  player.playback.shuttle(1);
  assert.equal(player.playback.state.speed, 1);
  assert.ok((await player.pass(1000)).instantMs > state.instantMs);
});

test('at the present it waits and goes on with what comes', async () => {
  const player = new FakePlayer();
  player.playback.play();
  player.playback.seek(player.edgeMs + 10);
  assert.equal((await player.pass(1000)).place?.kind, 'present');
  player.edgeMs += 5000;
  player.playback.footageGrew();
  const state = await player.pass(300);
  assert.equal(state.place?.kind, 'recorded');
  assert.ok(state.instantMs > start + 3_600_000);
});

test('a camera that stopped is waited for, also across the gap when it is back', async () => {
  const player = new FakePlayer();
  player.growing = false;
  player.playback.play();
  player.playback.seek(player.edgeMs + 1);
  let state = await player.pass(60_000);
  assert.equal(state.place?.kind, 'gap');
  const gap = { startMs: player.edgeMs, endMs: player.clock.now() };
  player.gaps.push(gap);
  player.edgeMs = player.clock.now() + 10_000;
  state = await player.pass(4000);
  assert.equal(state.place?.kind, 'recorded');
  assert.ok(state.instantMs >= gap.endMs);
});

test('instants to come are now, and those before the camera was added lead to its first footage', async () => {
  const player = new FakePlayer();
  player.playback.seek(player.clock.now() + 9e9);
  assert.ok((await player.pass(50)).instantMs <= player.clock.now());
  player.playback.seek(start - 60_000);
  assert.deepEqual((await player.pass(50)).place, { kind: 'before', nextMs: start });
});

test('answers that come too late are not heard, and a look-up that fails is told', async () => {
  const player = new FakePlayer();
  player.playback.seek(minutes(1));
  player.playback.seek(minutes(2));
  await player.pass(50);
  assert.deepEqual(player.calls, ['show 120000']);
  const broken = new Playback({
    screen: player,
    lookup: () =>
      Promise.reject(Object.assign(new Error('x'), { detail: 'The server did not answer.', advice: 'See.' })),
    clock: player.clock,
    instantMs: start,
    onChange: () => {},
  });
  broken.seek(start);
  await player.pass(10);
  assert.deepEqual(broken.state.problem, { detail: 'The server did not answer.', advice: 'See.' });
});

test('where others have footage its own gap passes and is not skipped; where nobody has, it is skipped', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(10), endMs: minutes(12) });
  player.others.push(
    { startMs: minutes(9), endMs: minutes(10) + 5_000 },
    { startMs: minutes(11), endMs: minutes(11) + 10_000 },
  );
  player.playback.play();
  player.playback.seek(minutes(10) - 500);
  let state = await player.pass(3_000);
  assert.ok(Math.abs(state.instantMs - minutes(10) - 2_500) <= 200, `${state.instantMs - minutes(10)}`);
  assert.equal(state.place?.kind, 'gap');
  assert.ok(player.playback.isMoving);
  state = await player.pass(3_500);
  assert.equal(state.skipped?.toMs, minutes(11), 'to where one of them has footage again');
  assert.ok(state.instantMs >= minutes(11) && state.instantMs < minutes(11) + 2_000);
  state = await player.pass(10_000);
  assert.ok(state.instantMs >= minutes(12) && state.instantMs < minutes(12) + 2_000);
  assert.equal(state.place?.kind, 'recorded');
});

test('a click into a gap of its own goes on playing where another camera has footage', async () => {
  const player = new FakePlayer();
  player.gaps.push({ startMs: minutes(10), endMs: minutes(12) });
  player.others.push({ startMs: minutes(9), endMs: minutes(13) });
  player.playback.play();
  player.playback.seek(minutes(11));
  const state = await player.pass(2_000);
  assert.ok(Math.abs(state.instantMs - minutes(11) - 2_000) <= 200);
});
