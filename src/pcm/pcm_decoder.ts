/** Sound that no browser decodes, as PCM of 16 bits. */
import { aLawSamples, muLawSamples } from './g711.ts';

/** Decodes the samples of a track. */
export interface PcmDecoder {
  /** In Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** The channels in turns; what is left of a sample at the end is left out. */
  decode(bytes: Uint8Array): Int16Array;
}

/** A track as its sample entry tells of it. */
export interface CodedSound {
  readonly codecString: string;
  /** In Hz. */
  readonly timescale: number;
  readonly channels: number;
}

/** @returns undefined when there is no decoder for it */
export function pcmDecoder({ codecString, timescale, channels }: CodedSound): PcmDecoder | undefined {
  const decode = decoders.get(codecString);
  if (!decode || channels < 1 || channels > maxChannels) return undefined;
  return {
    sampleRate: timescale,
    channels,
    decode: (bytes) => {
      const samples = decode(bytes);
      return samples.subarray(0, samples.length - (samples.length % channels));
    },
  };
}

/** Whether sound of this kind can be decoded here. @param codecString of the track */
export const hasPcmDecoder = (codecString: string): boolean => decoders.has(codecString);

/** As many as any camera's sound has here, and as FLAC can have. */
const maxChannels = 8;

const decoders: ReadonlyMap<string, (bytes: Uint8Array) => Int16Array> = new Map([
  ['alaw', (bytes: Uint8Array) => lookUp(aLawSamples, bytes)],
  ['ulaw', (bytes: Uint8Array) => lookUp(muLawSamples, bytes)],
  ['twos', bigEndian],
]);

function lookUp(table: Int16Array, bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) samples[index] = table[bytes[index]!]!;
  return samples;
}

function bigEndian(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length >> 1);
  for (let index = 0; index < samples.length; index++)
    samples[index] = (bytes[2 * index]! << 8) | bytes[2 * index + 1]!;
  return samples;
}
