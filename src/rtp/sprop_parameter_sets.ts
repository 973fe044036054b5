/**
 * The format parameters `sprop-parameter-sets` (RFC 6184 section 8.1) and `sprop-vps`, `sprop-sps`, `sprop-pps`
 * (RFC 7798 section 7.1): parameter sets in base64, between commas.
 *
 * Tolerated on purpose: rubbish (VStarcam), blanks, start codes inside, several NAL units in one value.
 */

import { type NalSyntax, splitAnnexB } from '../media/nal_unit.ts';

/** More are not looked at. */
const maxNalUnits = 64;

/** The parameter sets in the value; none when it is missing or rubbish. */
export function parseSpropParameterSets(
  value: string | undefined,
  syntax: Pick<NalSyntax, 'typeOf' | 'isParameterSet'>,
): Uint8Array[] {
  const nalUnits: Uint8Array[] = [];
  for (const part of (value ?? '').split(',', maxNalUnits)) {
    for (const nalUnit of splitAnnexB(Buffer.from(part, 'base64'), maxNalUnits)) {
      if (syntax.isParameterSet(syntax.typeOf(nalUnit[0]!))) nalUnits.push(nalUnit);
    }
  }
  return nalUnits;
}
