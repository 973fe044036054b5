import type { ActivityLevel } from '../footage/activity.ts';
import type { FragmentDamage, LossCounts } from '../footage/damaged_range.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import {
  advanceRunClock,
  isTornApart,
  type RunClock,
  runsAhead,
  settleRunClock,
  wallTime,
} from '../footage/run_clock.ts';
import type { ByteRange } from '../media/byte_range.ts';
import type { AudioTrack, VideoTrack } from '../media/track.ts';
import type { Sample } from '../mp4/sample.ts';
import { rescale, type TrackTicks, ticksToMillis, trackTicks, type UnixMillis } from '../units/time.ts';
import type { ActivityMeter } from './activity_meter.ts';
import { AudioDrift } from './audio_drift.ts';
import { DamageLog } from './damage_log.ts';
import { decideCut, firstSegmentMs } from './rotation.ts';
import { audioLagMs } from './track_alignment.ts';

export const videoTrackId = 1;
export const audioTrackId = 2;

/** Audio frames kept until the first fragment tells how audio and video lie to each other. */
const maxWaitingAudio = 512;

export interface VideoSample {
  readonly bytes: ByteRange;
  readonly decodeTicks: TrackTicks;
  readonly presentationTicks: TrackTicks;
  readonly keyFrame: boolean;
  readonly arrivalMs: UnixMillis;
  readonly track: VideoTrack;
}

export interface AudioSample {
  readonly bytes: ByteRange;
  /** On the audio track's own time line, which begins at 0 with its first frame. */
  readonly ticks: TrackTicks;
  /** Nominal duration. */
  readonly frameTicks: number;
  readonly arrivalMs: UnixMillis;
}

export interface PlannedTrack {
  readonly trackId: number;
  readonly track: VideoTrack | AudioTrack;
  /** Where the file's zero lies on the run's time line, in this track's ticks. */
  readonly offsetTicks: TrackTicks;
}

export interface PlannedFragment {
  readonly kind: 'fragment';
  /** In the first fragment of a segment: what its header says. */
  readonly header?: { readonly tracks: readonly PlannedTrack[]; readonly runClock: RunClock | undefined };
  /** From 1 within the segment. */
  readonly sequenceNumber: number;
  readonly arrivalMs: UnixMillis;
  readonly tracks: readonly {
    readonly trackId: number;
    readonly offsetTicks: TrackTicks;
    readonly timescale: number;
    readonly samples: readonly Sample[];
  }[];
  readonly startMs: UnixMillis;
  /** What was lost on its way. */
  readonly damage: readonly FragmentDamage[];
  /** Of its pictures, where that can be told. */
  readonly activity: ActivityLevel | undefined;
  /** By how much the segment's earlier fragments move, while the start of the run is provisional: 0 or less. */
  readonly shiftMs: number;
}

/** The fragment that is being filled, as if it ended now. */
export interface UnfinishedFragment {
  readonly track: VideoTrack;
  /** Of the first picture. */
  readonly arrivalMs: UnixMillis;
  /** At least one picture; the newest of each track has the last known duration. */
  readonly video: readonly Sample[];
  readonly audio: readonly Sample[];
  readonly newestVideoMs: UnixMillis;
  /** When the newest sound arrived, if any did in this run. */
  readonly newestAudioMs: UnixMillis | undefined;
}

/** What the writer must do, in order. */
export type RecorderStep =
  | {
      readonly kind: 'open';
      readonly segmentNumber: number;
      readonly provisionalStartMs: UnixMillis;
      /** When the segment after it will probably begin: its row is committed ahead of its turn. */
      readonly nextStartMs: UnixMillis;
    }
  | PlannedFragment
  | {
      readonly kind: 'close';
      readonly endMs: UnixMillis;
      /** The run goes on, but not at once: why there is no footage from `endMs` to the next segment. */
      readonly hole?: GapCause;
    };

/** With what was lost right before it. */
interface HeardAudio extends AudioSample {
  readonly lostBefore: LossCounts | undefined;
}

interface OpenFragment {
  readonly first: VideoSample;
  readonly startMs: UnixMillis;
  readonly shiftMs: number;
  readonly clockBefore: RunClock | undefined;
}

interface OpenSegmentState {
  readonly number: number;
  readonly videoTrack: VideoTrack;
  readonly firstMediaMs: number;
  readonly targetMs: number;
  tracks: readonly PlannedTrack[] | undefined;
  fragments: number;
  bytes: number;
  /** Presentation time of the picture that is shown last so far. */
  latestTicks: number;
}

/**
 * Turns the samples of one run into fragments and segments. Pure: samples in, steps for the writer out.
 *
 * A sample's duration is known when the next one comes, so the newest sample of each track is held back.
 */
export class RunRecorder {
  readonly #segmentMs: number;
  readonly #streamId: string;
  #audioTrack: AudioTrack | undefined;
  #nextAudioTrack: AudioTrack | undefined;
  readonly #emit: (step: RecorderStep) => void;
  readonly #drop: (bytes: ByteRange) => void;

  #clock: RunClock | undefined;
  #ended = false;
  #segment: OpenSegmentState | undefined;
  #nextSegmentNumber = 0;
  #fragment: OpenFragment | undefined;
  #video: Sample[] = [];
  #heldVideo: VideoSample | undefined;
  #lastVideoTicks: number;

  #audio: Sample[] = [];
  #heldAudio: AudioSample | undefined;
  #waitingAudio: HeardAudio[] = [];
  #audioLagTicks: number | undefined;
  #audioDrift = new AudioDrift();
  #leastVideoOffsetMs = Number.POSITIVE_INFINITY;
  #leastAudioOffsetMs = Number.POSITIVE_INFINITY;
  readonly #damage = new DamageLog();
  readonly #activity: ActivityMeter;
  readonly #reportOffsetMs: { video?: number; audio?: number } = {};

  /** Samples that could not be placed and were left out; each is a fault of the camera. */
  droppedSamples = 0;

  /**
   * @param drop takes back the bytes of samples that no fragment will carry
   * @param activity knows what is usual for the stream
   * @param audioTrack what the session announced, if it has audio: it stands in every segment's header
   */
  constructor(options: {
    streamId: string;
    segmentMs: number;
    audioTrack: AudioTrack | undefined;
    activity: ActivityMeter;
    emit: (step: RecorderStep) => void;
    drop: (bytes: ByteRange) => void;
  }) {
    this.#streamId = options.streamId;
    this.#segmentMs = options.segmentMs;
    this.#audioTrack = options.audioTrack;
    this.#activity = options.activity;
    this.#emit = options.emit;
    this.#drop = options.drop;
    this.#lastVideoTicks = 0;
  }

  /** What sound is taken of: that of the header of the segment which is open. */
  get audioTrack(): AudioTrack | undefined {
    return this.#audioTrack;
  }

  /**
   * The camera sends sound of another track: the next key frame begins a segment with it. Until then there is no place
   * for such sound.
   */
  changeAudioTrack(track: AudioTrack): void {
    if (this.#segment) this.#nextAudioTrack = track;
    else this.#audioTrack = track;
  }

  /** How many audio ticks later the audio's zero lies than the video's now; undefined until that is known. */
  get audioLagTicks(): number | undefined {
    if (this.#audioLagTicks === undefined) return undefined;
    const bentTicks = (this.#audioDrift.correctionMs * this.#audioTrack!.timescale) / 1000;
    return this.#audioLagTicks + Math.round(bentTicks);
  }

  /** What was taken and is in no fragment yet; undefined before the run begins and after its end. */
  get unfinished(): UnfinishedFragment | undefined {
    const picture = this.#heldVideo;
    const sound = this.#heldAudio;
    if (!picture || !this.#fragment) return undefined;
    const duration = this.#lastVideoTicks || Math.round(picture.track.timescale / 25);
    return {
      track: picture.track,
      arrivalMs: this.#fragment.first.arrivalMs,
      video: [...this.#video, videoSample(picture, duration)],
      audio: sound ? [...this.#audio, audioSample(sound, sound.frameTicks)] : this.#audio,
      newestVideoMs: picture.arrivalMs,
      newestAudioMs: sound?.arrivalMs,
    };
  }

  get hasBegun(): boolean {
    return this.#segment !== undefined;
  }

  /**
   * Takes the next picture in decode order. The first one must be a key frame.
   *
   * @param hole why pictures are missing before it: then the segment ends with the one before, which lasts as long as
   *   is known of others, and this one begins another
   * @returns false, and leaves the picture to the caller, when the run's time line has come apart from the wall
   *   clock: the caller ends this run and begins another
   */
  video(picture: VideoSample, hole?: GapCause): boolean {
    if (this.#ended) {
      this.#dropSample(picture.bytes);
      return true;
    }
    const segment = this.#segment;
    if (!segment) {
      this.#noteVideoArrival(picture);
      this.#openSegment(picture);
      this.#beginFragment(picture);
      this.#heldVideo = picture;
      return true;
    }
    const cut = hole ? 'segment' : this.#cutBefore(picture, segment);
    if (hole && this.#clock && runsAhead(this.#clock, arrivalPoint(picture))) return false;
    if (cut !== 'none' && isTornApart(this.#clockAt(picture))) return false;
    this.#noteVideoArrival(picture);
    this.#noteDamageBefore(picture);
    const endTicks = hole ? this.#releaseLastVideo(segment) : undefined;
    if (!hole) this.#releaseHeldVideo(picture.decodeTicks - this.#heldVideo!.decodeTicks);
    if (cut === 'segment') this.#releaseAudioBefore(picture);
    if (cut !== 'none') this.#flushFragment(endTicks ?? picture.presentationTicks, picture.presentationTicks);
    if (cut === 'segment') this.#turnSegment(picture, endTicks, hole);
    if (cut !== 'none') this.#beginFragment(picture);
    this.#heldVideo = picture;
    return true;
  }

  /** Units of a media are missing, or were left out as broken, before the next that is taken. */
  lost(media: 'video' | 'audio', packetsLost: number): void {
    // What was lost before the run's first picture, or behind its last, leaves no damage in it.
    if (this.#segment) this.#damage.lost(media, packetsLost);
  }

  audio(frame: AudioSample): void {
    if (!this.#audioTrack || this.#ended) return this.#dropSample(frame.bytes);
    const mediaMs = ticksToMillis(frame.ticks, this.#audioTrack.timescale);
    this.#leastAudioOffsetMs = Math.min(this.#leastAudioOffsetMs, frame.arrivalMs - mediaMs);
    const heard = { ...frame, lostBefore: this.#damage.takeLost('audio') };
    if (this.#audioLagTicks !== undefined) return this.#placeAudio(heard);
    if (this.#waitingAudio.length >= maxWaitingAudio) this.#dropSample(this.#waitingAudio.shift()!.bytes);
    this.#waitingAudio.push(heard);
  }

  /**
   * Takes a sender report.
   *
   * @param ticks the report's RTP time stamp on the track's own time line
   */
  senderReport(media: 'video' | 'audio', ntpMs: number, ticks: number, timescale: number): void {
    this.#reportOffsetMs[media] = ntpMs - ticksToMillis(ticks, timescale);
  }

  /** The audio's time line begins anew at 0; the next frame is placed by its arrival. */
  restartAudioTimeline(nextArrivalMs: UnixMillis): void {
    if (!this.#audioTrack) return;
    for (const frame of this.#waitingAudio.splice(0)) this.#dropSample(frame.bytes);
    this.#leastAudioOffsetMs = Number.POSITIVE_INFINITY;
    this.#audioDrift = new AudioDrift();
    if (!this.#clock || this.#audioLagTicks === undefined) return;
    this.#audioLagTicks = Math.round(
      ((nextArrivalMs - this.#clock.offsetMs) * this.#audioTrack.timescale) / 1000,
    );
  }

  /**
   * Ends the run: all that was taken is in the steps, the last sample with the last known duration.
   *
   * @returns the wall time of its end, undefined when it never began
   */
  end(): UnixMillis | undefined {
    this.#ended = true;
    const segment = this.#segment;
    if (!segment || !this.#heldVideo) {
      for (const frame of this.#waitingAudio.splice(0)) this.#drop(frame.bytes);
      return undefined;
    }
    const endTicks = this.#releaseLastVideo(segment);
    this.#alignAudio();
    if (this.#heldAudio) this.#releaseHeldAudio(this.#heldAudio.frameTicks);
    this.#flushFragment(endTicks);
    const endMs = wallTime(this.#clock!, ticksToMillis(endTicks, segment.videoTrack.timescale));
    this.#emit({ kind: 'close', endMs });
    this.#segment = undefined;
    this.#heldVideo = undefined;
    return endMs;
  }

  /**
   * Releases the held picture as one that none follows at once, with the last known duration.
   *
   * @returns where its segment ends, in ticks of the run
   */
  #releaseLastVideo({ videoTrack: { timescale } }: OpenSegmentState): number {
    // In a stream with seconds between its pictures the last known duration says nothing of the last picture's.
    const lastTicks = Math.min(this.#lastVideoTicks || Math.round(timescale / 25), timescale);
    this.#releaseHeldVideo(lastTicks);
    return this.#segment!.latestTicks + lastTicks;
  }

  #noteVideoArrival(picture: VideoSample): void {
    const mediaMs = ticksToMillis(picture.presentationTicks, picture.track.timescale);
    this.#leastVideoOffsetMs = Math.min(this.#leastVideoOffsetMs, picture.arrivalMs - mediaMs);
  }

  #noteDamageBefore(picture: VideoSample): void {
    const { timescale } = picture.track;
    const held = this.#heldVideo!;
    const lastTicks = this.#lastVideoTicks || Math.round(timescale / 25);
    this.#damage.picture({
      endOfLastMs: ticksToMillis(held.decodeTicks + lastTicks, timescale),
      startMs: ticksToMillis(picture.presentationTicks, timescale),
      keyFrame: picture.keyFrame,
    });
  }

  #cutBefore(picture: VideoSample, segment: OpenSegmentState) {
    const { timescale } = segment.videoTrack;
    const mediaMs = ticksToMillis(picture.decodeTicks, timescale);
    return decideCut({
      keyFrame: picture.keyFrame,
      sameParameters: picture.track === segment.videoTrack && !(this.#nextAudioTrack && picture.keyFrame),
      fragmentMs: mediaMs - ticksToMillis(this.#fragment!.first.decodeTicks, timescale),
      fragmentArrivalMs: picture.arrivalMs - this.#fragment!.first.arrivalMs,
      segmentMs: mediaMs - segment.firstMediaMs,
      targetMs: segment.targetMs,
      segmentBytes: segment.bytes,
    });
  }

  #clockAt(picture: VideoSample): RunClock {
    return advanceRunClock(this.#clock, arrivalPoint(picture));
  }

  #openSegment(first: VideoSample): void {
    const number = this.#nextSegmentNumber++;
    const targetMs = number === 0 ? firstSegmentMs(this.#streamId, this.#segmentMs) : this.#segmentMs;
    const startMs = wallTime(
      this.#clockAt(first),
      ticksToMillis(first.presentationTicks, first.track.timescale),
    );
    this.#segment = {
      number,
      videoTrack: first.track,
      firstMediaMs: ticksToMillis(first.decodeTicks, first.track.timescale),
      targetMs,
      tracks: undefined,
      fragments: 0,
      bytes: 0,
      latestTicks: Number.NEGATIVE_INFINITY,
    };
    const nextStartMs = (startMs + targetMs) as UnixMillis;
    this.#emit({ kind: 'open', segmentNumber: number, provisionalStartMs: startMs, nextStartMs });
  }

  /** @param endTicks where the segment ends when there is a hole; else it ends where the next one begins */
  #turnSegment(first: VideoSample, endTicks: number | undefined, hole: GapCause | undefined): void {
    this.#clock = settleRunClock(this.#clock!);
    const { timescale } = this.#segment!.videoTrack;
    const endMs =
      endTicks === undefined
        ? wallTime(this.#clockAt(first), ticksToMillis(first.presentationTicks, first.track.timescale))
        : wallTime(this.#clock, ticksToMillis(endTicks, timescale));
    this.#emit({ kind: 'close', endMs, ...(hole && { hole }) });
    this.#audioTrack = this.#nextAudioTrack ?? this.#audioTrack;
    this.#nextAudioTrack = undefined;
    this.#openSegment(first);
  }

  #beginFragment(first: VideoSample): void {
    const before = this.#clock;
    const clock = this.#clockAt(first);
    const shiftMs = before && !before.settled ? clock.offsetMs - before.offsetMs : 0;
    const startMs = wallTime(clock, ticksToMillis(first.presentationTicks, first.track.timescale));
    this.#clock = clock;
    this.#fragment = { first, startMs, shiftMs, clockBefore: before };
  }

  #releaseHeldVideo(duration: number): void {
    const held = this.#heldVideo!;
    this.#lastVideoTicks = duration;
    const segment = this.#segment!;
    segment.bytes += held.bytes.end - held.bytes.start;
    segment.latestTicks = Math.max(segment.latestTicks, held.presentationTicks);
    this.#video.push(videoSample(held, duration));
  }

  #alignAudio(): void {
    if (!this.#audioTrack || this.#audioLagTicks !== undefined || this.#waitingAudio.length === 0) return;
    const { video, audio } = this.#reportOffsetMs;
    const lagMs = audioLagMs(
      {
        leastOffsetMs: this.#videoOffsetMs,
        ...(video !== undefined && { senderReportOffsetMs: video }),
      },
      {
        leastOffsetMs: this.#leastAudioOffsetMs,
        ...(audio !== undefined && { senderReportOffsetMs: audio }),
      },
    );
    this.#audioLagTicks = Math.round((lagMs * this.#audioTrack.timescale) / 1000);
    for (const frame of this.#waitingAudio.splice(0)) this.#placeAudio(frame);
  }

  /** Over a long run the camera's clock drifts, so that only the run clock still says what holds now. */
  get #videoOffsetMs(): number {
    const isFirstFragment = this.#segment?.number === 0 && this.#segment.fragments === 0;
    return isFirstFragment || !this.#clock ? this.#leastVideoOffsetMs : this.#clock.offsetMs;
  }

  /** Sound that was held back and began before the next segment's first picture ends with this segment. */
  #releaseAudioBefore(picture: VideoSample): void {
    const held = this.#heldAudio;
    if (!held || !this.#audioTrack) return;
    const turn = rescale(picture.decodeTicks, picture.track.timescale, this.#audioTrack.timescale);
    if (held.ticks < turn || this.#nextAudioTrack) this.#releaseHeldAudio(held.frameTicks);
  }

  #placeAudio({ lostBefore, ...frame }: HeardAudio): void {
    const { timescale } = this.#audioTrack!;
    const ownMs = ticksToMillis(frame.ticks + this.#audioLagTicks!, timescale);
    if (this.#clock) this.#audioDrift.sound(ownMs, frame.arrivalMs, this.#clock.window);
    const placed = { ...frame, ticks: trackTicks(frame.ticks + this.audioLagTicks!) };
    const held = this.#heldAudio;
    // What the first picture found waiting may be older than that picture, which is nobody's fault.
    if (placed.ticks < this.#earliestAudioTicks()) {
      return held ? this.#dropSample(frame.bytes) : this.#drop(frame.bytes);
    }
    if (lostBefore) {
      const startMs = ticksToMillis(placed.ticks, timescale);
      const endOfLastMs = held ? ticksToMillis(held.ticks + held.frameTicks, timescale) : startMs;
      this.#damage.sound({ endOfLastMs, startMs }, lostBefore);
    }
    if (held) {
      if (placed.ticks <= held.ticks) return this.#dropSample(frame.bytes);
      this.#releaseHeldAudio(placed.ticks - held.ticks);
    }
    this.#heldAudio = placed;
  }

  /** Sound from before the file's zero, or before the run's first picture, has no place. */
  #earliestAudioTicks(): number {
    const written = this.#segment?.tracks?.find((planned) => planned.trackId === audioTrackId);
    if (written) return written.offsetTicks;
    const first = this.#fragment?.first;
    if (!first || this.#segment?.number !== 0) return Number.NEGATIVE_INFINITY;
    return rescale(first.presentationTicks, first.track.timescale, this.#audioTrack!.timescale);
  }

  #releaseHeldAudio(duration: number): void {
    const held = this.#heldAudio!;
    this.#heldAudio = undefined;
    this.#segment!.bytes += held.bytes.end - held.bytes.start;
    this.#audio.push(audioSample(held, duration));
  }

  #dropSample(bytes: ByteRange): void {
    this.droppedSamples++;
    this.#drop(bytes);
  }

  /**
   * @param endTicks where its pictures end
   * @param nextTicks presentation of the picture after it, if there is one
   */
  #flushFragment(endTicks: number, nextTicks = endTicks): void {
    this.#alignAudio();
    const segment = this.#segment!;
    const fragment = this.#fragment!;
    const video = this.#video;
    const audio = this.#audio;
    this.#video = [];
    this.#audio = [];
    const isFirst = segment.tracks === undefined;
    const audioTicks = audio[0]?.decodeTicks ?? this.#heldAudio?.ticks;
    segment.tracks ??= this.#placeZero(segment.videoTrack, video[0]!, audioTicks);
    segment.fragments++;
    const mediaMs = (ticks: number) => ticksToMillis(ticks, segment.videoTrack.timescale);
    const damage = this.#damage.endFragment({
      firstMs: mediaMs(fragment.first.presentationTicks),
      endMs: mediaMs(endTicks),
      nextMs: mediaMs(nextTicks),
    });
    const samplesOf = (trackId: number) => (trackId === videoTrackId ? video : audio);
    this.#emit({
      kind: 'fragment',
      ...(isFirst && { header: { tracks: segment.tracks, runClock: fragment.clockBefore } }),
      sequenceNumber: segment.fragments,
      arrivalMs: fragment.first.arrivalMs,
      tracks: segment.tracks
        .map(({ trackId, track, offsetTicks }) => ({
          trackId,
          offsetTicks,
          timescale: track.timescale,
          samples: samplesOf(trackId),
        }))
        .filter(({ samples }) => samples.length > 0),
      startMs: fragment.startMs,
      damage,
      activity: this.#activity.fragment(
        video.map(measured),
        mediaMs(endTicks) - mediaMs(fragment.first.presentationTicks),
      ),
      shiftMs: fragment.shiftMs,
    });
  }

  /** The file's zero is its earliest decode time, on either track. */
  #placeZero(
    videoTrack: VideoTrack,
    video: Sample,
    audioTicks: TrackTicks | undefined,
  ): readonly PlannedTrack[] {
    const audioTrack = this.#audioTrack;
    const videoScale = videoTrack.timescale;
    const zero =
      audioTrack && audioTicks !== undefined
        ? Math.min(video.decodeTicks, rescale(audioTicks, audioTrack.timescale, videoScale, 'floor'))
        : video.decodeTicks;
    const planned: PlannedTrack[] = [
      { trackId: videoTrackId, track: videoTrack, offsetTicks: trackTicks(zero) },
    ];
    if (!audioTrack) return planned;
    const audioZero = trackTicks(rescale(zero, videoScale, audioTrack.timescale, 'floor'));
    return [...planned, { trackId: audioTrackId, track: audioTrack, offsetTicks: audioZero }];
  }
}

const arrivalPoint = ({ presentationTicks, track, arrivalMs }: VideoSample) => ({
  mediaMs: ticksToMillis(presentationTicks, track.timescale),
  arrivalMs,
});

const measured = ({ bytes, keyFrame }: Sample) => ({ bytes: bytes.end - bytes.start, keyFrame });

export const videoSample = (picture: VideoSample, duration: number): Sample => ({
  bytes: picture.bytes,
  decodeTicks: picture.decodeTicks,
  compositionOffset: picture.presentationTicks - picture.decodeTicks,
  duration,
  keyFrame: picture.keyFrame,
});

export const audioSample = (frame: AudioSample, duration: number): Sample => ({
  bytes: frame.bytes,
  decodeTicks: frame.ticks,
  compositionOffset: 0,
  duration,
  keyFrame: true,
});
