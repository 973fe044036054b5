import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testRootId } from '../../test/fixtures/test_root.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import type { PlayableSegment } from './playable_segment.ts';
import { maxPlaylistMs, type PlaylistRequest, planPlaylist } from './playlist.ts';

const startMs = Date.UTC(2026, 0, 1);

interface SegmentShape {
  id: string;
  runId?: string;
  number?: number;
  /** Wall time from the start of the test. */
  atMs: number;
  /** Length of each group of pictures, in seconds; each has a fragment for each second. */
  gops: number[];
  videoHash?: string;
  audioHash?: string;
  audio?: 'mp4a.40.2' | 'opus' | 'alaw' | 'ulaw' | 'twos' | 'g722' | 'g726' | undefined;
  open?: boolean;
}

/** A segment whose media time is wall time from the start of the test. */
function segment(shape: SegmentShape): PlayableSegment {
  const {
    id,
    runId = 'run',
    number = 0,
    atMs,
    gops,
    videoHash = 'v',
    audioHash = 'a',
    audio,
    open = false,
  } = shape;
  const fragments: FragmentEntry[] = [];
  let seconds = 0;
  for (const gop of gops) {
    for (let second = 0; second < gop; second++) {
      const length = Math.min(1, gop - second);
      const ms = unixMillis(startMs + atMs + seconds * 1000);
      fragments.push({
        offset: 1_000 + fragments.length * 100,
        bytes: 100,
        startTicks: trackTicks(Math.round(seconds * 90_000)),
        durationTicks: trackTicks(Math.round(length * 90_000)),
        startMs: ms,
        arrivalMs: ms,
        keyFrame: second === 0,
      });
      seconds += length;
    }
  }
  const video = {
    trackId: 1,
    kind: 'video' as const,
    codecString: 'avc1.64001f',
    timescale: 90_000,
    offsetTicks: trackTicks(atMs * 90),
    sampleEntryHash: videoHash,
  };
  const sound = { ...video, trackId: 2, kind: 'audio' as const, sampleEntryHash: audioHash };
  return {
    id,
    runId,
    number,
    rootId: testRootId,
    path: `${id}.mp4`,
    startMs: unixMillis(startMs + atMs),
    endMs: unixMillis(startMs + atMs + seconds * 1000),
    overlap: false,
    fileBytes: open ? undefined : 10_000_000,
    tracks: audio ? [video, { ...sound, codecString: audio }] : [video],
    fragments,
  };
}

function plan(
  segments: PlayableSegment[],
  options: { from?: number; to?: number; now?: number; tracks?: 'video' | 'flac' } = {},
) {
  const request: PlaylistRequest = {
    segments,
    fromMs: unixMillis(startMs + (options.from ?? 0)),
    toMs: options.to === undefined ? undefined : unixMillis(startMs + options.to),
    nowMs: unixMillis(startMs + (options.now ?? 3_600_000)),
    tracks: options.tracks ?? 'all',
  };
  return planPlaylist(request);
}

/** The lines that tell media segments and what changes between them. */
const body = (text: string) =>
  text.split('\n').filter((line) => line.startsWith('segments/') || /DISCONTINUITY|MAP|ENDLIST/.test(line));

test('a finished window is a list of groups of pictures with their wall time', () => {
  const text = plan([segment({ id: 'one', atMs: 0, gops: [2, 2, 1] })], { to: 60_000 });
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="segments/one/init-v.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:2.000000,
segments/one/1000-1200-v.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z
#EXTINF:2.000000,
segments/one/1200-1400-v.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:04.000Z
#EXTINF:1.000000,
segments/one/1400-1500-v.m4s
#EXT-X-ENDLIST
`,
  );
});

test('groups shorter than two seconds are joined, and one longer than twenty is cut', () => {
  const text = plan([segment({ id: 'one', atMs: 0, gops: [1, 1, 1, 1, 25] })], { to: 60_000 });
  assert.deepEqual(
    [...text.matchAll(/#EXTINF:(\d+)/g)].map(([, seconds]) => Number(seconds)),
    [2, 2, 20, 5],
  );
  assert.match(text, /TARGETDURATION:20\n/);
  assert.doesNotMatch(text, /INDEPENDENT/);
});

test('segments of one run follow each other without a break', () => {
  const segments = [
    segment({ id: 'a', atMs: 0, gops: [2] }),
    segment({ id: 'b', number: 1, atMs: 2_000, gops: [2] }),
  ];
  assert.deepEqual(body(plan(segments, { to: 60_000 })), [
    '#EXT-X-MAP:URI="segments/a/init-v.mp4"',
    'segments/a/1000-1200-v.m4s',
    'segments/b/1000-1200-v.m4s',
    '#EXT-X-ENDLIST',
  ]);
});

const breaks: {
  name: string;
  second: Partial<SegmentShape> & { atMs: number };
  map: boolean;
  shift?: string;
}[] = [
  { name: 'a new run', second: { runId: 'other', atMs: 2_000 }, map: false, shift: '-100' },
  { name: 'a gap', second: { number: 1, atMs: 7_000 }, map: false },
  { name: 'a segment that is missing', second: { number: 2, atMs: 2_000 }, map: false },
  { name: 'new parameters', second: { number: 1, atMs: 2_000, videoHash: 'w' }, map: true },
];
for (const { name, second, map, shift = '' } of breaks) {
  test(`${name} is a discontinuity`, () => {
    const segments = [segment({ id: 'a', atMs: 0, gops: [2] }), segment({ id: 'b', gops: [2], ...second })];
    assert.deepEqual(body(plan(segments, { to: 60_000 })), [
      '#EXT-X-MAP:URI="segments/a/init-v.mp4"',
      'segments/a/1000-1200-v.m4s',
      '#EXT-X-DISCONTINUITY',
      ...(map ? ['#EXT-X-MAP:URI="segments/b/init-v.mp4"'] : []),
      `segments/b/1000-1200-v${shift}.m4s`,
      '#EXT-X-ENDLIST',
    ]);
  });
}

test('parameters that come back use the first init segment again', () => {
  const hashes = ['v', 'w', 'v'];
  const segments = hashes.map((videoHash, number) =>
    segment({ id: `s${number}`, number, atMs: number * 2_000, gops: [2], videoHash }),
  );
  const maps = body(plan(segments, { to: 60_000 })).filter((line) => line.includes('MAP'));
  assert.deepEqual(
    maps.map((line) => line.split('/')[1]),
    ['s0', 's1', 's0'],
  );
});

test('the list begins with the group that holds the instant and says where to begin in it', () => {
  const text = plan([segment({ id: 'a', atMs: 0, gops: [2, 2, 2, 2] })], { from: 3_500, to: 4_001 });
  assert.deepEqual(body(text).slice(1, -1), ['segments/a/1200-1400-v.m4s', 'segments/a/1400-1600-v.m4s']);
  assert.match(text, /#EXT-X-START:TIME-OFFSET=1\.500,PRECISE=YES\n/);
});

test('the list begins with the key frame that its first picture needs, however long ago that was', () => {
  const long = segment({ id: 'a', atMs: 0, gops: [2, 65, 2] });
  const text = plan([long], { from: 60_500, to: 61_000 });
  assert.deepEqual(body(text).slice(1, -1), [
    'segments/a/1200-3200-v.m4s',
    'segments/a/3200-5200-v.m4s',
    'segments/a/5200-7200-v.m4s',
  ]);
  assert.match(text, /#EXT-X-START:TIME-OFFSET=58\.500,PRECISE=YES\n/);
});

const sounds = [
  { name: 'AAC is offered', audio: ['mp4a.40.2', 'mp4a.40.2'], tracks: undefined, letters: 'av' },
  {
    name: 'AAC is left out when pictures alone are asked for',
    audio: ['mp4a.40.2', 'mp4a.40.2'],
    tracks: 'video',
    letters: 'v',
  },
  { name: 'Opus is offered', audio: ['opus', 'opus'], tracks: undefined, letters: 'av' },
  ...(['ulaw', 'twos', 'g722', 'g726'] as const).map(
    (codec) =>
      ({ name: `${codec} is not offered`, audio: [codec, codec], tracks: undefined, letters: 'v' }) as const,
  ),
  {
    name: 'sound that is not there all the time is not offered',
    audio: ['mp4a.40.2', undefined],
    tracks: undefined,
    letters: 'v',
  },
  ...(['ulaw', 'alaw', 'twos'] as const).map(
    (codec) =>
      ({
        name: `${codec} is offered as FLAC to whom it helps`,
        audio: [codec, codec],
        tracks: 'flac',
        letters: 'avf',
      }) as const,
  ),
  { name: 'AAC stays AAC', audio: ['mp4a.40.2', 'mp4a.40.2'], tracks: 'flac', letters: 'av' },
  {
    name: 'sound that is not there all the time is not offered as FLAC either',
    audio: ['alaw', undefined],
    tracks: 'flac',
    letters: 'v',
  },
] as const;
for (const { name, audio, tracks, letters } of sounds) {
  test(name, () => {
    const segments = audio.map((codec, number) =>
      segment({ id: `s${number}`, number, atMs: number * 2_000, gops: [2], audio: codec }),
    );
    const text = plan(segments, { to: 60_000, ...(tracks ? { tracks } : {}) });
    const named = [...text.matchAll(/-(av|avf|v)\.(?:m4s|mp4)/g)].map(([, letter]) => letter);
    assert.deepEqual(named, [letters, letters, letters]);
  });
}

test('a list tells which sound is not as it was recorded, also where the camera began to send another kind', () => {
  const segments = (['mp4a.40.2', 'alaw', 'ulaw'] as const).map((audio, number) =>
    segment({ id: `s${number}`, number, atMs: number * 2_000, gops: [2], audio, audioHash: audio }),
  );
  const text = plan(segments, { to: 60_000, tracks: 'flac' });
  assert.deepEqual(
    text.split('\n').filter((line) => /^(segments|# |#EXT-X-MAP)/.test(line)),
    [
      '#EXT-X-MAP:URI="segments/s0/init-av.mp4"',
      'segments/s0/1000-1200-av.m4s',
      '# Sound recorded as alaw, given as FLAC without loss.',
      '#EXT-X-MAP:URI="segments/s1/init-avf.mp4"',
      'segments/s1/1000-1200-avf.m4s',
      '# Sound recorded as ulaw, given as FLAC without loss.',
      '#EXT-X-MAP:URI="segments/s2/init-avf.mp4"',
      'segments/s2/1000-1200-avf.m4s',
    ],
  );
});

test('a list without an end is an EVENT that begins at its beginning and holds back what may still grow', () => {
  const grown = segment({ id: 'b', number: 1, atMs: 4_000, gops: [2, 3], open: true });
  const text = plan([segment({ id: 'a', atMs: 0, gops: [2, 2] }), grown], { now: 9_000 });
  assert.match(text, /#EXT-X-TARGETDURATION:6\n/);
  assert.match(text, /#EXT-X-PLAYLIST-TYPE:EVENT\n/);
  assert.match(text, /#EXT-X-START:TIME-OFFSET=0\.000,PRECISE=YES\n/);
  assert.doesNotMatch(text, /ENDLIST/);
  assert.deepEqual(body(text).slice(1), [
    'segments/a/1000-1200-v.m4s',
    'segments/a/1200-1400-v.m4s',
    'segments/b/1000-1200-v.m4s',
  ]);
});

test('an end in the future makes a list that grows, one that has passed shows also what is not finished', () => {
  const open = segment({ id: 'a', atMs: 0, gops: [2, 1.5], open: true });
  assert.match(plan([open], { to: 10_000, now: 9_999 }), /EVENT/);
  const ended = plan([open], { to: 10_000, now: 10_000 });
  assert.deepEqual(body(ended).slice(1), [
    'segments/a/1000-1200-v.m4s',
    'segments/a/1200-1400-v.m4s',
    '#EXT-X-ENDLIST',
  ]);
});

test('however a segment grows, a list only gets longer', () => {
  const gops = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(gops, gops, (first, second) => {
      const whole = segment({ id: 'a', atMs: 0, gops: first });
      const next = segment({ id: 'b', number: 1, atMs: whole.endMs - startMs, gops: second, open: true });
      let before = '';
      for (let count = 1; count <= next.fragments.length; count++) {
        const text = plan([whole, { ...next, fragments: next.fragments.slice(0, count) }]);
        const listed = body(text).join('\n');
        assert.ok(listed.startsWith(before), `${before}\n---\n${listed}`);
        before = listed;
      }
    }),
    { numRuns: 30 },
  );
});

test('no group is longer than the target duration, and together they are the footage', () => {
  const gops = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(gops, (lengths) => {
      const text = plan([segment({ id: 'a', atMs: 0, gops: lengths })], { to: 1_000_000 });
      const target = Number(/TARGETDURATION:(\d+)/.exec(text)![1]);
      const groups = [...text.matchAll(/#EXTINF:([\d.]+)/g)].map(([, seconds]) => Number(seconds));
      assert.ok(groups.every((seconds) => Math.round(seconds) <= target));
      assert.equal(
        Math.round(groups.reduce((sum, seconds) => sum + seconds, 0)),
        lengths.reduce((a, b) => a + b, 0),
      );
    }),
  );
});

test('nothing in a window that is over is an error, in one that grows it is an empty list', () => {
  assert.throws(() => plan([], { to: 1_000 }), { code: 'no_footage' });
  assert.match(plan([], { now: 1_000 }), /EVENT/);
});

test('a window that is too long or turned around is refused', () => {
  assert.throws(() => plan([], { to: maxPlaylistMs + 1 }), {
    code: 'window_too_long',
    message: /at most 25 hours/,
  });
  assert.throws(() => plan([], { now: maxPlaylistMs + 1 }), { code: 'window_too_long' });
  assert.throws(() => plan([], { to: 0 }), { code: 'request_invalid' });
});

test('entries that are converted begin with key frames and have headers of their own', () => {
  const request = { fromMs: unixMillis(startMs), toMs: unixMillis(startMs + 60_000) };
  const text = planPlaylist({
    ...{ ...request, segments: [segment({ id: 'a', atMs: 0, gops: [2, 25], audio: 'mp4a.40.2' })] },
    ...{ nowMs: unixMillis(startMs + 100_000), tracks: 'h264' },
  });
  assert.deepEqual(
    text.split('\n').filter((line) => /^(#EXTINF|segments|#EXT-X-MAP)/.test(line)),
    [
      '#EXT-X-MAP:URI="segments/a/1000-1200-t.mp4"',
      '#EXTINF:2.000000,',
      'segments/a/1000-1200-t.m4s',
      '#EXT-X-MAP:URI="segments/a/1200-3700-t.mp4"',
      '#EXTINF:25.000000,',
      'segments/a/1200-3700-t.m4s',
    ],
  );
});

test('of key frames alone each entry has one, and tells what cannot be decoded without it', () => {
  const long = segment({ id: 'a', atMs: 0, gops: [2, 45, 3] });
  const plan = (segments: PlayableSegment[], more: Partial<PlaylistRequest> = {}) =>
    planPlaylist({
      segments,
      fromMs: unixMillis(startMs),
      toMs: unixMillis(startMs + 60_000),
      nowMs: unixMillis(startMs + 100_000),
      tracks: 'key',
      ...more,
    });
  const entries = (text: string) => text.split('\n').filter((line) => /^(#EXTINF|segments)/.test(line));
  assert.deepEqual(entries(plan([long])), [
    '#EXTINF:2.000000,',
    'segments/a/1000-1200-k.m4s',
    '#EXTINF:45.000000,',
    'segments/a/1200-5700-k.m4s',
    '#EXTINF:3.000000,',
    'segments/a/5700-6000-k.m4s',
  ]);
  const withSound = plan([segment({ id: 'b', atMs: 0, gops: [2, 2], audio: 'mp4a.40.2' })]);
  assert.match(withSound, /init-k\.mp4/);
  // What may still become longer is not listed yet.
  const growing = plan([segment({ id: 'c', atMs: 0, gops: [2, 2, 2], open: true })], { toMs: undefined });
  assert.deepEqual(entries(growing).slice(1), ['segments/c/1000-1200-k.m4s']);
});
