import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxTree } from '../../test/fixtures/box_tree.ts';
import { segmentFile } from '../../test/fixtures/segment_file.ts';
import { syntheticVideo, testVideoTrack } from '../../test/fixtures/synthetic_media.ts';
import { closeSteps } from './segment_close.ts';
import { maxReferences, readSegmentHeader, segmentHeader } from './segment_header.ts';

const segment = (count: number, gop: number, fragmentSamples?: number) =>
  segmentFile([{ track: testVideoTrack, samples: syntheticVideo(count, gop) }], {
    ...(fragmentSamples && { fragmentSamples }),
  });

/** [bytes, duration, begins with a key frame] of each entry of the `sidx`. */
function references(file: Buffer): [number, number, boolean][] {
  const { reserve } = readSegmentHeader(file);
  const free = file.readUInt32BE(reserve.offset);
  const at = reserve.offset + free;
  assert.equal(file.toString('latin1', at + 4, at + 8), 'sidx');
  assert.equal(at + file.readUInt32BE(at), reserve.offset + reserve.bytes);
  return Array.from({ length: file.readUInt16BE(at + 38) }, (_, index) => {
    const entry = at + 40 + index * 12;
    return [
      file.readUInt32BE(entry),
      file.readUInt32BE(entry + 4),
      file.readUInt32BE(entry + 8) === 0x90000000,
    ];
  });
}

test('the index is on the disk before it is in force', () => {
  const { header, close } = segment(50, 25);
  const kinds = close.steps.map((step) => {
    if (step === 'sync') return 'sync';
    const { offset, bytes } = step.write;
    if (offset >= header.bytes.length) return 'tail';
    if (offset === header.reserve.offset) return `expose ${bytes.length}`;
    return offset > header.reserve.offset ? 'index' : 'duration';
  });
  assert.deepEqual(kinds, ['tail', 'index', 'duration', 'duration', 'sync', 'expose 4', 'sync']);
});

test('what brings the index into force lies in one sector of the disk', () => {
  for (const pps of [1, 2, 3, 4]) {
    const track = { ...testVideoTrack, pps: [new Uint8Array(pps).fill(0x68)] };
    const { reserve } = segmentHeader({
      identity: segment(1, 1).header.identity,
      tracks: [{ trackId: 1, track }],
    });
    assert.equal(reserve.offset % 4, 0);
  }
});

test('the header after the close is what the steps leave', () => {
  const { close, header, closed } = segment(50, 25);
  assert.deepEqual(Buffer.from(close.header), closed().subarray(0, header.bytes.length));
});

test('an entry goes from key frame to key frame', () => {
  const { fragments, closed } = segment(100, 50, 25);
  assert.deepEqual(references(closed()), [
    [fragments[0]!.bytes + fragments[1]!.bytes, 50 * 3600, true],
    [fragments[2]!.bytes + fragments[3]!.bytes, 50 * 3600, true],
  ]);
});

test('a segment that begins inside a GOP says so', () => {
  const samples = syntheticVideo(50, 50).map((sample) => ({ ...sample, keyFrame: false }));
  const { closed, fragments } = segmentFile([{ track: testVideoTrack, samples }], { fragmentSamples: 25 });
  assert.deepEqual(references(closed()), [[fragments[0]!.bytes + fragments[1]!.bytes, 50 * 3600, false]]);
});

test('five minutes of four key frames a second fit: neighbours share an entry', () => {
  const { fragments, closed, header } = segment(1200, 1);
  assert.ok(fragments.length > maxReferences);
  const entries = references(closed());
  assert.equal(entries.length, 300);
  assert.equal(
    entries.reduce((sum, [bytes]) => sum + bytes, header.bytes.length),
    fragments.at(-1)!.offset + fragments.at(-1)!.bytes,
  );
  assert.equal(
    entries.reduce((sum, [, duration]) => sum + duration, 0),
    1200 * 3600,
  );
});

test('as many entries as fit leave a box of nothing before them', () => {
  const file = segment(maxReferences, 1).closed();
  assert.equal(references(file).length, maxReferences);
  const { reserve } = readSegmentHeader(file);
  assert.equal(file.readUInt32BE(reserve.offset), 8);
});

test('a segment without a fragment gets a sample table and no index', () => {
  const { header, table } = segment(0, 1);
  const { steps, tail } = closeSteps({ header, fragments: [], table });
  assert.deepEqual(steps[0], { write: { offset: header.bytes.length, bytes: tail } });
  assert.equal(steps.at(-1), 'sync');
});

test('the duration is that of the longest track, in ms', () => {
  const file = segment(50, 25).closed();
  const line = boxTree(file)
    .split('\n')
    .find((text) => text.includes('mehd'));
  assert.equal(line?.trim(), 'mehd 16 00000000000007d0');
});
