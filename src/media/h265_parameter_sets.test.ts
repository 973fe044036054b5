import assert from 'node:assert/strict';
import { test } from 'node:test';
import { H265ParameterSets } from './h265_parameter_sets.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

// Made by x265: 322 x 182, and 640 x 360.
const vps = hex('40010c01ffff01600000030090000003000003003c959409');
const sps = hex('42010101600000030090000003000003003ca00a480b9c9596565924caf0168080000003008000000c84');
const pps = hex('4401c172b46240');
const largeSps = hex('42010102200000030090000003000003003fa00502016936592a4932bc39a02000000300200000030321');

function setsOf(...nalUnits: Uint8Array[]): H265ParameterSets {
  const sets = new H265ParameterSets(90_000);
  for (const nalUnit of nalUnits) sets.add(nalUnit);
  return sets;
}

test('a track needs a VPS, an SPS and a PPS, in any order', () => {
  for (const missing of [vps, sps, pps]) {
    const others = [pps, sps, vps].filter((set) => set !== missing);
    const sets = setsOf(...others);
    assert.equal(sets.track(), undefined);
    sets.add(missing);
    const { width, height, codecString } = sets.track()!;
    assert.deepEqual([width, height, codecString], [322, 182, 'hvc1.1.6.L60.90']);
  }
});

test('sets that come again, with zeros behind them or with another VPS, make no new track', () => {
  const sets = setsOf(vps, sps, pps);
  const track = sets.track();
  const otherVps = Buffer.from(vps);
  otherVps[otherVps.length - 1] = 0x0b;
  for (const again of [vps, sps, pps, Buffer.concat([sps, hex('0000')]), otherVps]) sets.add(again);
  assert.equal(sets.track(), track);
});

test('another SPS with the same id makes a new track', () => {
  const sets = setsOf(vps, sps, pps);
  const track = sets.track();
  sets.add(largeSps);
  assert.notEqual(sets.track(), track);
  assert.equal(sets.track()!.width, 640);
});

test('rubbish is counted and costs nothing that was good', () => {
  const sets = setsOf(vps, sps, pps);
  const track = sets.track();
  const tooLong = Buffer.concat([pps, Buffer.alloc(5_000, 1)]);
  for (const rubbish of [hex(''), hex('42'), hex('4201ff'), hex('440100'), tooLong]) sets.add(rubbish);
  assert.equal(sets.rejected, 5);
  assert.equal(sets.track(), track);
});

test('the PPS of a slice is read behind the flags of its type', () => {
  const sets = setsOf();
  // first_slice_segment_in_pic_flag 1, then ue(2) = 011; with no_output_of_prior_pics_flag for an IDR slice.
  assert.equal(sets.ppsIdOf(hex('0201b0')), 2);
  assert.equal(sets.ppsIdOf(hex('260198')), 2);
  assert.equal(sets.ppsIdOf(hex('0201')), undefined);
});
