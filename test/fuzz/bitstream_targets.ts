import assert from 'node:assert/strict';
import { aacTrack, parseAacConfig, parseAdtsHeader } from '../../src/media/aac_config.ts';
import { DecodeOrder } from '../../src/media/decode_order.ts';
import { H264ParameterSets } from '../../src/media/h264_parameter_sets.ts';
import { h264Recovery } from '../../src/media/h264_recovery_point.ts';
import { parseH264SliceStart } from '../../src/media/h264_slice.ts';
import { parseH264Sps } from '../../src/media/h264_sps.ts';
import { H265ParameterSets } from '../../src/media/h265_parameter_sets.ts';
import { parseH265Sps } from '../../src/media/h265_sps.ts';
import { parseH265SlicePpsId } from '../../src/media/h265_track.ts';
import { nalType, nalUnitType, rawPayload, splitAnnexB } from '../../src/media/nal_unit.ts';
import { writePps, writeSlice, writeSps } from '../../src/media/test_support.ts';
import { sampleEntry } from '../../src/mp4/sample_entry.ts';
import { codecStringOf } from '../../src/mp4/sample_entry_reader.ts';
import { trackTicks } from '../../src/units/time.ts';
import { testVideoTrack } from '../fixtures/synthetic_media.ts';
import type { FuzzTarget } from './fuzz_target.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const tokens = [hex('000003'), hex('000001'), hex('00000001'), hex('ffffffff'), hex('0000'), hex('80')];

const h265Sets = [
  hex('40010c01ffff01600000030090000003000003003c959409'),
  hex('42010101600000030090000003000003003ca00a480b9c9596565924caf0168080000003008000000c84'),
  hex('4401c172b46240'),
];

function lengthField({ length }: Uint8Array): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32BE(length);
  return field;
}

/** The size that a track tells must be one that a picture can have: memory and sample entries follow from it. */
function assertSize({ width, height }: { width: number; height: number }): void {
  assert.ok(width > 0 && width <= 65_535 && height > 0 && height <= 65_535, `${width} x ${height}`);
}

export const bitstreamTargets: readonly FuzzTarget[] = [
  {
    name: 'h264-sps',
    seeds: [
      Buffer.from(testVideoTrack.sps),
      writeSps(),
      writeSps({ profile: 100, chromaFormat: 1, crop: [0, 0, 0, 4], scalingLists: [[0, 1, -1], undefined] }),
      writeSps({ pictureOrderType: 1, vui: { aspectRatioIndex: 255, sampleAspectRatio: [4, 3] } }),
    ],
    tokens,
    run(input) {
      assertSize(parseH264Sps(input));
    },
  },
  {
    name: 'h264-parameter-sets',
    seeds: [
      Buffer.concat([hex('000001'), testVideoTrack.sps, hex('000001'), ...testVideoTrack.pps]),
      Buffer.concat([
        hex('000001'),
        writeSps({ id: 1 }),
        hex('000001'),
        writePps(0, 1),
        hex('000001'),
        writePps(3, 1),
      ]),
    ],
    tokens,
    run(input) {
      const sets = new H264ParameterSets(90_000);
      for (const set of splitAnnexB(input, 40)) sets.add(set);
      const track = sets.track(0) ?? sets.track();
      if (!track) return;
      assertSize(track);
      const entry = sampleEntry(track);
      assert.equal(codecStringOf(entry), track.codecString);
    },
  },
  {
    name: 'h264-slice',
    seeds: [writeSlice(5, 0), writeSlice(1, 3, 17)],
    tokens,
    run(input) {
      const start = parseH264SliceStart(input);
      assert.ok(start === undefined || start.ppsId >= 0);
    },
  },
  {
    name: 'h264-recovery-point',
    seeds: [Buffer.from('060601c480', 'hex'), Buffer.from('060502aabb0601c480', 'hex')],
    tokens,
    run(input) {
      const slice = writeSlice(1, 7);
      const unit = Buffer.concat([input, slice].flatMap((nalUnit) => [lengthField(nalUnit), nalUnit]));
      if (input.length > 0 && h264Recovery(unit)) assert.equal(nalUnitType(input[0]!), nalType.sei);
    },
  },
  {
    name: 'h265-sps',
    seeds: [h265Sets[1]!],
    tokens,
    run(input) {
      assertSize(parseH265Sps(input));
    },
  },
  {
    name: 'h265-parameter-sets',
    seeds: [Buffer.concat(h265Sets.flatMap((set) => [hex('000001'), set]))],
    tokens,
    run(input) {
      const sets = new H265ParameterSets(90_000);
      for (const set of splitAnnexB(input, 40)) sets.add(set);
      const track = sets.track(0) ?? sets.track();
      if (!track) return;
      assertSize(track);
      assert.equal(codecStringOf(sampleEntry(track)), track.codecString);
    },
  },
  {
    name: 'h265-slice',
    seeds: [hex('2601afaa0102030405060708'), hex('0201d0bb')],
    tokens,
    run(input) {
      const id = parseH265SlicePpsId(input, (input[0]! >> 1) & 0x3f);
      assert.ok(id === undefined || id >= 0);
      assert.ok(rawPayload(input, 2).length <= input.length);
    },
  },
  {
    name: 'aac-config',
    seeds: [hex('1190'), hex('2b8a0800'), hex('f84c20'), hex('f8e8500020'), hex('139056e5a0')],
    tokens,
    run(input) {
      const { sampleRate, channels } = parseAacConfig(input);
      assert.ok(sampleRate > 0 && channels >= 0);
      const track = aacTrack(input, 48_000, 2);
      assert.ok(track.frameTicks > 0);
      codecStringOf(sampleEntry(track));
    },
  },
  {
    name: 'adts-header',
    seeds: [hex('fff15080017ffc2110'), hex('fff94c80201ffc0102')],
    tokens,
    run(input) {
      const header = parseAdtsHeader(input, 0, input.length);
      if (header) assert.ok(header.frameBytes >= header.headerBytes);
    },
  },
  {
    name: 'decode-order',
    seeds: [
      Buffer.from([0, 12, 4, 8, 24, 16, 20, 36, 28, 32].flatMap((pts) => [2, 0, pts])),
      Buffer.from(Array.from({ length: 30 }, (_, index) => [0, 0, index * 4]).flat()),
    ],
    tokens,
    run(input) {
      const order = new DecodeOrder();
      let last = Number.NEGATIVE_INFINITY;
      for (let at = 0; at + 3 <= input.length; at += 3) {
        const depth = input[at]! % 20;
        const pts = ((input[at + 1]! << 8) | input[at + 2]!) - 0x4000;
        const { decodeTicks, compositionOffset } = order.push(
          trackTicks(pts * 900),
          depth > 17 ? undefined : Math.min(depth, 16),
        );
        assert.ok(decodeTicks > last, 'decode times do not increase');
        assert.equal(decodeTicks + compositionOffset, pts * 900);
        last = decodeTicks;
      }
    },
  },
];
