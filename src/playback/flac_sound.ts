/**
 * Recorded sound that no browser decodes, for browsers: the same samples as FLAC in MP4, made as they are asked for
 * ("Encapsulation of FLAC in ISO Base Media File Format").
 */
import { type FlacFrame, isHole, silenceFrames, soundFrames } from '../flac/flac_frames.ts';
import { streamInfo } from '../flac/stream_info.ts';
import { flacSampleEntry } from '../mp4/audio_sample_entry.ts';
import { encodeMedia } from '../mp4/fragment.ts';
import { malformed } from '../mp4/malformed.ts';
import type { MovieTrack } from '../mp4/movie_track.ts';
import { readAudioEntry } from '../mp4/sample_entry_reader.ts';
import type { SampleFacts } from '../mp4/sample_table.ts';
import { type PcmDecoder, pcmDecoder } from '../pcm/pcm_decoder.ts';
import { trackTicks, type UnixMillis } from '../units/time.ts';

/** Where a media segment has no sound for so long at its begin or end, none is to be found beside it either. */
const patienceSeconds = 1;
/** Coded sound in one media segment: twenty seconds of eight channels at 48 kHz, and more. */
const maxSoundBytes = 32 * 1024 * 1024;

/** A track as the header of its file describes it. */
export type RecordedSound = MovieTrack & { readonly codecString: string };

/** The track that a player gets in place of a recorded one. */
export function flacMovieTrack(track: RecordedSound): MovieTrack {
  const decoder = decoderOf(track);
  return { ...track, sampleEntry: flacSampleEntry(decoder, streamInfo(decoder)) };
}

/** The sound of one media segment. All times are on one time line, in ticks of the track, from 0 on. */
export class FlacSound {
  readonly #track: RecordedSound;
  readonly #decoder: PcmDecoder;
  readonly #pictures: { readonly startTicks: number; readonly endTicks: number };
  readonly #frames: FlacFrame[] = [];
  #codedBytes = 0;

  /** @param pictures that it is to go with */
  constructor(track: RecordedSound, pictures: { readonly startTicks: number; readonly endTicks: number }) {
    this.#track = track;
    this.#decoder = decoderOf(track);
    this.#pictures = pictures;
  }

  /** Takes the samples of a fragment, whose `bytes` follow each other. */
  add(decodeTicks: number, samples: readonly SampleFacts[], bytes: Uint8Array): void {
    this.#codedBytes += bytes.length;
    if (this.#codedBytes > maxSoundBytes) throw malformed('A media segment has too much sound.');
    const isLate = decodeTicks - this.#pictures.startTicks > patienceSeconds * this.#timescale;
    if (this.#frames.length > 0 || isLate) this.#goOnTo(decodeTicks);
    let ticks = this.#endTicks ?? decodeTicks;
    let at = 0;
    for (const { size, duration } of samples) {
      const pcm = this.#decoder.decode(bytes.subarray(at, at + size));
      this.#push(soundFrames(pcm, this.#flac, { ticks, duration }));
      ticks += duration;
      at += size;
    }
  }

  /** What was added, as a fragment of its own; without any sound, silence as long as the pictures. */
  fragment(options: {
    readonly sequenceNumber: number;
    readonly arrivalMs: UnixMillis;
  }): readonly Uint8Array[] {
    const { startTicks, endTicks } = this.#pictures;
    const patience = this.#frames.length > 0 ? patienceSeconds * this.#timescale : 0;
    if (endTicks - (this.#endTicks ?? startTicks) > patience) this.#goOnTo(endTicks);
    const samples = this.#frames.map(({ bytes, ticks, duration }) => ({
      bytes: { chunk: { bytes, holders: 1 }, start: 0, end: bytes.length },
      decodeTicks: trackTicks(ticks),
      compositionOffset: 0,
      duration,
      keyFrame: true,
    }));
    if (samples.length === 0) return [];
    const { trackId, timescale } = this.#track;
    const track = { trackId, offsetTicks: trackTicks(0), timescale, samples };
    return encodeMedia({ ...options, tracks: [track] }).parts;
  }

  get #timescale(): number {
    return this.#track.timescale;
  }

  get #flac() {
    const { sampleRate, channels } = this.#decoder;
    return { sampleRate, channels, timescale: this.#timescale };
  }

  get #endTicks(): number | undefined {
    const last = this.#frames.at(-1);
    return last && last.ticks + last.duration;
  }

  /** Silence up to an instant, or a longer last frame where that is near. */
  #goOnTo(ticks: number): void {
    const from = this.#endTicks ?? this.#pictures.startTicks;
    const last = this.#frames.at(-1);
    if (isHole(ticks - from, this.#flac) || !last)
      this.#push(silenceFrames(this.#flac, { ticks: from, duration: ticks - from }));
    else if (ticks > from) this.#frames[this.#frames.length - 1] = { ...last, duration: ticks - last.ticks };
  }

  #push(frames: readonly FlacFrame[]): void {
    for (const frame of frames) this.#frames.push(frame);
  }
}

function decoderOf({ codecString, timescale, sampleEntry }: RecordedSound): PcmDecoder {
  const decoder = pcmDecoder({ codecString, timescale, ...readAudioEntry(sampleEntry) });
  if (!decoder) throw malformed(`Sound of the kind ${codecString} cannot be given as FLAC.`);
  return decoder;
}
