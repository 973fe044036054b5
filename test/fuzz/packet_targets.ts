import assert from 'node:assert/strict';
import { h264Syntax } from '../../src/media/nal_unit.ts';
import { parseRtpPacket } from '../../src/rtp/packet.ts';
import { RtpReceiver } from '../../src/rtp/receiver.ts';
import { ReorderBuffer } from '../../src/rtp/reorder_buffer.ts';
import { parseRtcp } from '../../src/rtp/rtcp.ts';
import { parseSpropParameterSets } from '../../src/rtp/sprop_parameter_sets.ts';
import { RtpTimeline } from '../../src/rtp/timeline.ts';
import { rtpTimestamp, unixMillis } from '../../src/units/time.ts';
import { type FuzzTarget, texts, textTokens } from './fuzz_target.ts';
import { joinPackets, splitPackets } from './packet_list.ts';
import { h264Seed, hex, numberTokens, payloadType } from './rtp_seeds.ts';

const rtcpSeeds = [
  hex('80c80006 00000001 e7f1a800 80000000 00015f90 00000064 00010000 81ca0003 00000001 0103636d 31000000'),
  hex('81c90007 00000003 00000002 40fffffe 00010005 00000007 a8008000 00010000 81cb0001 00000001'),
  hex('a1cb0002 00000001 00000004'),
];

export const packetTargets: readonly FuzzTarget[] = [
  {
    name: 'rtp-packet',
    seeds: [
      hex('80600001 00000002 00000003 0102030405'),
      hex('b2e0ffff 00000002 00000003 00000004 00000005 bede0001 10aa0000 01020304 00000004'),
    ],
    tokens: numberTokens,
    run(input) {
      const packet = parseRtpPacket(input, 0, input.length, unixMillis(0));
      if (!packet) return;
      assert.ok(packet.payloadStart >= 12 && packet.payloadStart <= packet.payloadEnd);
      assert.ok(packet.payloadEnd <= input.length);
    },
  },
  {
    name: 'rtcp-packet',
    seeds: rtcpSeeds,
    tokens: numberTokens,
    run(input) {
      for (const packet of parseRtcp(input, 0, input.length)) {
        if (packet.kind === 'senderReport') assert.ok(Number.isFinite(packet.sentMs));
      }
    },
  },
  {
    name: 'rtp-receiver',
    seeds: [joinPackets([...splitPackets(h264Seed), ...rtcpSeeds])],
    tokens: numberTokens,
    run(input) {
      const receiver = new RtpReceiver({
        payloadType,
        clockRate: 90_000,
        reporterSsrc: 7,
        canonicalName: 'fuzz',
      });
      let nowMs = 1_700_000_000_000;
      for (const packet of splitPackets(input)) {
        nowMs += 20;
        const accepted = receiver.accept(packet, 0, packet.length, unixMillis(nowMs));
        assert.ok(!accepted || (accepted.lostBefore >= 0 && accepted.lostBefore <= 65_536));
        receiver.acceptRtcp(packet, 0, packet.length, unixMillis(nowMs));
      }
      assert.ok(receiver.stats.lost >= 0);
      const report = receiver.receiverReport(unixMillis(nowMs));
      assert.equal(parseRtcp(report, 0, report.length)[0]?.kind, 'receiverReport');
    },
  },
  {
    name: 'reorder-buffer',
    seeds: [h264Seed],
    tokens: numberTokens,
    run(input) {
      const seen: number[] = [];
      let pushed = 0;
      const reorder = new ReorderBuffer((bytes, start) =>
        seen.push((bytes[start + 2]! << 8) | bytes[start + 3]!),
      );
      for (const packet of splitPackets(input)) {
        if (packet.length < 12) continue;
        pushed++;
        reorder.push(packet, 0, packet.length, unixMillis(pushed), pushed * 10);
        if (reorder.dueMs !== undefined) assert.ok(reorder.dueMs <= pushed * 10 + 200);
      }
      reorder.flush();
      assert.equal(seen.length + reorder.late, pushed, 'packets vanished');
    },
  },
  {
    name: 'rtp-timeline',
    seeds: [
      Buffer.concat(Array.from({ length: 12 }, (_, index) => Buffer.of(0, 0, index * 14, 16, 0, 40))),
      Buffer.concat(Array.from({ length: 12 }, (_, index) => Buffer.of(255, 255, 255 - index, 16, 0, 40))),
    ],
    tokens: [...numberTokens, hex('7fffffff'), hex('80000000')],
    run(input) {
      const timeline = new RtpTimeline(90_000);
      let arrivalMs = 1_700_000_000_000;
      for (let at = 0; at + 6 <= input.length; at += 6) {
        arrivalMs += (input[at + 4]! << 8) | input[at + 5]!;
        const timestamp = Buffer.from(input.buffer, input.byteOffset + at, 4).readUInt32BE();
        const placed = timeline.place(rtpTimestamp(timestamp), unixMillis(arrivalMs));
        if (placed.kind === 'break') return;
        assert.ok(Number.isSafeInteger(placed.ticks));
      }
    },
  },
  {
    name: 'sprop-parameter-sets',
    seeds: texts('Z00AKA==,aO48gA==', 'AAAAAWdNACg=,,aO48gA', ',=,'),
    tokens: textTokens,
    run(input) {
      const value = Buffer.from(input.buffer, input.byteOffset, input.length).toString('latin1');
      for (const set of parseSpropParameterSets(value, h264Syntax)) assert.ok(set.length > 0);
    },
  },
];
