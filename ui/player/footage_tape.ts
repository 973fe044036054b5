/**
 * The footage around the playhead as a tape: what the playlists listed, in order of time, and for what was loaded the
 * instant of each picture. Media time is laid out as wall time since `originMs`, so that gaps are holes in it.
 */
import type { PictureTimes, VideoTrack } from './fragment_times.ts';
import type { MediaPlaylist, PlaylistEntry } from './media_playlist.ts';

/** Entries that lie so close follow each other without a break; the server joins such holes too. */
const maxHoleMs = 250;
/** How far media time may stray from wall time before it is set right, at the cost of a click in the sound. */
const maxStrayMs = 40;
/** So far into its picture a seek goes, lest rounding shows the one before, in seconds. */
const insideSeconds = 0.0005;

interface Pictures {
  /** Media times in seconds, ascending. */
  readonly seconds: readonly number[];
  /** Instant of each. */
  readonly instantsMs: readonly number[];
  readonly endSeconds: number;
  readonly startsWithKeyFrame: boolean;
}

export interface TapeEntry extends PlaylistEntry {
  readonly endMs: number;
  /** Known once it was loaded. */
  pictures?: Pictures;
  /** Its media are in the player's buffer. */
  loaded: boolean;
}

/** What comes after an entry: more of the same, a break, the growing present, or what no list told yet. */
export type Following =
  | { readonly kind: 'goes_on'; readonly entry: TapeEntry }
  | { readonly kind: 'break'; readonly nextMs: number | undefined }
  | { readonly kind: 'present' }
  | { readonly kind: 'unlisted' };

export class FootageTape {
  readonly originMs: number;
  /** In order, without overlap. */
  readonly entries: TapeEntry[] = [];
  /** What lists told of, half-open; empty at first. */
  fromMs: number;
  toMs: number;
  /** The last list can still grow. */
  growing = false;

  constructor(originMs: number, atMs: number) {
    this.originMs = originMs;
    this.fromMs = atMs;
    this.toMs = atMs;
  }

  /** Takes a list of [fromMs, toMs), which begins or ends where the tape does. */
  add(list: MediaPlaylist, fromMs: number, toMs: number): void {
    for (const entry of list.entries) {
      const endMs = entry.startMs + entry.durationMs;
      const at = this.entries.findLastIndex(({ startMs }) => startMs <= entry.startMs) + 1;
      const before = this.entries[at - 1];
      const after = this.entries[at];
      // The group that holds a window's border is in the lists of both sides.
      if (before && before.endMs - entry.startMs > entry.durationMs / 2) continue;
      if (after && endMs - after.startMs > entry.durationMs / 2) continue;
      this.entries.splice(at, 0, { ...entry, endMs, loaded: false });
    }
    this.fromMs = Math.min(this.fromMs, fromMs);
    const lastMs = this.entries.at(-1)?.endMs ?? fromMs;
    const isLast = toMs >= this.toMs;
    if (isLast) {
      this.growing = list.growing;
      this.toMs = list.growing ? Math.max(this.toMs, Math.min(toMs, lastMs)) : toMs;
    }
  }

  /** Whether a list told of the instant. */
  lists(ms: number): boolean {
    return ms >= this.fromMs && ms < this.toMs;
  }

  /** Whether the lists tell the rest of a stretch from an instant in it, so that a further list could be empty. */
  tellsRest({ endMs, growing }: { endMs: number; growing: boolean }, ms: number): boolean {
    return !growing && ms < endMs && endMs <= this.toMs;
  }

  entryAt(ms: number): TapeEntry | undefined {
    const entry = this.entries.findLast(({ startMs }) => startMs <= ms);
    if (!entry) return undefined;
    const next = this.entries[this.entries.indexOf(entry) + 1];
    const goesOn = next !== undefined && next.startMs - entry.endMs <= maxHoleMs;
    return ms < (goesOn ? next.startMs : entry.endMs) ? entry : undefined;
  }

  /** What surrounds an instant that no entry holds: up to the next entry, or to where the lists end. */
  holeAt(ms: number): { readonly startMs: number; readonly endMs: number | undefined } {
    const before = this.entries.findLast(({ startMs }) => startMs <= ms);
    const after = this.entries.find(({ startMs }) => startMs > ms);
    return {
      startMs: before?.endMs ?? this.fromMs,
      endMs: after?.startMs ?? (this.growing ? undefined : this.toMs),
    };
  }

  /** The entry right before, where the pictures of this one are known not to be decodable without it. */
  neededBefore(entry: TapeEntry): TapeEntry | undefined {
    if (entry.pictures?.startsWithKeyFrame !== false) return undefined;
    const before = this.entries[this.entries.indexOf(entry) - 1];
    return before && entry.startMs - before.endMs <= maxHoleMs ? before : undefined;
  }

  /** Media time of the last key frame that an entry begins with at or before a media time, or that time itself. */
  keyFrameSecondsBefore(seconds: number): number {
    const entry = this.entries.findLast(
      ({ pictures }) => pictures?.startsWithKeyFrame && pictures.seconds[0]! <= seconds,
    );
    return entry ? entry.pictures!.seconds[0]! - insideSeconds : seconds;
  }

  following(entry: TapeEntry): Following {
    const next = this.entries[this.entries.indexOf(entry) + 1];
    if (next) {
      return next.startMs - entry.endMs <= maxHoleMs
        ? { kind: 'goes_on', entry: next }
        : { kind: 'break', nextMs: next.startMs };
    }
    if (this.growing) return { kind: 'present' };
    // Nothing more was listed, though the list reached well beyond: a gap that is longer than the list.
    return this.toMs - entry.endMs > maxHoleMs ? { kind: 'break', nextMs: undefined } : { kind: 'unlisted' };
  }

  /**
   * The media of an entry were read: gives its pictures their instants, and says what to add to its media's own time
   * stamps, in seconds, to lay them on the tape.
   */
  place(entry: TapeEntry, times: PictureTimes, { timescale }: VideoTrack): number {
    const ownSeconds = times.anchorTicks / timescale;
    let atSeconds = (entry.startMs - this.originMs) / 1000;
    const before = this.entries[this.entries.indexOf(entry) - 1];
    // Within a stretch each goes exactly after the one before, so that the sound does not break.
    if (before?.pictures && entry.startMs - before.endMs <= maxHoleMs) {
      const end = before.pictures.endSeconds + (times.anchorTicks - times.ticks[0]!) / timescale;
      if (Math.abs(end - atSeconds) * 1000 <= maxStrayMs) atSeconds = end;
    }
    entry.pictures = {
      seconds: times.ticks.map((ticks) => atSeconds + (ticks - times.anchorTicks) / timescale),
      instantsMs: times.ticks.map(
        (ticks) => entry.startMs + ((ticks - times.anchorTicks) / timescale) * 1000,
      ),
      endSeconds: atSeconds + (times.endTicks - times.anchorTicks) / timescale,
      startsWithKeyFrame: times.startsWithKeyFrame,
    };
    return atSeconds - ownSeconds;
  }

  /** The instant of the picture that is shown at a media time; `undefined` where nothing is loaded. */
  instantAt(seconds: number): number | undefined {
    // rVFC and the buffer count in microseconds.
    const at = seconds + 2e-6;
    for (const { pictures } of this.entries) {
      if (!pictures || at < pictures.seconds[0]! || at >= pictures.endSeconds) continue;
      return pictures.instantsMs[lastAtOrBefore(pictures.seconds, at)];
    }
    return undefined;
  }

  /** Where to seek to show the picture of an instant; `undefined` until its entry is loaded. */
  secondsAt(ms: number): number | undefined {
    const entry = this.entryAt(ms);
    if (!entry?.pictures || !entry.loaded) return undefined;
    const { seconds, instantsMs } = entry.pictures;
    return seconds[Math.max(0, lastAtOrBefore(instantsMs, ms))]! + insideSeconds;
  }

  /** The instant of the picture before (-1) or after (1) the one of an instant; `undefined` where it is not known. */
  neighbour(ms: number, direction: -1 | 1): number | undefined {
    const entry = this.entries.findLast(
      ({ startMs, pictures }) => (pictures?.instantsMs[0] ?? startMs) <= ms + 0.01,
    );
    if (!entry?.pictures) return undefined;
    const index = lastAtOrBefore(entry.pictures.instantsMs, ms + 0.01) + direction;
    if (index >= 0 && index < entry.pictures.instantsMs.length) return entry.pictures.instantsMs[index];
    const other = this.entries[this.entries.indexOf(entry) + direction];
    if (!other) return undefined;
    if (direction > 0) return other.pictures?.instantsMs[0] ?? other.startMs;
    // Of an entry that was not loaded the end is known, and a picture is shown up to there.
    return other.pictures?.instantsMs.at(-1) ?? other.endMs - 1;
  }
}

/** Index of the last value that is at most `limit`; -1 when there is none. */
function lastAtOrBefore(values: readonly number[], limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
