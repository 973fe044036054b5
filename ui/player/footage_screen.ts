/**
 * Recorded footage on a video element: lists, loads and buffers what the playhead needs, and says of each picture shown
 * which instant it is of. The shell around {@link FootageTape}; Media Source Extensions.
 */
import { backoffMs } from '../api/backoff.ts';
import { apiPath } from '../api/client.ts';
import { problemOf, RequestProblem, unreachable } from '../api/problem.ts';
import { serverNowMs } from '../api/updates.ts';
import { message } from '../messages/message.ts';
import { FootageTape, type TapeEntry } from './footage_tape.ts';
import { type InitFacts, readInit, readPictureTimes } from './fragment_times.ts';
import { parsePlaylist } from './media_playlist.ts';
import type { RecordedStretch, Screen } from './playback.ts';

/** One list tells of so much time. */
const listMs = 5 * 60_000;
/** A list begins so much before the instant, so that single steps back need no other. */
const beforeMs = 10_000;
/** Media are loaded so far ahead at life speed; more at higher speeds, up to a bound. */
const aheadMs = 20_000;
/** Until the picture that was asked for is there, no more than a seek needs is loaded behind it, for a while. */
const aheadOfTargetMs = 2_000;
const targetPatienceMs = 1_000;
/** What was asked for may need what lies so long before it. */
const neededMs = 40_000;
const maxAheadMs = 120_000;
/** What was played is kept so long for steps and seeks back. */
const behindMs = 30_000;
/** Media time begins so long before the first instant: seeks back stay above 0. */
const originMarginMs = 90 * 86_400_000;
/** A growing list is asked for again so often while the playhead is at its end. */
const presentPollMs = 1_500;
/** When nothing comes for so long at the present, something may be wrong. */
const presentPatienceMs = 4_000;
/** Of media time, longer than any footage is. */
const endlessSeconds = 2 * (originMarginMs / 1000) + 86_400 * 365;
/** So near to the end of what is buffered the browser wants more sound than there is before a seek is over. */
const soundAheadSeconds = 0.5;
/** A codec string that the browser cannot play is told apart from a fault. */
export class CodecProblem extends Error {
  readonly codecs: readonly string[];
  constructor(codecs: readonly string[]) {
    super(message('player.codec', { codecs: codecs.join(', ') }));
    this.codecs = codecs;
  }
}

/** Whether the browser hears what the server gives as FLAC because no browser plays it as recorded. */
const playsFlac = (): boolean => MediaSource.isTypeSupported('audio/mp4; codecs="flac"');

const mimeTypeOf = (codecs: readonly string[]): string => `video/mp4; codecs="${codecs.join(', ')}"`;

export interface ScreenListener {
  pictureShown(ms: number): void;
  stretchEnded(endMs: number, nextMs?: number): void;
  nothingAt(ms: number, stretch: { readonly startMs: number; readonly endMs: number | undefined }): void;
  failed(problem: { readonly detail: string; readonly advice: string }): void;
  /** The browser has no decoder for the stream. */
  codecUnplayable(codecs: readonly string[]): void;
  /** The server does not convert the stream, and why. */
  conversionRefused(reason: string): void;
}

interface Loader {
  readonly source: MediaSource;
  readonly url: string;
  /** Made with the first header. */
  buffer: SourceBuffer | undefined;
  initUrl: string | undefined;
  /** What the buffer was given last. */
  appended: TapeEntry | undefined;
  tape: FootageTape;
  readonly gone: AbortController;
}

export class FootageScreen implements Screen {
  readonly #video: HTMLVideoElement;
  readonly #address: { readonly cameraId: string; readonly stream: string };
  readonly #listener: ScreenListener;
  readonly #inits = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; readonly facts: InitFacts }>();
  #loader: Loader | undefined;
  #tracks: 'all' | 'video' = 'all';
  #keysOnly = false;
  /** The server makes H.264 of the pictures. */
  #converted = false;
  /** The instant asked for that is not on the screen yet. */
  #target: number | undefined;
  /** When that was. */
  #askedForMs = 0;
  /** The stretch that it is in: beyond its end nothing is listed. */
  #stretch: RecordedStretch | undefined;
  #shownMs = Number.NaN;
  #speed: number | undefined;
  #pumping = false;
  /** What is on its way from the server. */
  #loading: { readonly entry: TapeEntry; readonly passed: AbortController } | undefined;
  #again = false;
  #presentSince: number | undefined;
  #failures = 0;
  #frame = 0;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #ended = new AbortController();

  constructor(
    video: HTMLVideoElement,
    address: { cameraId: string; stream: string },
    listener: ScreenListener,
  ) {
    this.#video = video;
    this.#address = address;
    this.#listener = listener;
    this.#timer = setInterval(() => this.#watch(), 100);
    const { signal } = this.#ended;
    video.addEventListener('waiting', () => this.#watch(), { signal });
    video.addEventListener('error', () => this.#decodingFailed(), { signal });
    this.#followPictures();
  }

  show(ms: number, within: RecordedStretch, keysOnly = false): void {
    // A buffer that had sound goes on with sound or not at all.
    if (keysOnly !== this.#keysOnly) this.#drop();
    this.#keysOnly = keysOnly;
    this.#target = ms;
    this.#askedForMs = performance.now();
    this.#stretch = within;
    this.#presentSince = undefined;
    const loader = this.#loaderFor(ms);
    const seconds = loader.tape.secondsAt(ms);
    this.#passOver(ms);
    if (seconds !== undefined) this.#goTo(seconds);
    else this.#video.pause();
    this.#pump();
  }

  /** Lets go of what is on its way for another instant. */
  #passOver(ms: number): void {
    if (!this.#loading) return;
    const { entry, passed } = this.#loading;
    if (entry.startMs > ms + aheadOfTargetMs || entry.endMs < ms - neededMs) passed.abort();
  }

  /** From now on pictures are asked for that the server converts. */
  convert(): void {
    this.#converted = true;
    this.#drop();
  }

  run(speed: number, keysOnly = false): void {
    this.#speed = speed;
    // A new source begins at the default.
    this.#video.defaultPlaybackRate = speed;
    this.#video.playbackRate = speed;
    if (keysOnly !== this.#keysOnly && this.#stretch) this.show(this.#positionMs(), this.#stretch, keysOnly);
    this.#play();
    this.#pump();
  }

  hold(): void {
    this.#speed = undefined;
    this.#video.pause();
  }

  neighbour(ms: number, direction: -1 | 1): number | undefined {
    return this.#loader?.tape.neighbour(ms, direction);
  }

  blank(): void {
    this.hold();
    this.#drop();
  }

  /** Something was added to the footage: looked for now instead of at the next turn. */
  footageGrew(): void {
    if (this.#loader?.tape.growing) this.#pump();
  }

  /** Gives the video element back. */
  end(): void {
    this.blank();
    clearInterval(this.#timer);
    this.#ended.abort();
    this.#video.cancelVideoFrameCallback(this.#frame);
  }

  #followPictures(): void {
    this.#frame = this.#video.requestVideoFrameCallback((_, { mediaTime }) => {
      this.#pictureAt(mediaTime);
      this.#followPictures();
    });
  }

  #pictureAt(seconds: number): void {
    const ms = this.#loader?.tape.instantAt(seconds);
    if (ms === undefined) return;
    if (this.#target !== undefined) {
      const wanted = this.#loader?.tape.secondsAt(this.#target);
      // A picture that was on its way before the seek.
      if (wanted === undefined || this.#loader?.tape.instantAt(wanted) !== ms) return;
      this.#target = undefined;
      this.#pump();
    }
    this.#failures = 0;
    this.#shownMs = ms;
    this.#listener.pictureShown(ms);
  }

  #goTo(seconds: number): void {
    this.#video.currentTime = seconds;
    if (this.#speed !== undefined) this.#play();
    // The same picture again is not presented anew.
    const ms = this.#target;
    if (ms === undefined || this.#video.seeking === false) return;
    this.#video.addEventListener(
      'seeked',
      () => {
        const same = this.#target === ms && this.#loader?.tape.secondsAt(ms) === seconds;
        if (same) setTimeout(() => this.#target === ms && this.#pictureAt(seconds), 60);
      },
      { once: true },
    );
  }

  #play(): void {
    const { tape } = this.#loader ?? {};
    if (this.#target !== undefined && tape?.secondsAt(this.#target) === undefined) return;
    if (this.#video.paused) this.#video.play().catch(() => undefined);
  }

  /** Where the playhead is, on the wall clock. */
  #positionMs(): number {
    if (this.#target !== undefined) return this.#target;
    return this.#loader?.tape.instantAt(this.#video.currentTime) ?? this.#shownMs;
  }

  /** The loader whose tape reaches to the instant without a hole in what is listed; else a new tape. */
  #loaderFor(ms: number): Loader {
    const loader = this.#loader;
    if (loader && ms > loader.tape.originMs && loader.source.readyState !== 'closed') {
      const { tape } = loader;
      const near = ms >= tape.fromMs - listMs && ms < tape.toMs + listMs;
      if (near || tape.lists(ms)) return loader;
      this.#video.pause();
      loader.tape = new FootageTape(tape.originMs, ms - beforeMs);
      return loader;
    }
    this.#drop();
    const source = new MediaSource();
    const url = URL.createObjectURL(source);
    const tape = new FootageTape(ms - originMarginMs, ms - beforeMs);
    const empty = { buffer: undefined, initUrl: undefined, appended: undefined };
    this.#loader = { source, url, ...empty, tape, gone: new AbortController() };
    source.addEventListener('sourceopen', () => this.#pump(), { once: true });
    this.#video.src = url;
    return this.#loader;
  }

  #drop(): void {
    const loader = this.#loader;
    if (!loader) return;
    this.#loader = undefined;
    loader.gone.abort();
    this.#video.removeAttribute('src');
    this.#video.load();
    URL.revokeObjectURL(loader.url);
  }

  /** One at a time: lists, loads and buffers until there is enough. */
  #pump(): void {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#pumpAll().finally(() => {
      this.#pumping = false;
    });
  }

  async #pumpAll(): Promise<void> {
    while (this.#again && !this.#ended.signal.aborted) {
      this.#again = false;
      const loader = this.#loader;
      if (!loader || loader.source.readyState === 'closed') return;
      try {
        if (await this.#advance(loader)) this.#again = true;
      } catch (thrown) {
        if (loader.gone.signal.aborted) {
          this.#again = true;
          continue;
        }
        if (!(await this.#survives(thrown))) return;
      }
    }
  }

  /** Does the next thing that the playhead needs. False when there is nothing to do. */
  async #advance(loader: Loader): Promise<boolean> {
    const { tape } = loader;
    const atMs = this.#positionMs();
    const isSeeking = this.#target !== undefined && performance.now() - this.#askedForMs < targetPatienceMs;
    const speed = Math.max(1, this.#speed ?? 1);
    const ahead = Math.min(maxAheadMs, (isSeeking ? aheadOfTargetMs : aheadMs) * speed);
    if (!tape.lists(atMs) && atMs < tape.fromMs)
      return this.#list(loader, Math.min(tape.fromMs - listMs, atMs - beforeMs), tape.fromMs);
    const entry = this.#nextToLoad(tape, atMs, atMs + ahead);
    if (entry) {
      await this.#load(loader, entry, atMs);
      return true;
    }
    if (tape.toMs >= atMs + ahead || (tape.growing && !this.#mayAsk())) return false;
    if (this.#stretch && tape.tellsRest(this.#stretch, atMs)) return false;
    return this.#list(loader, tape.toMs, Math.max(tape.toMs, atMs) + listMs);
  }

  get #askedTracks() {
    if (this.#converted) return { tracks: 'h264' };
    const tracks = this.#keysOnly ? 'key' : this.#tracks;
    return { ...(tracks !== 'all' && { tracks }), ...(playsFlac() && { audio: 'flac' }) };
  }

  #askedMs = 0;

  #mayAsk(): boolean {
    return performance.now() - this.#askedMs >= presentPollMs;
  }

  #nextToLoad(tape: FootageTape, fromMs: number, toMs: number): TapeEntry | undefined {
    let first = tape.entries.findIndex(({ endMs }) => endMs > fromMs);
    if (first < 0) return undefined;
    while (tape.neededBefore(tape.entries[first]!)) first--;
    return tape.entries.slice(first).find(({ loaded, startMs }) => !loaded && startMs < toMs);
  }

  async #list(loader: Loader, fromMs: number, toMs: number): Promise<boolean> {
    const { cameraId, stream } = this.#address;
    this.#askedMs = performance.now();
    const path = apiPath(`/cameras/${encodeURIComponent(cameraId)}/playlist.m3u8`, {
      stream,
      from: Math.round(fromMs),
      to: Math.round(toMs),
      ...this.#askedTracks,
    });
    const before = loader.tape.toMs;
    const { tape } = loader;
    const response = await this.#fetch(loader.gone.signal, path).catch((thrown: unknown) => {
      if (thrown instanceof RequestProblem && thrown.code === 'no_footage') return undefined;
      throw thrown;
    });
    const list = response
      ? parsePlaylist(await response.text(), new URL(path, location.href).href)
      : { entries: [], growing: toMs > serverNowMs() };
    if (tape !== loader.tape) return true;
    tape.add(list, fromMs, toMs);
    return tape.toMs > before || fromMs < before;
  }

  async #load(loader: Loader, entry: TapeEntry, atMs: number): Promise<void> {
    const { tape } = loader;
    const init = await this.#init(loader, entry.initUrl);
    const bytes = await this.#fetchMedia(loader, entry);
    if (!bytes || tape !== loader.tape || loader !== this.#loader) return;
    const times = readPictureTimes(bytes, init.facts.video);
    const buffer = await this.#bufferFor(loader, entry.initUrl, init);
    const offset = tape.place(entry, times, init.facts.video);
    const needed = tape.neededBefore(entry);
    if (needed && loader.appended !== needed) {
      // Media Source drops what does not follow right on its key frame: all is given again, from there.
      needed.loaded = false;
      return;
    }
    await this.#makeRoom(loader, buffer, atMs);
    if (Math.abs(buffer.timestampOffset - offset) > 1e-7) buffer.timestampOffset = offset;
    await settled(buffer, () => buffer.appendBuffer(bytes));
    // It was cut short where a seek was to end.
    if (loader.source.duration < endlessSeconds) loader.source.duration = endlessSeconds;
    if (tape !== loader.tape) return;
    entry.loaded = true;
    loader.appended = entry;
    const wanted = this.#target === undefined ? undefined : tape.secondsAt(this.#target);
    if (wanted !== undefined && Math.abs(this.#video.currentTime - wanted) > 1e-6) this.#goTo(wanted);
  }

  /** Undefined when it is not wanted any more. */
  async #fetchMedia(loader: Loader, entry: TapeEntry): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const passed = new AbortController();
    this.#loading = { entry, passed };
    const signal = AbortSignal.any([loader.gone.signal, passed.signal]);
    try {
      return new Uint8Array(await (await this.#fetch(signal, entry.url)).arrayBuffer());
    } catch (thrown) {
      if (passed.signal.aborted) return undefined;
      throw thrown;
    } finally {
      this.#loading = undefined;
    }
  }

  async #init(loader: Loader, url: string) {
    const known = this.#inits.get(url);
    if (known) return known;
    const bytes = new Uint8Array(await (await this.#fetch(loader.gone.signal, url)).arrayBuffer());
    const init = { bytes, facts: readInit(bytes) };
    if (this.#inits.size > 50) this.#inits.clear();
    this.#inits.set(url, init);
    return init;
  }

  async #bufferFor(
    loader: Loader,
    url: string,
    { bytes, facts }: { bytes: Uint8Array<ArrayBuffer>; facts: InitFacts },
  ): Promise<SourceBuffer> {
    const type = mimeTypeOf(facts.codecs);
    if (!MediaSource.isTypeSupported(type)) throw new CodecProblem(facts.codecs);
    if (!loader.buffer) {
      loader.buffer = loader.source.addSourceBuffer(type);
      loader.source.duration = endlessSeconds;
    } else if (loader.initUrl !== url) loader.buffer.changeType(type);
    if (loader.initUrl !== url) {
      const { buffer } = loader;
      await settled(buffer, () => buffer.appendBuffer(bytes));
      loader.initUrl = url;
    }
    return loader.buffer;
  }

  /** Removes what is far from the playhead. */
  async #makeRoom({ tape }: Loader, buffer: SourceBuffer, atMs: number): Promise<void> {
    const at = (atMs - tape.originMs) / 1000;
    // The browser also removes all that needs what is removed, up to the next key frame.
    const keepFrom = tape.keyFrameSecondsBefore(at - behindMs / 1000);
    const keepTo = at + (2 * maxAheadMs) / 1000;
    for (let index = buffer.buffered.length - 1; index >= 0; index--) {
      const [start, end] = [buffer.buffered.start(index), buffer.buffered.end(index)];
      // Not for every second: each removal costs.
      if (start < keepFrom - 10) await this.#remove(tape, buffer, start, Math.min(end, keepFrom));
      else if (end > keepTo) await this.#remove(tape, buffer, Math.max(start, keepTo), end);
    }
  }

  async #remove(
    tape: FootageTape,
    buffer: SourceBuffer,
    fromSeconds: number,
    toSeconds: number,
  ): Promise<void> {
    if (toSeconds <= fromSeconds) return;
    for (const entry of tape.entries) {
      if (!entry.pictures) continue;
      const { seconds, endSeconds } = entry.pictures;
      if (seconds[0]! < toSeconds && endSeconds > fromSeconds) entry.loaded = false;
    }
    await settled(buffer, () => buffer.remove(fromSeconds, toSeconds));
  }

  async #fetch(signal: AbortSignal, url: string): Promise<Response> {
    const response = await fetch(url, { signal }).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw Object.assign(unreachable(), { cause });
    });
    if (response.ok) return response;
    throw problemOf(response.status, await response.json().catch(() => undefined));
  }

  /** True when it is worth trying again, after a while. */
  async #survives(thrown: unknown): Promise<boolean> {
    if (thrown instanceof CodecProblem && this.#goesWithoutSound(thrown.codecs)) return true;
    if (thrown instanceof CodecProblem) {
      this.#listener.codecUnplayable(thrown.codecs);
      return false;
    }
    const isRefused =
      thrown instanceof RequestProblem &&
      (thrown.code === 'conversion_off' || thrown.code === 'ffmpeg_missing');
    if (isRefused) {
      this.#listener.conversionRefused(`${thrown.detail} ${thrown.advice}`);
      return false;
    }
    const loader = this.#loader;
    if (
      loader &&
      thrown instanceof RequestProblem &&
      (thrown.code === 'not_found' || thrown.code === 'no_footage')
    ) {
      // What was listed is deleted meanwhile.
      this.#listAnew(loader);
    }
    if (++this.#failures > 3) {
      const known = thrown instanceof RequestProblem ? thrown : undefined;
      this.#listener.failed({
        detail: known?.detail ?? message('player.broken', { reason: `${(thrown as Error).message}` }),
        advice: known?.advice ?? message('player.broken.advice'),
      });
      this.#failures = 0;
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, backoffMs(this.#failures - 1)));
    this.#again = true;
    return true;
  }

  /** Sound without a decoder in the browser costs the picture nothing: from now on pictures alone are asked for. */
  #goesWithoutSound(codecs: readonly string[]): boolean {
    if (this.#tracks === 'video' || codecs.length < 2 || !this.#loader) return false;
    if (!MediaSource.isTypeSupported(mimeTypeOf(codecs.slice(0, 1)))) return false;
    this.#tracks = 'video';
    this.#listAnew(this.#loader);
    this.#again = true;
    return true;
  }

  #listAnew(loader: Loader): void {
    loader.tape = new FootageTape(loader.tape.originMs, this.#positionMs() - beforeMs);
  }

  #decodingFailed(): void {
    const reason = this.#video.error?.message || message('player.decode');
    if (!this.#loader || !this.#video.error) return;
    const atMs = this.#positionMs();
    this.#drop();
    if (++this.#failures > 2) {
      this.#failures = 0;
      this.#listener.failed({
        detail: message('player.broken', { reason }),
        advice: message('player.broken.advice'),
      });
    } else if (!Number.isNaN(atMs) && this.#stretch) this.show(atMs, this.#stretch);
  }

  /** Tells the end of a stretch from waiting for media. */
  #watch(): void {
    const loader = this.#loader;
    if (!loader) return;
    if (this.#speed !== undefined || this.#target !== undefined) this.#pump();
    if (this.#target !== undefined) return this.#watchTarget(loader, this.#target);
    if (this.#speed === undefined) return this.#watchSeek(loader);
    const { tape } = loader;
    const entry =
      tape.entryAt(this.#positionMs()) ?? tape.entries.findLast(({ startMs }) => startMs <= this.#shownMs);
    if (!entry?.loaded) return;
    if (this.#video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA && !this.#isAtEnd(entry)) {
      this.#presentSince = undefined;
      return;
    }
    const following = tape.following(entry);
    const isLast = this.#stretch && tape.tellsRest(this.#stretch, entry.startMs);
    if (following.kind === 'unlisted' && isLast) this.#listener.stretchEnded(entry.endMs);
    else if (following.kind === 'break') this.#listener.stretchEnded(entry.endMs, following.nextMs);
    else if (following.kind === 'present') {
      this.#presentSince ??= performance.now();
      if (performance.now() - this.#presentSince < presentPatienceMs) return;
      this.#presentSince = undefined;
      this.#listener.stretchEnded(entry.endMs);
    } else if (following.kind === 'goes_on' && following.entry.loaded) this.#hop(following.entry);
  }

  /**
   * At the end of a stretch with sound the picture is there, but the browser waits for sound to come, and gives the picture to
   * nobody: it is told that none will.
   */
  #watchSeek(loader: Loader): void {
    const { buffer, source, tape } = loader;
    const { seeking, readyState, currentTime } = this.#video;
    if (!seeking || readyState >= HTMLMediaElement.HAVE_CURRENT_DATA || this.#pumping) return;
    if (!buffer || source.readyState !== 'open') return;
    const { buffered } = buffer;
    const ends = Array.from({ length: buffered.length }, (_, index) => buffered.end(index));
    const end = ends.find((each) => each > currentTime);
    if (end === undefined || end - currentTime > soundAheadSeconds) return;
    this.#pumping = true;
    void this.#remove(tape, buffer, end, Math.max(...ends))
      .then(() => source.endOfStream())
      // Another source has taken its place.
      .catch(() => undefined)
      .finally(() => {
        this.#pumping = false;
        if (this.#again) this.#pump();
      });
  }

  /** The instant that is waited for may be in no list: footage that was deleted, or that is not listed yet. */
  #watchTarget({ tape }: Loader, target: number): void {
    if (tape.lists(target) && !tape.entryAt(target)) this.#listener.nothingAt(target, tape.holeAt(target));
  }

  #isAtEnd({ pictures }: TapeEntry): boolean {
    return pictures !== undefined && this.#video.currentTime >= pictures.endSeconds - 1e-4;
  }

  /** Over a hole that is too short for a gap, at which the browser stalls all the same. */
  #hop(entry: TapeEntry): void {
    const first = entry.pictures?.seconds[0];
    const ahead = first !== undefined && first > this.#video.currentTime;
    if (ahead && this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA)
      this.#video.currentTime = first + 0.0005;
  }
}

/** Does something with a buffer and waits until it is done. */
function settled(buffer: SourceBuffer, action: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = new AbortController();
    const finish = (how: () => void) => () => {
      done.abort();
      how();
    };
    buffer.addEventListener('updateend', finish(resolve), { signal: done.signal });
    buffer.addEventListener(
      'error',
      finish(() => reject(new Error(message('player.decode')))),
      { signal: done.signal },
    );
    try {
      action();
    } catch (thrown) {
      done.abort();
      reject(thrown);
    }
  });
}
