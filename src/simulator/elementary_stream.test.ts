import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitAdts, splitPictures } from './elementary_stream.ts';

const nal = (type: number, ...rest: number[]) => [0, 0, 0, 1, 0x60 | type, ...rest];

test('a picture is its slices and what stands before them', () => {
  const stream = Uint8Array.from(
    [nal(7, 1), nal(8, 2), nal(5, 0x80, 3), nal(5, 0x40, 4), nal(1, 0x9a), nal(9, 5), nal(1, 0xff, 6)].flat(),
  );
  const pictures = splitPictures(stream);
  const types = pictures.map((picture) => picture.nalUnits.map((nalUnit) => nalUnit[0]! & 0x1f));
  assert.deepEqual(types, [[7, 8, 5, 5], [1], [9, 1]]);
  assert.deepEqual(
    pictures.map((picture) => picture.keyFrame),
    [true, false, false],
  );
  assert.deepEqual([...pictures[0]!.nalUnits[1]!], [0x68, 2], 'no zero of the next start code');
});

test('a stream without slices has no pictures', () => {
  assert.deepEqual(splitPictures(new Uint8Array()), []);
  assert.deepEqual(splitPictures(Uint8Array.from(nal(7, 1))), []);
});

test('ADTS headers give way to the AudioSpecificConfig', () => {
  // AAC-LC, 48 kHz (index 3), 2 channels, 9 bytes with the header, no CRC.
  const header = [0xff, 0xf1, 0x4c, 0x80, 0x01, 0x20, 0xfc];
  const { config, frames } = splitAdts(Uint8Array.from([...header, 1, 2, ...header, 3, 4]));
  assert.deepEqual([...config], [0x11, 0x90]);
  assert.deepEqual(
    frames.map((frame) => [...frame]),
    [
      [1, 2],
      [3, 4],
    ],
  );
  assert.throws(
    () => splitAdts(Uint8Array.from([...header, 1, 2, 3, 4, 5, 6, 7, 8, 9])),
    /no ADTS header at offset 9/,
  );
});
