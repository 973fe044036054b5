/**
 * How G.726 samples of 2 to 5 bits are packed into bytes. RFC 3551 section 4.5.4 puts the first one into the least
 * significant bits; ITU-T I.366.2 annex E (AAL2), which files follow, into the most significant ones:
 *
 *     RFC 3551, 3 bits     |c c b b b a a a|f e e e d d d c|h h h g g g f f|
 *     I.366.2, 3 bits      |a a a b b b c c|c d d d e e e f|f f g g g h h h|
 */

/**
 * Turns samples packed as in RFC 3551 into those of I.366.2, in place.
 *
 * @param bytes whole samples; bits behind the last one become zeros
 * @param sampleBits 2 to 5
 */
export function repackG726(bytes: Uint8Array, sampleBits: number): void {
  const mask = (1 << sampleBits) - 1;
  let taken = 0;
  let takenBits = 0;
  let given = 0;
  let givenBits = 0;
  let at = 0;
  for (const byte of bytes) {
    taken |= byte << takenBits;
    takenBits += 8;
    for (; takenBits >= sampleBits; takenBits -= sampleBits) {
      given = (given << sampleBits) | (taken & mask);
      givenBits += sampleBits;
      taken >>= sampleBits;
      if (givenBits < 8) continue;
      givenBits -= 8;
      bytes[at++] = given >> givenBits;
      given &= (1 << givenBits) - 1;
    }
  }
  if (givenBits > 0) bytes[at] = given << (8 - givenBits);
}
