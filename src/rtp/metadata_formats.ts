import type { PayloadFormat } from './depacketizer.ts';

/** Encoding name of `rtpmap` in upper case (ONVIF Streaming Specification, section "RTSP describe"). */
const plain = 'VND.ONVIF.METADATA';

/**
 * Why metadata in this format are not taken, as one sentence for a person; undefined when they are, or when they are no
 * ONVIF metadata at all.
 */
export function whyNoMetadata({ encoding }: Pick<PayloadFormat, 'encoding'>): string | undefined {
  if (!encoding.startsWith(`${plain}.`)) return undefined;
  const way = encoding.includes('EXI') ? 'as binary XML (EXI)' : 'compressed';
  return `The camera sends its metadata ${way} (${encoding.toLowerCase()}), which Nightjar does not read; plain XML it does.`;
}

export const isPlainMetadata = ({ encoding }: Pick<PayloadFormat, 'encoding'>): boolean => encoding === plain;
