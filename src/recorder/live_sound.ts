/** Sound as those who watch live get it: as it came, or as FLAC where no browser plays that. */
import { type FlacTrack, soundFrames } from '../flac/flac_frames.ts';
import { streamInfo } from '../flac/stream_info.ts';
import { rangeBytes } from '../media/byte_range.ts';
import { isPlayableSound } from '../media/playable_sound.ts';
import type { AudioTrack } from '../media/track.ts';
import { flacSampleEntry } from '../mp4/audio_sample_entry.ts';
import { type MovieTrack, movieTrack } from '../mp4/movie_track.ts';
import type { Sample } from '../mp4/sample.ts';
import { hasPcmDecoder, type PcmDecoder, pcmDecoder } from '../pcm/pcm_decoder.ts';
import { type TrackTicks, trackTicks } from '../units/time.ts';

/** Whether those who watch live can hear it at all. */
export const isHeardLive = ({ codecString }: AudioTrack): boolean =>
  isPlayableSound(codecString) || hasPcmDecoder(codecString);

export class LiveSound {
  readonly track: AudioTrack;
  /** RFC 6381, of what is sent. */
  readonly codecString: string;
  readonly #decoder: PcmDecoder | undefined;

  /** @param track whose sound is heard live */
  constructor(track: AudioTrack) {
    this.track = track;
    this.#decoder = isPlayableSound(track.codecString) ? undefined : pcmDecoder(track);
    this.codecString = this.#decoder ? 'flac' : track.codecString;
  }

  /** Recorded fragments have it in another form. */
  get isConverted(): boolean {
    return this.#decoder !== undefined;
  }

  movieTrack(trackId: number): MovieTrack {
    const track = movieTrack(trackId, this.track);
    if (!this.#decoder) return track;
    return { ...track, sampleEntry: flacSampleEntry(this.#decoder, streamInfo(this.#decoder)) };
  }

  /** @param zeroTicks from which the samples of the stream are counted */
  converted(sample: Sample, zeroTicks: TrackTicks): readonly Sample[] {
    if (!this.#decoder) return [sample];
    const { sampleRate, channels } = this.#decoder;
    const track: FlacTrack = { sampleRate, channels, timescale: this.track.timescale };
    const place = { ticks: sample.decodeTicks - zeroTicks, duration: sample.duration };
    return soundFrames(this.#decoder.decode(rangeBytes(sample.bytes)), track, place).map(
      ({ bytes, ticks, duration }) => ({
        bytes: { chunk: { bytes, holders: 1 }, start: 0, end: bytes.length },
        decodeTicks: trackTicks(zeroTicks + ticks),
        compositionOffset: 0,
        duration,
        keyFrame: true,
      }),
    );
  }
}
