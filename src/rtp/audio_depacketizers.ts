import { NightjarError } from '../errors/nightjar_error.ts';
import { aacTrack, formatAacConfig } from '../media/aac_config.ts';
import type { AacTrack, G711Track } from '../media/track.ts';
import { AacDepacketizer } from './aac_depacketizer.ts';
import type { CodecSupport, PayloadFormat } from './depacketizer.ts';
import { G711Depacketizer } from './g711_depacketizer.ts';

/** The audio that can be recorded, by the encoding name of `rtpmap` in upper case. */
export const audioCodecs: Readonly<Record<string, CodecSupport>> = {
  'MPEG4-GENERIC': {
    refuse: refuseMpeg4,
    create: (format, pool) => new AacDepacketizer({ format, track: describedAacTrack(format), pool }),
  },
  PCMU: { create: (format, pool) => new G711Depacketizer({ track: g711Track('pcmu', format), pool }) },
  PCMA: { create: (format, pool) => new G711Depacketizer({ track: g711Track('pcma', format), pool }) },
};

function refuseMpeg4({ parameters }: PayloadFormat): string | undefined {
  const mode = parameters.get('mode')?.toLowerCase() ?? 'aac-hbr';
  if (mode.startsWith('aac') || mode === 'generic') return undefined;
  return `Nightjar cannot record audio in the MPEG-4 mode ${mode}.`;
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
