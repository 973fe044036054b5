/** Width and height in samples. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Larger pictures have no place in an MP4 file. */
const maxSamples = 65_535;

/**
 * The size of the pictures by the attributes that tell it beside the payload: `a=framesize:26 1920-1080` (3GPP TS 26.234
 * section 5.3.3.2), `a=x-dimensions:1920,1080`, `a=cliprect:0,0,1080,1920` (top, left, bottom, right). The first that can
 * be read counts.
 */
export function describedPictureSize(
  attributes: readonly { readonly name: string; readonly value: string }[],
  payloadType: number,
): PictureSize | undefined {
  for (const { name, value } of attributes) {
    const numbers = (value.match(/\d{1,5}/g) ?? []).map(Number);
    const size = readSize(name, numbers, payloadType);
    if (size && size.width > 0 && size.height > 0 && Math.max(size.width, size.height) <= maxSamples) {
      return size;
    }
  }
  return undefined;
}

function readSize(name: string, numbers: readonly number[], payloadType: number): PictureSize | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0] = numbers;
  if (name === 'framesize' && first === payloadType) return { width: second, height: third };
  if (name === 'x-dimensions') return { width: first, height: second };
  if (name === 'cliprect') return { width: fourth - second, height: third - first };
  return undefined;
}
