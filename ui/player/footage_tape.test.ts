import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FootageTape } from './footage_tape.ts';
import { parsePlaylist } from './media_playlist.ts';

const start = Date.UTC(2026, 10, 21, 14);
const video = { trackId: 1, timescale: 90_000 };

/** A list of entries of two seconds at these instants, in seconds from the start. */
function list(seconds: readonly number[], growing = false) {
  const lines = seconds.flatMap((second, index) => [
    ...(index > 0 && second - seconds[index - 1]! > 2 ? ['#EXT-X-DISCONTINUITY'] : []),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(start + second * 1000).toISOString()}`,
    '#EXTINF:2.000000,',
    `segments/a/${second}.m4s`,
  ]);
  const text = [
    '#EXTM3U',
    '#EXT-X-MAP:URI="segments/a/init.mp4"',
    ...lines,
    ...(growing ? [] : ['#EXT-X-ENDLIST']),
  ];
  return parsePlaylist(`${text.join('\n')}\n`, 'http://server/api/v1/cameras/1/playlist.m3u8');
}

/** 50 pictures in two seconds, on a time line of the file's own. */
function times(ownSeconds: number, cts = 0) {
  const ticks = Array.from({ length: 50 }, (_, index) => ownSeconds * 90_000 + index * 3600 + cts);
  return { ticks, anchorTicks: ticks[0]!, endTicks: ticks.at(-1)! + 3600, startsWithKeyFrame: true };
}

function tapeOf(seconds: readonly number[], toSeconds: number, growing = false): FootageTape {
  const tape = new FootageTape(start - 86_400_000, start);
  tape.add(list(seconds, growing), start, start + toSeconds * 1000);
  return tape;
}

test('a playlist is read as the server writes it', () => {
  const { entries, growing } = list([0, 2], true);
  assert.equal(growing, true);
  assert.deepEqual(entries[1], {
    startMs: start + 2000,
    durationMs: 2000,
    url: 'http://server/api/v1/cameras/1/segments/a/2.m4s',
    initUrl: 'http://server/api/v1/cameras/1/segments/a/init.mp4',
  });
});

test('what is no such playlist is refused', () => {
  for (const text of ['<html>', '#EXTM3U\nx.m4s\n', '#EXTM3U\n#EXT-X-MAP:URI="i"\n#EXTINF:2,\nx.m4s']) {
    assert.throws(() => parsePlaylist(text, 'http://server/'), RangeError);
  }
});

test('gaps are holes: instants and media time are the same but for the origin', () => {
  const tape = tapeOf([0, 2, 60], 300);
  for (const [index, entry] of tape.entries.entries()) {
    const shift = tape.place(entry, times(index * 2), video);
    entry.loaded = true;
    assert.equal(shift, (entry.startMs - tape.originMs) / 1000 - index * 2);
  }
  assert.equal(tape.secondsAt(start + 60_080), 86_460.08 + 0.0005);
  assert.equal(tape.instantAt(86_460.08), start + 60_080);
  assert.equal(tape.instantAt(86_430), undefined);
  assert.equal(tape.entryAt(start + 30_000), undefined);
});

test('every picture comes back from where a seek to it goes, whatever the composition offset', () => {
  const tape = tapeOf([0, 2], 300);
  for (const entry of tape.entries) {
    tape.place(entry, times((entry.startMs - start) / 1000, 7200), video);
    entry.loaded = true;
  }
  for (let picture = 0; picture < 100; picture++) {
    const ms = start + picture * 40;
    assert.equal(Math.round(tape.instantAt(tape.secondsAt(ms + 17)!)!), ms);
  }
});

test('within a stretch media follows without a break though the wall clock is slewed', () => {
  const tape = new FootageTape(start, start);
  const slewed = list([0, 2]);
  tape.add(
    { ...slewed, entries: [slewed.entries[0]!, { ...slewed.entries[1]!, startMs: start + 2003 }] },
    start,
    start + 9000,
  );
  const shifts = tape.entries.map((entry, index) => tape.place(entry, times(index * 2), video));
  assert.equal(shifts[0], shifts[1]);
  assert.equal(tape.instantAt(2.0), start + 2003, 'but its pictures have their own instants');
});

test('what follows: more, a break, the present, a list that ended', () => {
  const tape = tapeOf([0, 2, 60], 62);
  const [first, second, third] = tape.entries;
  assert.deepEqual(tape.following(first!), { kind: 'goes_on', entry: second });
  assert.deepEqual(tape.following(second!), { kind: 'break', nextMs: start + 60_000 });
  assert.equal(tape.following(third!).kind, 'unlisted');
  const alone = tapeOf([0, 2], 300);
  assert.deepEqual(alone.following(alone.entries[1]!), { kind: 'break', nextMs: undefined });
  const growing = tapeOf([0, 2], 300, true);
  assert.equal(growing.following(growing.entries[1]!).kind, 'present');
  assert.equal(growing.toMs, start + 4000, 'what comes is listed again from there');
});

test('lists are joined at either end, and what both tell of is taken once', () => {
  const tape = tapeOf([10, 12], 14);
  tape.add(list([12, 14, 16], true), start + 14_000, start + 60_000);
  tape.add(list([6, 8]), start - 20_000, start);
  assert.deepEqual(
    tape.entries.map(({ startMs }) => (startMs - start) / 1000),
    [6, 8, 10, 12, 14, 16],
  );
  assert.equal(tape.growing, true);
  tape.add(list([16, 18], true), tape.toMs, start + 60_000);
  assert.equal(tape.entries.length, 7);
  assert.equal(tape.toMs, start + 20_000);
});

test('neighbours are found within an entry, across entries and across gaps', () => {
  const tape = tapeOf([0, 2, 60], 300);
  for (const [index, entry] of tape.entries.entries()) tape.place(entry, times(index * 2), video);
  assert.equal(tape.neighbour(start + 1960, 1), start + 2000);
  assert.equal(tape.neighbour(start + 2000, -1), start + 1960);
  assert.equal(tape.neighbour(start + 3960, 1), start + 60_000);
  assert.equal(tape.neighbour(start + 60_000, -1), start + 3960);
  assert.equal(tape.neighbour(start, -1), undefined);
});

test('around an instant without footage, the hole is told up to the next entry or the end of the lists', () => {
  const tape = tapeOf([0, 2, 60], 300);
  const hole = (seconds: number) => {
    const { startMs, endMs } = tape.holeAt(start + seconds * 1000);
    return [(startMs - start) / 1000, endMs === undefined ? undefined : (endMs - start) / 1000];
  };
  assert.deepEqual(hole(30), [4, 60]);
  assert.deepEqual(hole(100), [62, 300]);
  assert.deepEqual(tapeOf([], 300).holeAt(start + 1000), { startMs: start, endMs: start + 300_000 });
});

test('nothing is listed beyond a stretch that has ended, which the timeline says is without footage', () => {
  const tape = tapeOf([0, 2], 4);
  const stretch = (endSeconds: number, growing = false) => ({ endMs: start + endSeconds * 1000, growing });
  assert.equal(tape.tellsRest(stretch(4), start + 1000), true);
  assert.equal(tape.tellsRest(stretch(4.5), start + 1000), false, 'the end of the stretch is not listed');
  assert.equal(tape.tellsRest(stretch(4, true), start + 1000), false, 'more may come');
  assert.equal(tape.tellsRest(stretch(2), start + 3000), false, 'playing passed the stretch');
});

test('what does not begin with a key frame needs the entry right before, and that the one before it', () => {
  const tape = tapeOf([0, 2, 4, 60, 62], 300);
  for (const [index, entry] of tape.entries.entries())
    tape.place(entry, { ...times(index * 2), startsWithKeyFrame: index === 0 }, video);
  const [first, second, third, late] = tape.entries;
  assert.deepEqual(
    tape.entries.map((entry) => tape.neededBefore(entry)),
    // Behind a break there is nothing that could help.
    [undefined, first, second, undefined, late],
  );
  delete third!.pictures;
  assert.equal(tape.neededBefore(third!), undefined, 'of what was not loaded nothing is known');
});

test('what may be forgotten ends right before a key frame', () => {
  const tape = tapeOf([0, 2, 4, 6], 300);
  for (const [index, entry] of tape.entries.entries())
    tape.place(entry, { ...times(index * 2), startsWithKeyFrame: index % 2 === 0 }, video);
  const fromKeyFrame = (seconds: number) => tape.keyFrameSecondsBefore(86_400 + seconds) - 86_400;
  for (const [at, expected] of [
    [3.9, -0.0005],
    [4, 3.9995],
    [7.9, 3.9995],
    [-5, -5],
  ] as const)
    assert.ok(Math.abs(fromKeyFrame(at) - expected) < 1e-6, `${at}: ${fromKeyFrame(at)}`);
});
