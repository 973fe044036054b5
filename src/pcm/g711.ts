/** G.711: the sample that each of the 256 codes of A-law and mu-law stands for, in 16 bits. */

/** ITU-T G.711 table 2a: 13 bits; every other bit of a code is inverted. */
export const aLawSamples = Int16Array.from({ length: 256 }, (_, code) => {
  const value = code ^ 0x55;
  const segment = (value >> 4) & 7;
  const step = ((value & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return value & 0x80 ? magnitude : -magnitude;
});

/** ITU-T G.711 table 2b: 14 bits; all bits of a code are inverted. */
export const muLawSamples = Int16Array.from({ length: 256 }, (_, code) => {
  const value = ~code & 0xff;
  const magnitude = ((((value & 0x0f) << 3) + 0x84) << ((value >> 4) & 7)) - 0x84;
  return value & 0x80 ? -magnitude : magnitude;
});
