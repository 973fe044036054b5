import { BitReader } from '../bytes/bit_reader.ts';
import { EndOfBytes } from '../bytes/reader.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { h264ReorderDepth, parseH264Sps, sameSpsForDecoder } from './h264_sps.ts';
import { endWithoutZeros, nalType, nalUnitType, rawPayload, sameBytes } from './nal_unit.ts';
import type { H264Track } from './track.ts';

/**
 * A track of its parameter sets.
 *
 * @param sps NAL unit without start code; kept as it is
 * @param pps those that refer to the SPS
 * @throws NightjarError `parameter_sets_malformed`
 */
export function h264Track(parts: {
  readonly timescale: number;
  readonly sps: Uint8Array;
  readonly pps: readonly Uint8Array[];
}): H264Track {
  const { timescale, sps, pps } = parts;
  const parsed = parseH264Sps(sps);
  return {
    kind: 'video',
    codec: 'h264',
    timescale,
    sps,
    pps,
    width: parsed.width,
    height: parsed.height,
    pixelAspectRatio: parsed.vui?.pixelAspectRatio ?? { horizontal: 1, vertical: 1 },
    reorderDepth: h264ReorderDepth(parsed),
    codecString: `avc1.${Buffer.from(sps.subarray(1, 4)).toString('hex')}`,
  };
}

/**
 * Whether what was coded for one track decodes and looks the same with the parameter sets of the other. Rubbish
 * after the RBSP, frame rate and buffer sizes do not matter: some cameras change them at every key frame.
 */
export function sameForDecoder(a: H264Track, b: H264Track): boolean {
  if (a === b) return true;
  if (a.timescale !== b.timescale || a.pps.length !== b.pps.length) return false;
  if (!a.pps.every((pps, index) => sameBytes(trimmed(pps), trimmed(b.pps[index]!)))) return false;
  return sameBytes(a.sps, b.sps) || sameSpsForDecoder(parseH264Sps(a.sps), parseH264Sps(b.sps));
}

/** Ids of a picture parameter set and of the SPS that it refers to. @throws NightjarError `parameter_sets_malformed` */
export function parseH264PpsIds(nalUnit: Uint8Array): { readonly id: number; readonly spsId: number } {
  if (nalUnit.length < 2 || nalUnitType(nalUnit[0]!) !== nalType.pps) {
    throw malformedPps('it is no picture parameter set');
  }
  const reader = new BitReader(rawPayload(nalUnit));
  try {
    const id = reader.ue();
    const spsId = reader.ue();
    if (id > 255 || spsId > 31) throw new RangeError(`ids ${id} and ${spsId} are out of range`);
    return { id, spsId };
  } catch (error) {
    if (error instanceof EndOfBytes || error instanceof RangeError) throw malformedPps(error.message);
    throw error;
  }
}

const malformedPps = (detail: string) =>
  new NightjarError('parameter_sets_malformed', `The PPS cannot be read: ${detail}.`);

const trimmed = (nalUnit: Uint8Array) => nalUnit.subarray(0, endWithoutZeros(nalUnit, 0, nalUnit.length));
