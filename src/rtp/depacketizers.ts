import type { ChunkPool } from '../media/sample_arena.ts';
import { audioCodecs } from './audio_depacketizers.ts';
import type { CodecSupport, Depacketizer, PayloadFormat } from './depacketizer.ts';
import { videoCodecs } from './video_depacketizers.ts';

/** By media type of the session description and encoding name in upper case: all that can be recorded. */
const codecs: Readonly<Record<string, Readonly<Record<string, CodecSupport>>>> = {
  video: videoCodecs,
  audio: audioCodecs,
};

/**
 * Why a format cannot be recorded, as one sentence for a person; undefined when it can. Never throws, so that broken
 * audio does not cost the video.
 *
 * @param kind media type of the session description, `video` or `audio`
 */
export function whyUnsupported(kind: string, format: PayloadFormat): string | undefined {
  const codec = codecOf(kind, format);
  if (!codec) return `Nightjar cannot record ${kind} in the format ${format.encoding} yet.`;
  if (!(format.clockRate > 0)) return `The camera gives the ${kind} no clock rate.`;
  return codec.refuse?.(format);
}

/**
 * The depacketizer for a media of a session description.
 *
 * @param format one that {@link whyUnsupported} has nothing against
 */
export function createDepacketizer(kind: string, format: PayloadFormat, pool: ChunkPool): Depacketizer {
  const codec = codecOf(kind, format);
  if (!codec) throw new TypeError(`there is no depacketizer for ${kind} in ${format.encoding}`);
  return codec.create(format, pool);
}

function codecOf(kind: string, { encoding }: PayloadFormat): CodecSupport | undefined {
  const ofKind = codecs[kind] ?? {};
  const name = encoding.toUpperCase();
  return Object.hasOwn(ofKind, name) ? ofKind[name] : undefined;
}
