import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initSegment } from '../../src/mp4/init_segment.ts';
import { liveFragment } from '../../src/mp4/live_fragment.ts';
import { movieTrack } from '../../src/mp4/movie_track.ts';
import { trackTicks, unixMillis } from '../../src/units/time.ts';
import { boxTree } from '../../test/fixtures/box_tree.ts';
import {
  syntheticSamples,
  syntheticVideo,
  testOpusTrack,
  testVideoTrack,
} from '../../test/fixtures/synthetic_media.ts';
import { hideSoundTracks, hideTracks, mimeTypeWithoutSound } from './without_sound.ts';

const lines = (bytes: Uint8Array, type: RegExp) =>
  boxTree(bytes)
    .split('\n')
    .map((line) => line.trim().split(' ')[0]!)
    .filter((word) => type.test(word));

test('the codecs behind the first are those of the sound', () => {
  assert.equal(
    mimeTypeWithoutSound('video/mp4; codecs="avc1.64001f, opus"'),
    'video/mp4; codecs="avc1.64001f"',
  );
  assert.equal(mimeTypeWithoutSound('video/mp4; codecs="avc1.64001f"'), 'video/mp4; codecs="avc1.64001f"');
});

test('the sound of a header and of its fragments becomes free space, and nothing moves', () => {
  const init = new Uint8Array(initSegment([movieTrack(1, testVideoTrack), movieTrack(2, testOpusTrack)]));
  const bytes = init.length;
  assert.deepEqual(lines(init, /^tra?[ek][xk]?$/), ['trak', 'trak', 'trex', 'trex']);
  const hidden = hideSoundTracks(init);
  assert.deepEqual([...hidden], [2]);
  assert.deepEqual(lines(init, /^tra?[ek][xk]?$/), ['trak', 'trex']);
  assert.equal(init.length, bytes);

  const track = (trackId: number, timescale: number, samples: ReturnType<typeof syntheticVideo>) => ({
    trackId,
    offsetTicks: trackTicks(0),
    timescale,
    samples,
  });
  const fragment = new Uint8Array(
    liveFragment({
      sequenceNumber: 1,
      arrivalMs: unixMillis(1_700_000_000_000),
      tracks: [
        track(1, 90_000, syntheticVideo(1)),
        track(2, 48_000, syntheticSamples([{ size: 10, duration: 960, keyFrame: true }])),
      ],
    }),
  );
  hideTracks(fragment, hidden);
  assert.deepEqual(lines(fragment, /^(traf|free)$/), ['traf', 'free']);
});

test('bytes that are no boxes stay as they are', () => {
  for (const bytes of [
    Uint8Array.of(),
    Uint8Array.of(0, 0, 0, 9, 109, 111, 111, 118, 1),
    new Uint8Array(40),
  ]) {
    const before = Uint8Array.from(bytes);
    assert.equal(hideSoundTracks(bytes).size, 0);
    hideTracks(bytes, new Set([2]));
    assert.deepEqual(bytes, before);
  }
});
