/**
 * The format parameter `sprop-parameter-sets`, RFC 6184 section 8.1: parameter sets in base64, between commas.
 *
 * Tolerated on purpose: rubbish (VStarcam), blanks, start codes inside, several NAL units in one value.
 */

import { nalType, nalUnitType, splitAnnexB } from '../media/nal_unit.ts';

/** More are not looked at. */
const maxNalUnits = 64;

/** The SPS and PPS in the value; none when it is missing or rubbish. */
export function parseSpropParameterSets(value: string | undefined): Uint8Array[] {
  const nalUnits: Uint8Array[] = [];
  for (const part of (value ?? '').split(',', maxNalUnits)) {
    for (const nalUnit of splitAnnexB(Buffer.from(part, 'base64'), maxNalUnits)) {
      const type = nalUnitType(nalUnit[0]!);
      if (type === nalType.sps || type === nalType.pps) nalUnits.push(nalUnit);
    }
  }
  return nalUnits;
}
