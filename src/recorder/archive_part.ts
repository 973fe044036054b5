/** How much of an archive is to be recorded, and what came of it; pure. */
import { formatRange, shortened } from '../rtsp/range.ts';
import type { PlaybackWish } from '../rtsp/session_state.ts';
import { replayEnd } from './replay_end.ts';
import type { PlaybackNews } from './stream_session.ts';

/** The last picture of a range is a little before its end. */
const earlyMs = 1_000;
/** Longer than any camera takes from key frame to key frame, which is how much earlier footage may begin than it says. */
const unsureMs = 30_000;
/** Of an archive that was given no end, and tells none. */
const endlessMs = 86_400_000;

/** What is in files. */
export interface RecordedPart {
  /** Wall time of the begin and the end of the footage. */
  readonly startMs: number;
  readonly endMs: number;
  /** In milliseconds of media time. */
  readonly footageMs: number;
}

export interface PartVerdict {
  /** Why there is less than was asked for. */
  readonly endedEarly?: string;
  /** What an archive that was given no end was taken to be over for. */
  readonly endedFor?: string;
  /** Why it may be other footage than what was asked for. */
  readonly unconfirmed?: string;
}

export class ArchivePart {
  /** What to ask the archive for. */
  readonly wish: PlaybackWish;
  readonly #longestMs: number;
  readonly #hasEnd: boolean;
  #news: PlaybackNews | undefined;

  /** @param durationS how much to record at most, from the instant asked for */
  constructor(wish: PlaybackWish, durationS: number | undefined) {
    const range = durationS === undefined ? wish.range : shortened(wish.range, durationS * (wish.scale ?? 1));
    this.wish = range ? { ...wish, range } : wish;
    this.#hasEnd = durationS !== undefined || this.wish.range.end !== undefined;
    if (!this.#hasEnd) this.#longestMs = endlessMs;
    else this.#longestMs = range || durationS === undefined ? Number.POSITIVE_INFINITY : durationS * 1000;
  }

  /** Takes what the server said of the footage. */
  learn(news: PlaybackNews): void {
    this.#news = news;
  }

  /** Whether all that was asked for is recorded, though the server goes on. */
  isWhole(recorded: RecordedPart): boolean {
    if (recorded.footageMs >= this.#longestMs) return true;
    const end = this.#end(recorded);
    return end !== undefined && recorded.endMs >= end.atMs + (end.isSure ? 0 : unsureMs);
  }

  /** @param reason why the session ended, unless somebody here ended it */
  verdict(recorded: RecordedPart, reason: string | undefined): PartVerdict {
    const end = this.#end(recorded);
    const isShort = end
      ? recorded.endMs < end.atMs - earlyMs
      : this.#hasEnd && recorded.footageMs < this.#longestMs - earlyMs;
    const isFull = !this.#hasEnd && recorded.footageMs >= this.#longestMs;
    const full = 'It had no end, and is a day of footage by now; more takes --duration.';
    return {
      ...(isFull && { endedEarly: full }),
      ...(reason !== undefined && isShort && { endedEarly: reason }),
      ...(reason !== undefined && !isShort && !this.#hasEnd && { endedFor: reason }),
      ...(this.#news?.standing !== 'played' && { unconfirmed: this.#doubt() }),
    };
  }

  #end(recorded: RecordedPart) {
    return this.#news && replayEnd(this.wish, { ...this.#news, beginMs: recorded.startMs });
  }

  #doubt(): string {
    const said = this.#news?.answer.range;
    const answer = said ? `answered with "${formatRange(said)}"` : 'did not answer which part it plays';
    return (
      `The camera was asked for "${formatRange(this.wish.range)}" and ${answer}: what was recorded may be what the camera ` +
      'sees now. Look at the pictures, and do not trust their times before.'
    );
  }
}
