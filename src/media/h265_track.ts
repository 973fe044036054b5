import { BitReader } from '../bytes/bit_reader.ts';
import { EndOfBytes } from '../bytes/reader.ts';
import { h265HeaderBytes } from './h265_nal_unit.ts';
import { type H265Profile, parseH265Sps } from './h265_sps.ts';
import { endWithoutZeros, rawPayload, sameBytes } from './nal_unit.ts';
import type { H265Track } from './track.ts';

/**
 * A track of its parameter sets.
 *
 * @throws NightjarError `parameter_sets_malformed`
 */
export function h265Track(parts: {
  readonly timescale: number;
  readonly vps: Uint8Array;
  readonly sps: Uint8Array;
  /** Those that refer to the SPS. */
  readonly pps: readonly Uint8Array[];
}): H265Track {
  const { width, height, pixelAspectRatio, reorderDepth, profile } = parseH265Sps(parts.sps);
  return {
    kind: 'video',
    codec: 'h265',
    ...parts,
    ...{ width, height, pixelAspectRatio, reorderDepth },
    codecString: h265CodecString(profile),
  };
}

/**
 * RFC 6381 string by ISO/IEC 14496-15 Annex E.3: profile, compatibility flags in reverse order, tier and level, and the
 * bytes of constraint flags without the zeros at the end.
 */
export function h265CodecString({
  space,
  profile,
  compatibility,
  highTier,
  level,
  constraints,
}: H265Profile): string {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = reversed * 2 + ((compatibility >>> bit) & 1);
  const told = constraints.slice(0, constraints.findLastIndex((byte) => byte !== 0) + 1);
  return [
    'hvc1',
    `${['', 'A', 'B', 'C'][space]}${profile}`,
    reversed.toString(16).toUpperCase(),
    `${highTier ? 'H' : 'L'}${level}`,
    ...told.map((byte) => byte.toString(16).toUpperCase()),
  ].join('.');
}

/** Whether what was coded for one track decodes with the parameter sets of the other: the VPS does not matter to that. */
export function sameH265ForDecoder(a: H265Track, b: H265Track): boolean {
  if (a === b) return true;
  const [setsOfA, setsOfB] = [a, b].map(({ sps, pps }) => [sps, ...pps].map(trimmed)) as [
    Uint8Array[],
    Uint8Array[],
  ];
  return (
    a.timescale === b.timescale &&
    setsOfA.length === setsOfB.length &&
    setsOfA.every((set, index) => sameBytes(set, setsOfB[index]!))
  );
}

/** Ids of a PPS and of the SPS that it refers to (section 7.3.2.3.1); undefined when they cannot be read. */
export function parseH265PpsIds(
  nalUnit: Uint8Array,
): { readonly id: number; readonly spsId: number } | undefined {
  return readOrNothing(() => {
    const reader = new BitReader(rawPayload(nalUnit, h265HeaderBytes));
    const [id, spsId] = [reader.ue(), reader.ue()];
    return id <= 63 && spsId <= 15 ? { id, spsId } : undefined;
  });
}

const firstIrap = 16;
const lastIrap = 23;
/** Flags and an id of at most 13 bits, and the emulation prevention among them, fit in here. */
const sliceStartBytes = 12;

/** Id of the PPS of a slice (section 7.3.6.1); undefined when it cannot be read. */
export function parseH265SlicePpsId(nalUnit: Uint8Array, type: number): number | undefined {
  return readOrNothing(() => {
    const reader = new BitReader(rawPayload(nalUnit.subarray(0, sliceStartBytes), h265HeaderBytes));
    reader.skip(type >= firstIrap && type <= lastIrap ? 2 : 1);
    return reader.ue();
  });
}

function readOrNothing<Value>(read: () => Value | undefined): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof EndOfBytes || error instanceof RangeError) return undefined;
    throw error;
  }
}

const trimmed = (nalUnit: Uint8Array) => nalUnit.subarray(0, endWithoutZeros(nalUnit, 0, nalUnit.length));
