/** Numbers in pictures that survive recording and clipping as bytes, so that nothing needs to be decoded. Pure. */

export interface PictureMark {
  readonly camera: number;
  /** Counts the pictures of the camera, over all its sessions. */
  readonly number: number;
  /** When it was sent, Unix milliseconds. */
  readonly sentMs: number;
}

/** The UUID of a user data SEI message (ISO/IEC 14496-10 section D.1.7), readable. */
const uuid = 'nightjar-marks-1';
const pattern = /nightjar-marks-1c(\d+)n(\d+)t(\d+);/g;

/** A NAL unit for the front of a picture. @param bytes of filling behind the mark, 0 by default */
export function markNalUnit({ camera, number, sentMs }: PictureMark, bytes = 0): Buffer {
  const payload = Buffer.from(`${uuid}c${camera}n${number}t${sentMs};${'.'.repeat(bytes)}`, 'latin1');
  const size = [...Array(Math.floor(payload.length / 255)).fill(0xff), payload.length % 255];
  return Buffer.concat([Buffer.from([0x06, 0x05, ...size]), payload, Buffer.from([0x80])]);
}

/** All marks in a file or clip, in the order of its bytes. */
export function findMarks(bytes: Uint8Array): PictureMark[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return [...text.matchAll(pattern)].map(([, camera, number, sentMs]) => ({
    camera: Number(camera),
    number: Number(number),
    sentMs: Number(sentMs),
  }));
}
