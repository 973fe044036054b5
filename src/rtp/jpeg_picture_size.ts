/** Width and height of a picture in samples. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Sizes of cameras beyond the 2,040 samples that RFC 2435 can tell. Some send the lowest 8 bits of such a size, and what is
 * left is the size of no camera: 2,560 x 1,440 becomes 512 x 1,440.
 */
const largeSizes: readonly PictureSize[] = [
  { width: 2304, height: 1296 },
  { width: 2560, height: 1440 },
  { width: 2560, height: 1920 },
  { width: 2592, height: 1944 },
  { width: 2688, height: 1520 },
  { width: 3072, height: 1728 },
  { width: 3840, height: 2160 },
];

/**
 * The size of a picture by its RTP header and the session description. The header tells it in units of 8, so that the
 * description is more exact where both agree, and it is all there is where the header has zeros (RFC 2435 section 3.1.5).
 *
 * @param width in units of 8 samples, 0 to 255
 * @param height likewise
 * @returns undefined when nothing tells it
 */
export function jpegPictureSize(
  width: number,
  height: number,
  described: PictureSize | undefined,
): PictureSize | undefined {
  const agrees = (size: PictureSize) => inLowBits(size.width) === width && inLowBits(size.height) === height;
  if (described && ((width === 0 && height === 0) || agrees(described))) return described;
  if (width === 0 || height === 0) return largeSizes.find(agrees);
  return largeSizes.find(agrees) ?? { width: width * 8, height: height * 8 };
}

/** As a header has it: units of 8, rounded up, of which 8 bits are left. */
const inLowBits = (samples: number): number => Math.ceil(samples / 8) & 0xff;
