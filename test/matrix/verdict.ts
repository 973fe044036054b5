import type { AudioFacts, Media, VideoFacts } from './media.ts';

export interface Verdict {
  /** What is not as it was sent, in words; empty when all is well. */
  readonly faults: readonly string[];
  /** Pictures that were recorded. */
  readonly frames: number;
  /** Seconds of sound that were recorded. */
  readonly soundS: number;
  /** How much later than sent the sound is, as against the pictures; milliseconds. */
  readonly lateMs: number;
}

/** How much of the sound may be missing where the recording begins and ends at a picture. */
const soundSlackS = 0.3;
/** Of a clip that began before the recording. */
const leastPictures = 20;
/** At most so many between two others. */
const bFrames = 2;
/** GStreamer's first sender report may come after seconds; until then arrivals tell, and on a busy machine those are late. */
const inStepMs = 200;

/**
 * Compares what was recorded with what was sent: the names of the codecs, each decoded picture, each coded byte
 * of sound and its place in time.
 *
 * @param options.whole every picture must be there, and the sound of all of them; otherwise what there is must be one
 *   piece of what was sent
 */
export function verdict(sent: Media, recorded: Media, options: { whole: boolean }): Verdict {
  const faults: string[] = [];
  if (recorded.complaints !== '') faults.push(`ffmpeg complains: ${firstLine(recorded.complaints)}`);
  const firstFrame = judgeVideo(sent.video, recorded.video, options.whole, faults);
  const lateMs = sent.audio ? judgeAudio(sent, recorded, { ...options, firstFrame }, faults) : 0;
  if (!sent.audio && recorded.audio) faults.push(`there is ${recorded.audio.codec}, which nobody sent`);
  return {
    faults,
    frames: recorded.video?.frames.length ?? 0,
    soundS: recorded.audio
      ? recorded.audio.coded.length / (sent.audio ?? recorded.audio).charactersPerSecond
      : 0,
    lateMs,
  };
}

/** Gives the place of the first recorded picture among those that were sent. */
function judgeVideo(
  sent: VideoFacts | undefined,
  recorded: VideoFacts | undefined,
  whole: boolean,
  faults: string[],
): number {
  if (!sent) throw new Error('the source has no video');
  if (!recorded) {
    faults.push('there is no video');
    return 0;
  }
  if (recorded.codec !== sent.codec) faults.push(`the video is ${recorded.codec} instead of ${sent.codec}`);
  const from = whole ? 0 : Math.max(0, sent.frames.indexOf(recorded.frames[0] ?? ''));
  const { length } = recorded.frames;
  const differing = recorded.frames.findIndex((hash, index) => hash !== sent.frames[from + index]);
  const isCutOff = !whole && isAfterLostBFrames(sent, from + differing, recorded.frames.slice(differing));
  if (differing >= 0 && !isCutOff) {
    faults.push(`picture ${differing} of ${length} is not number ${from + differing} of those sent`);
  }
  if (whole ? length !== sent.frames.length : length < leastPictures) {
    faults.push(`${length} of ${sent.frames.length} pictures`);
  }
  return from;
}

/** Whether the last pictures were sent before B-frames that are shown before them, and those were cut off. */
function isAfterLostBFrames(sent: VideoFacts, expected: number, last: readonly string[]): boolean {
  const places = last.map((hash) => sent.frames.indexOf(hash, expected + 1));
  const areInOrder = places.every((place, index) => index === 0 || place > places[index - 1]!);
  return areInOrder && places.every((place) => place > expected && place <= expected + bFrames);
}

/** Gives how many milliseconds late the sound is. */
function judgeAudio(
  sent: Media,
  recorded: Media,
  options: { whole: boolean; firstFrame: number },
  faults: string[],
): number {
  const source = sent.audio!;
  const { audio } = recorded;
  if (!audio) {
    faults.push('there is no sound');
    return 0;
  }
  const kind = ({ codec, sampleRate, channels }: AudioFacts) =>
    `${codec} ${sampleRate} Hz ${channels} channels`;
  if (kind(audio) !== kind(source)) faults.push(`the sound is ${kind(audio)} instead of ${kind(source)}`);
  const at = source.coded.indexOf(audio.coded);
  if (at < 0 || audio.coded === '') {
    faults.push(
      `the sound (${audio.coded.length} of ${source.coded.length}) is not a piece of what was sent`,
    );
    return 0;
  }
  const seconds = (characters: number) => characters / source.charactersPerSecond;
  const missingS = seconds(source.coded.length - audio.coded.length);
  const recordedS = seconds(source.coded.length) - missingS;
  const picturesS = recorded.video ? recorded.video.frames.length * sent.video!.frameSeconds : 0;
  if (options.whole ? missingS > soundSlackS : recordedS < picturesS - soundSlackS) {
    faults.push(
      `${missingS.toFixed(2)} s of sound are missing, ${seconds(at).toFixed(2)} s of them at the beginning`,
    );
  }
  const sentAfterVideoS = source.afterVideoS + seconds(at) - options.firstFrame * sent.video!.frameSeconds;
  const lateMs = Math.round((audio.afterVideoS - sentAfterVideoS) * 1000);
  if (Math.abs(lateMs) > inStepMs) faults.push(`the sound is ${lateMs} ms late`);
  return lateMs;
}

const firstLine = (text: string): string => text.trim().split('\n')[0]!;
