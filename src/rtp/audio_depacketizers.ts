import { NightjarError } from '../errors/nightjar_error.ts';
import { aacTrack, formatAacConfig } from '../media/aac_config.ts';
import { repackG726 } from '../media/g726_packing.ts';
import type { AacTrack, OpusTrack, SampleBasedTrack } from '../media/track.ts';
import { AacDepacketizer } from './aac_depacketizer.ts';
import type { CodecSupport, PayloadFormat } from './depacketizer.ts';
import { LatmDepacketizer, refuseLatm } from './latm_depacketizer.ts';
import { OpusDepacketizer } from './opus_depacketizer.ts';
import { SampleBasedDepacketizer } from './sample_based_depacketizer.ts';

/** The audio that can be recorded, by the encoding name of `rtpmap` in upper case. */
export const audioCodecs: Readonly<Record<string, CodecSupport>> = {
  'MPEG4-GENERIC': {
    refuse: refuseMpeg4,
    create: (format, pool) => new AacDepacketizer({ format, track: describedAacTrack(format), pool }),
  },
  'MP4A-LATM': { refuse: refuseLatm, create: (format, pool) => new LatmDepacketizer({ format, pool }) },
  OPUS: { create: (format, pool) => new OpusDepacketizer({ track: opusTrack(format), pool }) },
  PCMU: sampleBased({ codec: 'pcmu', bitsPerSample: 8, codecString: 'ulaw' }),
  PCMA: sampleBased({ codec: 'pcma', bitsPerSample: 8, codecString: 'alaw' }),
  L16: sampleBased({ codec: 'l16', bitsPerSample: 16, codecString: 'twos' }),
  G722: sampleBased({ codec: 'g722', bitsPerSample: 4, codecString: 'g722' }),
  ...g726(2),
  ...g726(3),
  ...g726(4),
  ...g726(5),
  // RFC 1890 called it after the recommendation that G.726 has replaced.
  G721: g726(4)['G726-32']!,
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

/** S23: cameras call Opus by other rates, and by one channel; RFC 7587 section 7 knows `opus/48000/2` alone. */
function opusTrack({ parameters }: PayloadFormat): OpusTrack {
  return {
    kind: 'audio',
    codec: 'opus',
    timescale: 48_000,
    sampleRate: 48_000,
    // Two, unless the camera says that it is mono: of stereo that is decoded as mono half would be lost.
    channels: parameters.get('sprop-stereo')?.trim() === '0' ? 1 : 2,
    codecString: 'opus',
  };
}

/** RFC 3551 names up to six channels; more than eight are no sound of a camera. */
const maxChannels = 8;
/** The clock of G.722 is half its sampling rate by an old mistake (RFC 3551 section 4.5.2). */
const g722Clock = 8000;

function sampleBased(
  encoding: Pick<SampleBasedTrack, 'codec' | 'bitsPerSample' | 'codecString'>,
  rewrite?: (samples: Uint8Array) => void,
): CodecSupport {
  return {
    refuse: ({ channels }) =>
      channels > maxChannels ? `Nightjar cannot record audio of ${channels} channels.` : undefined,
    create: ({ clockRate, channels }, pool) => {
      const sampleRate = encoding.codec === 'g722' && clockRate === g722Clock ? 2 * clockRate : clockRate;
      const track = { kind: 'audio', ...encoding, timescale: clockRate, sampleRate, channels } as const;
      return new SampleBasedDepacketizer({ track, pool, ...(rewrite && { rewrite }) });
    },
  };
}

/** G.726 of 2 to 5 bits a sample, under both names: that of RFC 3551, and that of ATM with the other order of bits. */
function g726(bitsPerSample: number): Record<string, CodecSupport> {
  const encoding = { codec: 'g726', bitsPerSample, codecString: 'g726' } as const;
  const name = `G726-${bitsPerSample * 8}`;
  return {
    [name]: sampleBased(encoding, (samples) => repackG726(samples, bitsPerSample)),
    [`AAL2-${name}`]: sampleBased(encoding),
  };
}
