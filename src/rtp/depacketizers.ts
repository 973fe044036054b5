import { NightjarError } from '../errors/nightjar_error.ts';
import { aacTrack, formatAacConfig } from '../media/aac_config.ts';
import type { ChunkPool } from '../media/sample_arena.ts';
import type { AacTrack, G711Track } from '../media/track.ts';
import { AacDepacketizer } from './aac_depacketizer.ts';
import type { Depacketizer, PayloadFormat } from './depacketizer.ts';
import { G711Depacketizer } from './g711_depacketizer.ts';
import { H264Depacketizer } from './h264_depacketizer.ts';
import { H265Depacketizer } from './h265_depacketizer.ts';

/** Why a media cannot be recorded, as one sentence for a person. */
export interface Unsupported {
  readonly unsupported: string;
}

/**
 * The depacketizer for a media of a session description. Never throws: what cannot be recorded gives a reason, so
 * that broken audio does not cost the video.
 *
 * @param kind media type of the session description, `video` or `audio`
 */
export function createDepacketizer(
  kind: string,
  format: PayloadFormat,
  pool: ChunkPool,
): Depacketizer | Unsupported {
  if (!(format.clockRate > 0)) return { unsupported: `The camera gives the ${kind} no clock rate.` };
  const choice = `${kind}/${format.encoding.toUpperCase()}`;
  if (choice === 'video/H264') return createH264(format, pool);
  if (choice === 'video/H265') return new H265Depacketizer({ format, pool });
  if (choice === 'audio/MPEG4-GENERIC') return createAac(format, pool);
  if (choice === 'audio/PCMU') return new G711Depacketizer({ track: g711Track('pcmu', format), pool });
  if (choice === 'audio/PCMA') return new G711Depacketizer({ track: g711Track('pcma', format), pool });
  return { unsupported: `Nightjar cannot record ${kind} in the format ${format.encoding} yet.` };
}

function createH264(format: PayloadFormat, pool: ChunkPool): Depacketizer | Unsupported {
  if (format.parameters.get('packetization-mode')?.trim() === '2') {
    return { unsupported: 'The camera sends H.264 in the interleaved mode, which Nightjar cannot record.' };
  }
  return new H264Depacketizer({ format, pool });
}

function createAac(format: PayloadFormat, pool: ChunkPool): Depacketizer | Unsupported {
  const streamType = format.parameters.get('mode')?.toLowerCase() ?? 'aac-hbr';
  if (!streamType.startsWith('aac') && streamType !== 'generic') {
    return { unsupported: `Nightjar cannot record audio in the MPEG-4 mode ${streamType}.` };
  }
  return new AacDepacketizer({ format, track: describedAacTrack(format), pool });
}

/** From the config, else from the rtpmap when its clock can be a sampling rate; undefined when neither tells. */
function describedAacTrack(format: PayloadFormat): AacTrack | undefined {
  const { clockRate, channels, parameters } = format;
  try {
    return aacTrack(Buffer.from(parameters.get('config') ?? '', 'hex'), clockRate, channels);
  } catch (error) {
    if (!(error instanceof NightjarError)) throw error;
  }
  if (clockRate > 96_000 || clockRate === 90_000) return undefined;
  return aacTrack(formatAacConfig(clockRate, channels), clockRate, channels);
}

function g711Track(codec: 'pcmu' | 'pcma', format: PayloadFormat): G711Track {
  return {
    kind: 'audio',
    codec,
    timescale: format.clockRate,
    sampleRate: format.clockRate,
    channels: format.channels,
    codecString: codec === 'pcmu' ? 'ulaw' : 'alaw',
  };
}
