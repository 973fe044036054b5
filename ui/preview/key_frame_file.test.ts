import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../src/bytes/writer.ts';
import type { VideoTrack } from '../../src/media/track.ts';
import { box } from '../../src/mp4/box.ts';
import { initSegment } from '../../src/mp4/init_segment.ts';
import { movieTrack } from '../../src/mp4/movie_track.ts';
import { testVideoTrack } from '../../test/fixtures/synthetic_media.ts';
import { readKeyFrameFile } from './key_frame_file.ts';

const coded = Uint8Array.from([0, 0, 0, 2, 0x65, 0x88]);

/** As the server answers. */
function file(track: VideoTrack): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(1024);
  writer.append(initSegment([movieTrack(1, track)]));
  box(writer, 'moof', () => writer.zeros(40));
  box(writer, 'mdat', () => writer.append(coded));
  return Uint8Array.from(writer.bytes());
}

test('of H.264 a decoder gets the configuration and the picture', () => {
  const read = readKeyFrameFile(file(testVideoTrack))!;
  const { width, height, sps } = testVideoTrack;
  assert.deepEqual([read.entry, read.width, read.height], ['avc1', width, height]);
  assert.deepEqual(read.data, coded);
  // AVCDecoderConfigurationRecord: version 1, then profile, compatibility and level of the SPS.
  assert.deepEqual([...read.description!.subarray(0, 4)], [1, ...sps.subarray(1, 4)]);
});

test('the size is that of the picture in square pixels', () => {
  const pixelAspectRatio = { horizontal: 4, vertical: 3 };
  const { width, height } = readKeyFrameFile(file({ ...testVideoTrack, pixelAspectRatio }))!;
  assert.deepEqual([width, height], [Math.round((testVideoTrack.width * 4) / 3), testVideoTrack.height]);
});

test('MJPEG has no configuration', () => {
  const jpeg: VideoTrack = {
    ...{ kind: 'video', codec: 'jpeg', codecString: 'jpeg', timescale: 90_000, width: 640, height: 480 },
    ...{ pixelAspectRatio: { horizontal: 1, vertical: 1 }, reorderDepth: 0 },
  };
  const read = readKeyFrameFile(file(jpeg))!;
  assert.deepEqual([read.entry, read.description, read.width, read.height], ['jpeg', undefined, 640, 480]);
});

test('a file that is cut off or something else is none', () => {
  const whole = file(testVideoTrack);
  for (let length = 0; length < whole.length; length++) {
    assert.equal(readKeyFrameFile(whole.slice(0, length)), undefined, `${length} bytes`);
  }
  assert.equal(
    readKeyFrameFile(Uint8Array.from(Array.from({ length: 500 }, (_, index) => index))),
    undefined,
  );
});

test('no byte that is wrong makes it fail', () => {
  const whole = file(testVideoTrack);
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff]) readKeyFrameFile(whole.with(at, value));
  }
});
