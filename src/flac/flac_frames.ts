import { encodeFrame } from './frame.ts';
import { type FlacFormat, maxFrameSamples } from './stream_info.ts';

/** Sound is wanting for so long before silence takes its place: what is shorter is the play of two clocks. */
const leastSilenceSeconds = 0.02;
/** No more silence is made at once; its last frame lasts as long as the rest. */
const maxSilenceSeconds = 600;

/** One frame, and its place in time. */
export interface FlacFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** In ticks of the track, as `duration` is. */
  readonly ticks: number;
  readonly duration: number;
}

/** A track whose sound becomes FLAC. */
export interface FlacTrack extends FlacFormat {
  /** Ticks per second: the sampling rate, or a part of it. */
  readonly timescale: number;
}

/** True when so much without sound is a hole to be filled. @param ticks of the track */
export function isHole(ticks: number, { timescale }: FlacTrack): boolean {
  return ticks >= leastSilenceSeconds * timescale;
}

/**
 * A recorded sample as frames that last exactly as long as it does. Where it lasts longer than what is to be heard,
 * because sound was lost behind it, silence follows: players count samples, and would fall out of step with the pictures.
 *
 * @param samples the channels in turns
 * @param place in ticks of the track, the begin from 0 on
 */
export function soundFrames(
  samples: Int16Array,
  track: FlacTrack,
  place: { readonly ticks: number; readonly duration: number },
): FlacFrame[] {
  const { channels } = track;
  const length = samples.length / channels;
  const heardTicks = Math.round((length * track.timescale) / track.sampleRate);
  const { ticks, duration } = place;
  const lasts = length === 0 || isHole(duration - heardTicks, track) ? heardTicks : duration;
  const frames: FlacFrame[] = [];
  for (let start = 0; start < length; start += maxFrameSamples) {
    const end = Math.min(length, start + maxFrameSamples);
    const [from, to] = [Math.floor((lasts * start) / length), Math.floor((lasts * end) / length)];
    const bytes = encodeFrame(
      samples.subarray(start * channels, end * channels),
      track,
      sampleAt(ticks, track) + start,
    );
    frames.push({ bytes, ticks: ticks + from, duration: to - from });
  }
  return [...frames, ...silenceFrames(track, { ticks: ticks + lasts, duration: duration - lasts })];
}

/** Nothing to be heard, for so long. @param place in ticks of the track, the begin from 0 on */
export function silenceFrames(
  track: FlacTrack,
  place: { readonly ticks: number; readonly duration: number },
): FlacFrame[] {
  const { channels, timescale, sampleRate } = track;
  const endTicks = place.ticks + place.duration;
  const longEnough = place.ticks + maxSilenceSeconds * timescale;
  const silence = new Int16Array(maxFrameSamples * channels);
  const most = Math.floor((maxFrameSamples * timescale) / sampleRate);
  const frames: FlacFrame[] = [];
  for (let { ticks } = place; ticks < endTicks; ) {
    const heardTicks = Math.min(most, endTicks - ticks);
    const duration = ticks < longEnough ? heardTicks : endTicks - ticks;
    const length = Math.max(1, Math.round((heardTicks * sampleRate) / timescale));
    const bytes = encodeFrame(silence.subarray(0, length * channels), track, sampleAt(ticks, track));
    frames.push({ bytes, ticks, duration });
    ticks += duration;
  }
  return frames;
}

/** The number of a sample in the stream is its time. */
const sampleAt = (ticks: number, { timescale, sampleRate }: FlacTrack): number =>
  Math.round((ticks * sampleRate) / timescale);
