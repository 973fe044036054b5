/**
 * A player beside the one that leads: it shows what its camera saw at the instant that the leader shows. Pure, as
 * {@link Playback} is: what it shows things on, asks and reads the time from is handed in.
 */
import {
  type FootageLookup,
  fastestRun,
  type Place,
  type PlaybackClock,
  type Problem,
  type RecordedStretch,
  type Screen,
} from './playback.ts';

/** A difference up to here is made good by the speed, at life speed; above it is jumped over. */
const nudgedMs = 200;
/** A smaller one cannot be seen: pictures of two cameras are never taken at the same instant. */
const unseenMs = 40;
/** The speed is changed by so much at most. */
const mostNudge = 0.12;
/** A difference is made good in about so long. */
const nudgeOverMs = 1_000;
/** The leader's clock is believed to run on for so long after its last picture. */
const believedMs = 1_500;
/** What was asked of the screen and has not come after so long is asked anew. */
const patienceMs = 3_000;
/** So far ahead a jump leads at most, for the time that it takes. */
const mostLatencyMs = 1_500;
const steerEveryMs = 250;
/** Where nothing is decided yet, or a gap has not ended, it is looked again so often. */
const lookAgainMs = 2_000;
/** What cannot be played is passed in steps of at least this. */
const leastUnreadableMs = 500;

/** What the leader does. */
export interface Leader {
  readonly instantMs: number;
  /** Time goes on: pictures come, or a gap is played through. */
  readonly moving: boolean;
  readonly speed: number;
}

export interface FollowerState {
  readonly place: Place | undefined;
  /** The picture of the instant is not there yet. */
  readonly loading: boolean;
  readonly problem: Problem | undefined;
}

export class Follower {
  readonly #screen: Screen;
  readonly #lookup: FootageLookup;
  readonly #clock: PlaybackClock;
  readonly #changed: (state: FollowerState) => void;
  readonly #timer: { cancel(): void };
  #state: FollowerState = { place: undefined, loading: true, problem: undefined };
  #leader: Leader | undefined;
  #leaderAt = 0;
  /** The instant that was asked of the screen and has not come. */
  #asked: { readonly ms: number; readonly at: number } | undefined;
  /** What the screen showed last, and when. */
  #shown: { readonly ms: number; readonly at: number } | undefined;
  /** What the screen was last told to run at; 0 when it holds. */
  #rate = 0;
  #latencyMs = 300;
  #looking = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #ended = false;

  constructor(options: {
    readonly screen: Screen;
    readonly lookup: FootageLookup;
    readonly clock: PlaybackClock;
    readonly onChange: (state: FollowerState) => void;
  }) {
    this.#screen = options.screen;
    this.#lookup = options.lookup;
    this.#clock = options.clock;
    this.#changed = options.onChange;
    this.#timer = options.clock.every(steerEveryMs, () => this.#steer());
  }

  get state(): FollowerState {
    return this.#state;
  }

  /** Says what the leader does now: at each of its pictures and whenever it is told to do something else. */
  follow(leader: Leader): void {
    this.#leader = leader;
    this.#leaderAt = this.#clock.monotonic();
    this.#steer();
  }

  /** Footage was added up to an instant. */
  footageGrew(endMs: number): void {
    const { place } = this.#state;
    if (place?.kind === 'recorded') {
      if (place.growing && endMs > place.endMs) this.#set({ place: { ...place, endMs } });
    } else this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  /** Tries again what failed. */
  retry(): void {
    this.#forget();
    this.#set({ problem: undefined });
    this.#steer();
  }

  end(): void {
    this.#ended = true;
    this.#timer.cancel();
    this.#screen.blank();
  }

  // What the screen says

  pictureShown(ms: number): void {
    const at = this.#clock.monotonic();
    if (this.#asked) this.#latencyMs = Math.min(mostLatencyMs, (this.#latencyMs + at - this.#asked.at) / 2);
    this.#asked = undefined;
    this.#shown = { ms, at };
    if (this.#state.place?.kind === 'recorded' && (this.#state.loading || this.#state.problem))
      this.#set({ loading: false, problem: undefined });
    // While the leader is dragged, the next instant waited for this one.
    if (this.#leader?.moving === false) this.#steer();
  }

  /** Nothing can be played from there on, as far as the lists tell: the timeline is asked what is there. */
  stretchEnded(): void {
    this.#forget();
  }

  /** Of the stretch around an instant nothing can be played. */
  nothingAt(ms: number, stretch: { readonly startMs: number; readonly endMs: number | undefined }): void {
    const { place } = this.#state;
    if (place?.kind !== 'recorded') return;
    this.#asked = undefined;
    const startMs = Math.min(ms, Math.max(stretch.startMs, place.startMs));
    const endMs = Math.max(ms + leastUnreadableMs, Math.min(stretch.endMs ?? place.endMs, place.endMs));
    this.#set({
      place: { kind: 'gap', startMs, endMs, cause: 'unreadable', ongoing: false, nextMs: endMs },
      loading: false,
    });
  }

  failed(problem: Problem): void {
    this.#hold();
    this.#set({ problem, loading: false });
  }

  /** Where the leader is by now. */
  #leaderMs(leader: Leader): number {
    if (!leader.moving) return leader.instantMs;
    const sinceMs = Math.min(believedMs, this.#clock.monotonic() - this.#leaderAt);
    return leader.instantMs + sinceMs * leader.speed;
  }

  #steer(): void {
    const leader = this.#leader;
    if (!leader || this.#ended || this.#state.problem) return;
    const ms = this.#leaderMs(leader);
    const { place } = this.#state;
    if (!place || !this.#holds(place, ms)) return void this.#look(ms);
    if (place.kind !== 'recorded') return this.#hold();
    if (leader.moving && leader.speed > 0 && leader.speed <= fastestRun) this.#run(ms, leader.speed, place);
    else this.#stand(leader.instantMs, place);
  }

  /** Whether what is known tells what is at an instant. */
  #holds(place: Place, ms: number): boolean {
    if (place.kind === 'recorded' || (place.kind === 'gap' && !place.ongoing))
      return ms >= place.startMs && ms < place.endMs;
    const isFresh = this.#clock.monotonic() - this.#lookedAt < lookAgainMs;
    if (place.kind === 'gap') return ms >= place.startMs && isFresh;
    return isFresh && (place.kind === 'present' || place.nextMs === undefined || ms < place.nextMs);
  }

  async #look(ms: number): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    this.#lookedAt = this.#clock.monotonic();
    try {
      const place = await this.#lookup(ms);
      if (this.#ended) return;
      const was = this.#state.place;
      if (place.kind !== 'recorded') this.#hold();
      // The screen knows of nothing beyond the stretch it was told, unless that grows.
      const goesOn = place.kind === 'recorded' && was?.kind === 'recorded' && was.growing;
      if (!goesOn) this.#asked = this.#shown = this.#wanted = undefined;
      this.#set({ place, loading: place.kind === 'recorded' && this.#shown === undefined });
    } catch (thrown) {
      const { detail, advice, message } = thrown as Partial<Problem> & { message?: string };
      if (!this.#ended) this.failed({ detail: detail ?? message ?? `${thrown}`, advice: advice ?? '' });
    } finally {
      this.#looking = false;
    }
    this.#steer();
  }

  #run(ms: number, speed: number, place: RecordedStretch): void {
    const now = this.#clock.monotonic();
    if (this.#asked) {
      if (now - this.#asked.at > patienceMs) this.#jump(ms, speed, place);
      else if (this.#rate === 0) this.#turn(speed);
      return;
    }
    if (!this.#shown) return this.#jump(ms, speed, place);
    const ownMs = this.#shown.ms + Math.min(believedMs, now - this.#shown.at) * this.#rate;
    const aheadMs = ownMs - ms;
    const tolerance = Math.max(1, speed);
    if (Math.abs(aheadMs) > nudgedMs * tolerance) return this.#jump(ms, speed, place);
    if (Math.abs(aheadMs) <= unseenMs * tolerance) return this.#turn(speed);
    const nudge = Math.max(-mostNudge, Math.min(mostNudge, aheadMs / (nudgeOverMs * tolerance)));
    this.#turn(speed * (1 - nudge));
  }

  /** To where the leader will be when the picture comes. */
  #jump(ms: number, speed: number, place: RecordedStretch): void {
    const target = Math.min(ms + this.#latencyMs * speed, place.endMs - 1);
    this.#ask(Math.max(ms, target), place);
    this.#rate = 0;
    this.#turn(speed);
  }

  /** The picture of an instant, and no other. */
  #stand(ms: number, place: RecordedStretch): void {
    this.#hold();
    if (this.#wanted === ms) return;
    const now = this.#clock.monotonic();
    // While the leader is dragged there is a new instant with each move: one after the other.
    if (this.#asked && now - this.#asked.at < patienceMs) return;
    this.#ask(ms, place);
  }

  /** What was last asked for, whether or not it came. */
  #wanted: number | undefined;

  #ask(ms: number, place: RecordedStretch): void {
    this.#wanted = ms;
    this.#asked = { ms, at: this.#clock.monotonic() };
    this.#screen.show(ms, place);
  }

  #turn(rate: number): void {
    if (Math.abs(rate - this.#rate) < 0.005) return;
    this.#rate = rate;
    this.#wanted = undefined;
    this.#screen.run(rate);
  }

  #hold(): void {
    if (this.#rate === 0) return;
    this.#rate = 0;
    this.#wanted = undefined;
    this.#screen.hold();
  }

  #forget(): void {
    this.#asked = this.#shown = this.#wanted = undefined;
    this.#set({ place: undefined });
  }

  #set(change: Partial<FollowerState>): void {
    this.#state = { ...this.#state, ...change };
    this.#changed(this.#state);
  }
}
