import type { ByteRange } from '../media/byte_range.ts';
import type { AudioTrack, VideoTrack } from '../media/track.ts';
import { initSegment } from '../mp4/init_segment.ts';
import { liveFragment, liveFragmentOfStored } from '../mp4/live_fragment.ts';
import { movieTrack } from '../mp4/movie_track.ts';
import type { Sample } from '../mp4/sample.ts';
import { type TrackTicks, trackTicks, type UnixMillis } from '../units/time.ts';
import { DurationGuess } from './duration_guess.ts';
import type { LiveFrame, LiveItem } from './live_item.ts';
import { isHeardLive, LiveSound } from './live_sound.ts';
import {
  type AudioSample,
  audioSample,
  audioTrackId,
  type UnfinishedFragment,
  type VideoSample,
  videoSample,
  videoTrackId,
} from './run_recorder.ts';
import type { StoredGroup } from './segment_writer.ts';

/** The live time line begins so many seconds before the run's, so that no time on it is negative. */
const leadSeconds = 1;
/** Sound that has not come for so long is no longer announced, since players wait for it. */
const audioSilenceMs = 2_000;
/** Sound that waits so long for a picture goes without one. */
const maxAudioWaitMs = 500;
/** Sound that waits to be placed on the time line, in frames. */
const maxUnplacedAudio = 512;
/** What may wait while the file is read, in bytes. */
const maxHeldBytes = 8 * 1024 * 1024;

/** What a live run needs of the run that it follows. */
export interface LiveRunOptions {
  /** What the session announced. Sound that browsers cannot play, not even as FLAC, is left out. */
  readonly audioTrack: AudioTrack | undefined;
  /** See `RunRecorder.audioLagTicks`. */
  readonly audioLagTicks: () => number | undefined;
  readonly release: (bytes: ByteRange) => void;
  readonly emit: (item: LiveItem) => void;
}

interface Announced {
  readonly video: VideoTrack;
  readonly audio: LiveSound | undefined;
}

/**
 * Makes live frames of the samples of one run, beside the recorder. A picture goes out when it is there, with a
 * duration that is guessed; as each fragment says its own time, the time line stays right.
 */
export class LiveRun {
  readonly #options: LiveRunOptions;
  readonly #sound: LiveSound | undefined;
  #guess: DurationGuess | undefined;
  #announced: Announced | undefined;
  #sequenceNumber = 0;
  #lastDecodeTicks: number | undefined;
  #firstArrivalMs: UnixMillis | undefined;
  #audioArrivalMs: number | undefined;
  /** Not placed yet; their bytes are held. */
  #unplaced: AudioSample[] = [];
  /** Placed, and waiting for the next picture; their bytes are held. */
  #audio: AudioSample[] = [];
  #lastAudioTicks = Number.NEGATIVE_INFINITY;
  /** What waits until the file is read; undefined when nothing waits. */
  #held: LiveFrame[] | undefined;

  constructor(options: LiveRunOptions) {
    this.#options = options;
    const { audioTrack } = options;
    this.#sound = audioTrack && isHeardLive(audioTrack) ? new LiveSound(audioTrack) : undefined;
  }

  /**
   * Begins in the midst of the run, at its newest key frame.
   *
   * @param stored reads what precedes the unfinished fragment; asked for only when that has no key frame
   */
  beginAt(unfinished: UnfinishedFragment, stored: () => Promise<StoredGroup | undefined>): void {
    const { track, newestVideoMs, newestAudioMs } = unfinished;
    this.#firstArrivalMs = unfinished.arrivalMs;
    this.#audioArrivalMs = newestAudioMs;
    this.#guess = new DurationGuess(track.timescale);
    for (const { duration } of unfinished.video) this.#guess.note(duration);
    this.#lastDecodeTicks = unfinished.video.at(-1)!.decodeTicks;
    this.#lastAudioTicks = unfinished.audio.at(-1)?.decodeTicks ?? Number.NEGATIVE_INFINITY;
    const announced = { video: track, audio: this.#audioAt(newestVideoMs) };
    this.#announced = announced;
    const key = unfinished.video.findLastIndex(({ keyFrame }) => keyFrame);
    if (key >= 0) this.#sayInit(announced);
    else this.#held = [];
    this.#emitFrame(this.#openFrame(unfinished, Math.max(0, key), announced));
    if (!this.#held) return;
    stored()
      .then((group) => this.#resume(announced, group))
      .catch(() => this.#waitForKeyFrame());
  }

  /** Takes the next picture in decode order; its bytes are copied at once. */
  picture(picture: VideoSample): void {
    this.#firstArrivalMs ??= picture.arrivalMs;
    this.#placeAudio();
    this.#guess ??= new DurationGuess(picture.track.timescale);
    if (this.#lastDecodeTicks !== undefined) this.#guess.note(picture.decodeTicks - this.#lastDecodeTicks);
    this.#lastDecodeTicks = picture.decodeTicks;
    if (picture.keyFrame) this.#keyFrame(picture);
    const announced = this.#announced;
    if (announced?.video !== picture.track) {
      // Its parameter sets are not those that were said: the next key frame brings them.
      this.#announced = undefined;
      return this.#releaseAudio();
    }
    const video = [videoSample(picture, this.#guess.ticks)];
    const bytes = this.#fragment(announced, picture.arrivalMs, video, this.#audioSamples());
    this.#releaseAudio();
    this.#emitFrame({ kind: 'frame', keyFrame: picture.keyFrame, pictures: 1, catchUp: false, bytes });
  }

  /** Takes the next sound, on the track's own time line. Its bytes stay the caller's: they are held here as well. */
  sound(frame: AudioSample): void {
    if (!this.#sound) return;
    this.#audioArrivalMs = frame.arrivalMs;
    frame.bytes.chunk.holders++;
    this.#unplaced.push(frame);
    if (this.#unplaced.length > maxUnplacedAudio) this.#options.release(this.#unplaced.shift()!.bytes);
    this.#placeAudio();
    const [first] = this.#audio;
    if (first && frame.arrivalMs - first.arrivalMs > maxAudioWaitMs) this.#soundAlone(first.arrivalMs);
  }

  /** The run is over, or nobody watches any more. */
  end(): void {
    this.#held = undefined;
    this.#announced = undefined;
    for (const { bytes } of this.#unplaced.splice(0)) this.#options.release(bytes);
    this.#releaseAudio();
  }

  /** Says anew what follows when it differs from what was said. */
  #keyFrame({ track, arrivalMs }: VideoSample): void {
    const announced = { video: track, audio: this.#audioAt(arrivalMs) };
    const before = this.#announced;
    if (before?.video === announced.video && before.audio === announced.audio && !this.#held) return;
    // What waits for the file is older than this key frame.
    this.#held = undefined;
    this.#announced = announced;
    this.#sayInit(announced);
  }

  #audioAt(nowMs: UnixMillis): LiveSound | undefined {
    const lastMs = this.#audioArrivalMs ?? this.#firstArrivalMs!;
    return nowMs - lastMs < audioSilenceMs ? this.#sound : undefined;
  }

  #sayInit({ video, audio }: Announced): void {
    const tracks = [movieTrack(videoTrackId, video), ...(audio ? [audio.movieTrack(audioTrackId)] : [])];
    const codecs = [video, ...(audio ? [audio] : [])].map(({ codecString }) => codecString).join(', ');
    this.#options.emit({
      kind: 'init',
      mimeType: `video/mp4; codecs="${codecs}"`,
      width: video.width,
      height: video.height,
      hasAudio: audio !== undefined,
      bytes: new Uint8Array(initSegment(tracks)),
    });
  }

  #emitFrame(frame: LiveFrame): void {
    if (!this.#held) return this.#options.emit(frame);
    this.#held.push(frame);
    const heldBytes = this.#held.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (heldBytes > maxHeldBytes) this.#waitForKeyFrame();
  }

  #waitForKeyFrame(): void {
    this.#held = undefined;
    this.#announced = undefined;
  }

  /** The file was read: all that waited for it goes out behind what it had. */
  #resume(announced: Announced, group: StoredGroup | undefined): void {
    const held = this.#held;
    if (!held) return;
    this.#waitForKeyFrame();
    const stored = group && storedFrames(group, announced);
    if (!stored) return;
    this.#announced = announced;
    this.#sayInit(announced);
    for (const frame of [...stored, ...held]) this.#options.emit(frame);
  }

  #openFrame(unfinished: UnfinishedFragment, key: number, announced: Announced): LiveFrame {
    const video = unfinished.video.slice(key);
    const bytes = this.#fragment(announced, unfinished.arrivalMs, video, unfinished.audio);
    return { kind: 'frame', keyFrame: video[0]!.keyFrame, pictures: video.length, catchUp: true, bytes };
  }

  #placeAudio(): void {
    const lagTicks = this.#options.audioLagTicks();
    if (lagTicks === undefined || !this.#sound) return;
    for (const frame of this.#unplaced.splice(0)) {
      const ticks = trackTicks(frame.ticks + lagTicks);
      const hasPlace = ticks > this.#lastAudioTicks && ticks >= liveZero(this.#sound.track.timescale);
      if (!hasPlace || !this.#announced?.audio) {
        this.#options.release(frame.bytes);
        continue;
      }
      this.#lastAudioTicks = ticks;
      this.#audio.push({ ...frame, ticks });
    }
  }

  #soundAlone(arrivalMs: UnixMillis): void {
    const announced = this.#announced!;
    const bytes = this.#fragment(announced, arrivalMs, [], this.#audioSamples());
    this.#releaseAudio();
    this.#emitFrame({ kind: 'frame', keyFrame: false, pictures: 0, catchUp: false, bytes });
  }

  /** Each sound lasts until the next; the newest as long as its frame does. */
  #audioSamples(): Sample[] {
    return this.#audio.map((frame, index) => {
      const next = this.#audio[index + 1];
      return audioSample(frame, next ? next.ticks - frame.ticks : frame.frameTicks);
    });
  }

  #releaseAudio(): void {
    for (const { bytes } of this.#audio.splice(0)) this.#options.release(bytes);
  }

  #fragment(
    { video, audio }: Announced,
    arrivalMs: UnixMillis,
    pictures: readonly Sample[],
    sounds: readonly Sample[],
  ): Uint8Array<ArrayBuffer> {
    const trackOf = (trackId: number, timescale: number, samples: readonly Sample[]) => ({
      trackId,
      offsetTicks: liveZero(timescale),
      timescale,
      samples,
    });
    const tracks = [trackOf(videoTrackId, video.timescale, pictures)];
    if (audio) {
      const { timescale } = audio.track;
      const heard = sounds.flatMap((sound) => audio.converted(sound, liveZero(timescale)));
      tracks.push(trackOf(audioTrackId, timescale, heard));
    }
    return liveFragment({
      sequenceNumber: ++this.#sequenceNumber,
      arrivalMs,
      tracks,
    });
  }
}

/** Where the zero of the live time line lies on the run's, in ticks of a track. */
const liveZero = (timescale: number): TrackTicks => trackTicks(-leadSeconds * timescale);

/** What was read of the file, on the live time line, without sound that is sent in another form; undefined when it cannot be used. */
function storedFrames(group: StoredGroup, { video, audio }: Announced): LiveFrame[] | undefined {
  const timescales = new Map([[videoTrackId, video.timescale]]);
  if (audio && !audio.isConverted) timescales.set(audioTrackId, audio.track.timescale);
  const offsets = new Map<number, TrackTicks>();
  for (const { trackId, offsetTicks } of group.tracks) {
    const timescale = timescales.get(trackId);
    if (timescale !== undefined) offsets.set(trackId, trackTicks(offsetTicks - liveZero(timescale)));
  }
  try {
    return group.fragments.map((fragment, index) => ({
      kind: 'frame',
      keyFrame: index === 0,
      pictures: 1,
      catchUp: true,
      bytes: liveFragmentOfStored(fragment, offsets),
    }));
  } catch {
    return undefined;
  }
}
