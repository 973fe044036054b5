import { parseH264Sps } from '../../media/h264_sps.ts';
import type { SimulatedCamera } from '../camera.ts';
import { aacFrameSamples, type Clip } from '../clip.ts';

/** A media profile: one stream that the device offers. */
export interface MediaProfile {
  readonly token: string;
  readonly name: string;
  /** RTSP URL without credentials. */
  readonly streamUri: string;
  readonly video: VideoFacts;
  readonly audio: AudioFacts | undefined;
  /** JPEG; none where the clip has none. */
  readonly snapshot: Buffer | undefined;
}

export interface VideoFacts {
  readonly encoding: 'H264';
  readonly profile: 'Baseline' | 'Main' | 'Extended' | 'High';
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** Of the coded pictures, without RTP's headers. */
  readonly bitsPerSecond: number;
  /** Pictures from one key frame to the next. */
  readonly keyFrameInterval: number;
}

export interface AudioFacts {
  /** Hz. */
  readonly sampleRate: number;
  readonly bitsPerSecond: number;
}

/** What a camera's RTSP stream really sends: read from the clip's parameter sets and counted from its pictures. */
export function streamFacts(
  camera: SimulatedCamera,
  clip: Clip,
): Pick<MediaProfile, 'video' | 'audio' | 'snapshot'> {
  const framesPerSecond = camera.framesPerSecond ?? clip.framesPerSecond;
  const hasAudio = camera.audio !== false && framesPerSecond === clip.framesPerSecond;
  return {
    video: videoFacts(clip, framesPerSecond),
    audio: hasAudio ? audioFacts(clip.audio) : undefined,
    snapshot: clip.snapshot,
  };
}

function videoFacts({ pictures }: Clip, framesPerSecond: number): VideoFacts {
  const sps = pictures[0]?.nalUnits.find((nalUnit) => (nalUnit[0]! & 0x1f) === 7);
  if (!sps) throw new Error('a clip begins with a sequence parameter set');
  const { profile, width, height } = parseH264Sps(sps);
  const bytes = sum(pictures.flatMap((picture) => picture.nalUnits.map((nalUnit) => nalUnit.length)));
  const secondKeyFrame = pictures.findIndex((picture, index) => index > 0 && picture.keyFrame);
  return {
    encoding: 'H264',
    profile: profileNames.get(profile) ?? 'High',
    width,
    height,
    framesPerSecond,
    bitsPerSecond: (bytes * 8 * framesPerSecond) / pictures.length,
    keyFrameInterval: secondKeyFrame < 0 ? pictures.length : secondKeyFrame,
  };
}

/** `profile_idc` of ISO/IEC 14496-10 annex A, by the names of `tt:H264Profile`. */
const profileNames = new Map<number, VideoFacts['profile']>([
  [66, 'Baseline'],
  [77, 'Main'],
  [88, 'Extended'],
  [100, 'High'],
]);

function audioFacts(audio: Clip['audio']): AudioFacts | undefined {
  if (!audio) return undefined;
  const { frames, sampleRate } = audio;
  const seconds = (frames.length * aacFrameSamples) / sampleRate;
  return { sampleRate, bitsPerSecond: (sum(frames.map((frame) => frame.length)) * 8) / seconds };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
