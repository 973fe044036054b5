import type { ChunkPool } from '../media/sample_arena.ts';
import type { CodecSupport, Depacketizer, PayloadFormat } from './depacketizer.ts';
import { H264Depacketizer } from './h264_depacketizer.ts';
import { H265Depacketizer } from './h265_depacketizer.ts';
import { H265InterleavedDepacketizer, isH265Interleaved } from './h265_interleaved_depacketizer.ts';
import { JpegDepacketizer } from './jpeg_depacketizer.ts';

/** The video that can be recorded, by the encoding name of `rtpmap` in upper case. */
export const videoCodecs: Readonly<Record<string, CodecSupport>> = {
  H264: { refuse: refuseH264, create: (format, pool) => new H264Depacketizer({ format, pool }) },
  H265: { create: createH265 },
  JPEG: { create: (format, pool) => new JpegDepacketizer({ format, pool }) },
};

function createH265(format: PayloadFormat, pool: ChunkPool): Depacketizer {
  const interleaved = isH265Interleaved(format.parameters);
  return interleaved
    ? new H265InterleavedDepacketizer({ format, pool })
    : new H265Depacketizer({ format, pool });
}

function refuseH264({ parameters }: PayloadFormat): string | undefined {
  if (parameters.get('packetization-mode')?.trim() !== '2') return undefined;
  return 'The camera sends H.264 in the interleaved mode, which Nightjar cannot record.';
}
