/**
 * What playing means: the instant that is shown, what happens at gaps and at the present, speeds in both directions.
 * It knows neither video elements nor requests; those are behind {@link Screen} and {@link FootageLookup}.
 */
import type { GapReason } from '../timeline/gap_words.ts';

/** Speeds that people choose from. */
export const speeds = [0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64] as const;
/** Faster, no browser plays. */
export const fastestRun = 16;
/** Faster, in both directions, key frames alone are fetched. */
export const fastestWhole = 4;
/** Faster, and backwards, pictures are shown one by one so often a second. */
const scansPerSecond = 5;
const shuttleSpeeds = [-64, -32, -16, -8, -4, -2, -1, 1, 2, 4, 8, 16, 32, 64];
/** Shorter breaks are passed without a word. */
const worthAWordMs = 1_500;
/** The server calls no shorter break a gap within a run: footage that lacks so much is passed without a word, too. */
const noGapMs = 3_000;
/** How often the clock of a gap that is played through moves. */
const gapTickMs = 100;
/** How far behind the newest footage following it begins: the lists grow by groups of pictures. */
export const behindPresentMs = 4_000;
/** So near to the end of footage that grows, what cannot be played yet will be soon. */
const presentReachMs = 30_000;
/** Where nothing is decided yet, or a gap has not ended, it is looked again so often. */
const lookAgainMs = 2_000;

/** What is there at an instant. */
export type Place =
  | { readonly kind: 'recorded'; readonly startMs: number; readonly endMs: number; readonly growing: boolean }
  | {
      readonly kind: 'gap';
      readonly startMs: number;
      readonly endMs: number;
      readonly cause: GapReason;
      readonly ongoing: boolean;
      /** Where footage begins again. */
      readonly nextMs: number | undefined;
      readonly elsewhere?: Elsewhere;
    }
  /** The camera was not there yet. */
  | { readonly kind: 'before'; readonly nextMs: number | undefined; readonly elsewhere?: Elsewhere }
  /** Now, later, or where nothing is decided yet; `lastMs` is the end of what is known before it. */
  | { readonly kind: 'present'; readonly lastMs: number | undefined; readonly elsewhere?: Elsewhere };

/** What other cameras that are shown beside this one have where it has nothing. */
export interface Elsewhere {
  /** Until then one of them has footage: the time passes, and is not skipped. */
  readonly untilMs: number | undefined;
  /** Where the first of them has footage again. */
  readonly nextMs: number | undefined;
}

export type RecordedStretch = Extract<Place, { kind: 'recorded' }>;

export type FootageLookup = (ms: number) => Promise<Place>;

/** Shows pictures of instants. Of several calls the last one counts. */
export interface Screen {
  /**
   * Shows the picture of an instant for which there is footage, in a stretch that the timeline tells of.
   *
   * @param keysOnly the key frame before it will do
   */
  show(ms: number, within: RecordedStretch, keysOnly?: boolean): void;
  /** Plays on from what was last shown, at a speed above 0. @param keysOnly key frames alone */
  run(speed: number, keysOnly?: boolean): void;
  hold(): void;
  /** The instant of the next or previous picture of the one that is shown, if it is known. */
  neighbour(ms: number, direction: -1 | 1): number | undefined;
  /** Shows no picture. */
  blank(): void;
}

export interface PlaybackClock {
  /** Milliseconds that never step. */
  monotonic(): number;
  now(): number;
  every(intervalMs: number, callback: () => void): { cancel(): void };
}

export interface Problem {
  readonly detail: string;
  readonly advice: string;
}

export interface PlaybackState {
  /** Where the playhead is. */
  readonly instantMs: number;
  /** What people asked for, also while something must be loaded first. */
  readonly playing: boolean;
  /** 1 is life; below 0 backwards. Never 0. */
  readonly speed: number;
  readonly skipGaps: boolean;
  /** What is at the playhead; `undefined` while that is being found out. */
  readonly place: Place | undefined;
  /** No picture could be shown yet since the last seek. */
  readonly loading: boolean;
  /** The last gap that was skipped: for a word to the person. */
  readonly skipped:
    | { readonly cause: GapReason; readonly lengthMs: number; readonly toMs: number }
    | undefined;
  readonly problem: Problem | undefined;
}

/** Half-open; of where it ends nothing may be known yet. */
interface Stretch {
  readonly startMs: number;
  readonly endMs: number | undefined;
}

export class Playback {
  readonly #screen: Screen;
  readonly #lookup: FootageLookup;
  readonly #clock: PlaybackClock;
  readonly #changed: (state: PlaybackState) => void;
  #state: PlaybackState;
  /** Answers to questions of an earlier seek are not heard. */
  #turn = 0;
  #soughtMs: number;
  #ticking: { cancel(): void } | undefined;
  /** A picture that was asked for while scanning has not come yet. */
  #scanning = false;
  /** Where scanning has come to: pictures that it is shown may be of long before. */
  #scanAtMs = 0;

  constructor(options: {
    readonly screen: Screen;
    readonly lookup: FootageLookup;
    readonly clock: PlaybackClock;
    readonly instantMs: number;
    readonly onChange: (state: PlaybackState) => void;
  }) {
    this.#screen = options.screen;
    this.#lookup = options.lookup;
    this.#clock = options.clock;
    this.#changed = options.onChange;
    this.#soughtMs = options.instantMs;
    this.#state = {
      instantMs: options.instantMs,
      playing: false,
      speed: 1,
      skipGaps: true,
      place: undefined,
      loading: true,
      skipped: undefined,
      problem: undefined,
    };
  }

  get state(): PlaybackState {
    return this.#state;
  }

  /**
   * The instant that was asked for last, while it holds; the picture shown for it began up to its length before. Who moves on
   * from here comes back to the same picture.
   */
  get soughtMs(): number {
    return this.#soughtMs;
  }

  /** Goes to an instant; plays on from there if it was playing. */
  seek(ms: number): void {
    const instantMs = Math.min(ms, this.#clock.now());
    const { place } = this.#state;
    // Within the stretch that is shown nothing need be asked.
    const known = place?.kind === 'recorded' && place.startMs <= ms && ms < place.endMs ? place : undefined;
    this.#set({ instantMs, place: known, loading: true, skipped: undefined, problem: undefined });
    if (known) this.#showAt(instantMs, known);
    else void this.#enter(instantMs, 'asked');
  }

  /** The newest footage, and on with it. */
  follow(): void {
    this.#set({ playing: true, speed: 1 });
    this.seek(this.#clock.now() - behindPresentMs);
  }

  play(): void {
    if (this.#state.playing) return;
    this.#set({ playing: true });
    const { place } = this.#state;
    if (place?.kind === 'recorded') this.#move();
    else if (place) void this.#goThrough(place);
  }

  pause(): void {
    const hadKeysOnly = this.#wantsKeysOnly;
    this.#set({ playing: false });
    this.#stopTicking();
    this.#screen.hold();
    const { place, instantMs, loading } = this.#state;
    // From here on people look at single pictures.
    if (hadKeysOnly && place?.kind === 'recorded' && !loading) this.#screen.show(instantMs, place);
  }

  toggle(): void {
    if (this.#state.playing) this.pause();
    else this.play();
  }

  /** Time goes on: pictures come, or a gap passes. */
  get isMoving(): boolean {
    const { playing, loading, place } = this.#state;
    return playing && !loading && (place?.kind === 'recorded' || this.#ticking !== undefined);
  }

  get #wantsKeysOnly(): boolean {
    const { playing, speed } = this.#state;
    return playing && Math.abs(speed) > fastestWhole;
  }

  /** Looks again what is at the playhead where there is no footage: other cameras are shown beside this one. */
  lookAgain(): void {
    const { place } = this.#state;
    if (place && place.kind !== 'recorded') this.#lookAgain();
  }

  /** Kept for whatever is shown next. */
  setSpeed(speed: number): void {
    this.#set({ speed });
    if (this.#state.playing) this.#move();
  }

  /** L plays, and faster each time; J backwards. */
  shuttle(direction: -1 | 1): void {
    const { speed, playing } = this.#state;
    const start = playing && Math.sign(speed) === direction ? speed : 0;
    const next = shuttleSpeeds.filter((each) => Math.sign(each) === direction);
    const faster = next
      .toSorted((a, b) => Math.abs(a) - Math.abs(b))
      .find((each) => Math.abs(each) > Math.abs(start));
    this.#set({ speed: faster ?? direction * 16 });
    if (playing) this.#move();
    else this.play();
  }

  setSkipGaps(skipGaps: boolean): void {
    this.#set({ skipGaps });
    const { playing, place } = this.#state;
    if (playing && place && place.kind !== 'recorded') void this.#goThrough(place);
  }

  /** One picture on or back; holds. Across a gap to the picture at its other side. */
  step(direction: -1 | 1): void {
    this.pause();
    const { instantMs, place } = this.#state;
    if (place && place.kind !== 'recorded') {
      const edge = direction > 0 ? nextOf(place) : place.kind === 'gap' ? place.startMs - 1 : undefined;
      if (edge !== undefined) this.seek(edge);
      return;
    }
    this.seek(this.#screen.neighbour(instantMs, direction) ?? instantMs + direction * 40);
  }

  /** The footage after the gap at the playhead. */
  goToNext(): void {
    const next = nextOf(this.#state.place);
    if (next === undefined) return;
    const { speed } = this.#state;
    this.#set({ playing: true, speed: speed < 0 ? 1 : speed });
    this.seek(next);
  }

  /** Says that footage was added; where the playhead waits for it, it goes on. */
  footageGrew(): void {
    const { place } = this.#state;
    if (place?.kind === 'present' || (place?.kind === 'gap' && place.ongoing)) this.#lookAgain();
  }

  end(): void {
    this.#turn++;
    this.#stopTicking();
    this.#screen.blank();
  }

  // What the screen says

  pictureShown(ms: number): void {
    this.#scanning = false;
    const { place, playing } = this.#state;
    if (place?.kind !== 'recorded') return;
    const soughtMs = playing ? ms : this.#soughtMs;
    this.#set({ instantMs: ms, loading: false, problem: undefined });
    this.#soughtMs = soughtMs;
  }

  /** Nothing can be played from `endMs` on; the next that can begins at `nextMs`, as far as is known. */
  stretchEnded(endMs: number, nextMs?: number): void {
    if (this.#state.place?.kind !== 'recorded') return;
    // What is said again before the answer comes is not asked again.
    this.#set({ instantMs: endMs, place: undefined });
    void this.#enter(endMs, 'played', { startMs: endMs, endMs: nextMs });
  }

  /** Of the stretch around an instant that was to be shown nothing can be played. */
  nothingAt(ms: number, stretch: Stretch): void {
    const { place, speed } = this.#state;
    if (place?.kind !== 'recorded') return;
    this.#scanning = false;
    const startMs = Math.max(stretch.startMs, place.startMs);
    const endMs = Math.min(stretch.endMs ?? Number.POSITIVE_INFINITY, place.endMs);
    // What is short is passed without a question, but not out of the recording.
    const back = speed < 0 || endMs === place.endMs;
    const otherSide = back ? startMs - 1 : endMs;
    if (endMs - startMs <= noGapMs && otherSide >= place.startMs) {
      this.#set({ instantMs: otherSide });
      return this.#screen.show(otherSide, place);
    }
    this.#set({ place: undefined });
    void this.#enter(ms, this.#state.playing ? 'played' : 'asked', stretch);
  }

  failed(problem: Problem): void {
    this.#stopTicking();
    this.#set({ problem, playing: false, loading: false });
  }

  /** @param unplayable what the screen said, when that is why */
  async #enter(ms: number, why: 'asked' | 'played' | 'again', unplayable?: Stretch): Promise<void> {
    const turn = ++this.#turn;
    this.#stopTicking();
    if (why === 'asked') this.#screen.hold();
    let place: Place;
    try {
      place = await this.#lookup(ms);
    } catch (thrown) {
      if (turn === this.#turn) this.failed(problemOf(thrown));
      return;
    }
    if (turn !== this.#turn) return;
    if (place.kind === 'recorded') {
      const isPresent = place.growing && place.endMs - ms < presentReachMs;
      // Of a stretch that begins only here no list may have told.
      const isNew = ms - place.startMs < worthAWordMs;
      if (unplayable && (unplayable.endMs !== undefined || !(isPresent || isNew)))
        return this.#enterUnplayable(ms, place, unplayable);
      this.#set({ place });
      return this.#showAt(ms, place);
    }
    // At the very end of a stretch the break may be nothing but a change of runs.
    const next = nextOf(place);
    const forward = this.#state.speed > 0;
    if (why === 'played' && forward && next !== undefined && next - ms < worthAWordMs) {
      this.#set({ instantMs: next });
      return this.#enter(next, 'played');
    }
    this.#set({ place, loading: false });
    this.#screen.hold();
    const isShownElsewhere = place.elsewhere?.untilMs !== undefined;
    if (why !== 'asked' || !this.#state.skipGaps || next === undefined || isShownElsewhere)
      await this.#goThrough(place);
  }

  /**
   * The timeline tells of footage that the screen cannot play: the last moment of a stretch, whose end the two place
   * apart by rounding, or a file that is damaged or gone. That is a gap like any other, but for its reason.
   */
  #enterUnplayable(ms: number, place: RecordedStretch, stretch: Stretch): Promise<void> | void {
    const { speed, playing } = this.#state;
    const startMs = Math.max(stretch.startMs, place.startMs);
    const known = Math.min(stretch.endMs ?? Number.POSITIVE_INFINITY, place.endMs);
    const endMs = Math.max(known, ms + 1);
    if (playing && speed > 0 && endMs - startMs <= noGapMs) return this.#enter(endMs, 'played');
    const nextMs = stretch.endMs === undefined && place.growing ? undefined : endMs;
    this.#set({
      place: { kind: 'gap', startMs, endMs, cause: 'unreadable', ongoing: false, nextMs },
      loading: false,
    });
    this.#screen.hold();
    return this.#goThrough(this.#state.place as Exclude<Place, { kind: 'recorded' }>);
  }

  #showAt(ms: number, within: RecordedStretch): void {
    this.#turn++;
    this.#screen.show(ms, within, this.#wantsKeysOnly);
    if (this.#state.playing) this.#move();
    else this.#screen.hold();
  }

  /** Plays on where there is no footage: skips the gap, lets its time pass, or waits for footage. */
  async #goThrough(place: Exclude<Place, { kind: 'recorded' }>): Promise<void> {
    const { playing, skipGaps, speed, instantMs } = this.#state;
    if (!playing) return;
    const next = nextOf(place);
    if (speed < 0) {
      if (place.kind === 'before') return this.pause();
      const startMs = place.kind === 'gap' ? place.startMs : place.lastMs;
      if (startMs === undefined) return this.pause();
      this.#say(place, instantMs - startMs, startMs);
      return this.#jump(startMs - 1);
    }
    const { untilMs, nextMs } = place.elsewhere ?? {};
    const soonest = leastOf(next, nextMs);
    if (untilMs !== undefined && untilMs > instantMs) return this.#pass(Math.min(untilMs, next ?? untilMs));
    if (soonest === undefined) return this.#await();
    if (skipGaps || place.kind === 'before') {
      this.#say(place, soonest - (place.kind === 'gap' ? place.startMs : instantMs), soonest);
      return this.#jump(soonest);
    }
    this.#pass(soonest);
  }

  /** Lets time pass without a picture up to an instant. */
  #pass(toMs: number): void {
    let before = this.#clock.monotonic();
    this.#tick(gapTickMs, () => {
      const now = this.#clock.monotonic();
      const at = this.#state.instantMs + (now - before) * this.#state.speed;
      before = now;
      if (at >= toMs) void this.#jump(toMs);
      else this.#set({ instantMs: at });
    });
  }

  #say(place: Place, lengthMs: number, toMs: number): void {
    if (place.kind === 'gap') this.#set({ skipped: { cause: place.cause, lengthMs, toMs } });
  }

  #jump(ms: number): Promise<void> {
    this.#set({ instantMs: ms, place: undefined, loading: true });
    return this.#enter(ms, 'played');
  }

  /** Until there is footage again. */
  #await(): void {
    this.#tick(lookAgainMs, () => this.#lookAgain());
  }

  #lookAgain(): void {
    void this.#enter(this.#state.instantMs, 'again');
  }

  #move(): void {
    const { speed, place } = this.#state;
    if (place?.kind !== 'recorded') return;
    this.#stopTicking();
    if (speed > 0 && speed <= fastestRun) return this.#screen.run(speed, this.#wantsKeysOnly);
    this.#screen.hold();
    this.#scanning = false;
    this.#scanAtMs = this.#state.instantMs;
    this.#tick(1000 / scansPerSecond, () => this.#scan());
  }

  /** Backwards, and faster than a browser plays: the picture that is due, when the one before has come. */
  #scan(): void {
    const { speed, place } = this.#state;
    if (this.#scanning || place?.kind !== 'recorded') return;
    const ms = Math.min(this.#scanAtMs + (speed * 1000) / scansPerSecond, place.endMs);
    this.#scanAtMs = ms;
    this.#scanning = true;
    this.#set({ instantMs: ms });
    if (ms >= place.startMs && ms < place.endMs) return this.#screen.show(ms, place, this.#wantsKeysOnly);
    this.#scanning = false;
    void this.#enter(ms, 'played');
  }

  #tick(intervalMs: number, callback: () => void): void {
    this.#stopTicking();
    this.#ticking = this.#clock.every(intervalMs, callback);
  }

  #stopTicking(): void {
    this.#ticking?.cancel();
    this.#ticking = undefined;
  }

  #set(change: Partial<PlaybackState>): void {
    this.#state = { ...this.#state, ...change };
    if (change.instantMs !== undefined) this.#soughtMs = change.instantMs;
    this.#changed(this.#state);
  }
}

function nextOf(place: Place | undefined): number | undefined {
  return place?.kind === 'gap' || place?.kind === 'before' ? place.nextMs : undefined;
}

function leastOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function problemOf(thrown: unknown): Problem {
  const { detail, advice, message } = thrown as Partial<Problem> & { message?: string };
  return { detail: detail ?? message ?? `${thrown}`, advice: advice ?? '' };
}
