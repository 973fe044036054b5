import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rangeBytes } from '../media/byte_range.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import { writePps, writeSps } from '../media/test_support.ts';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import { AacPacketizer } from './aac_packetizer.ts';
import type { Depacketizer } from './depacketizer.ts';
import { createDepacketizer } from './depacketizers.ts';
import { H264Packetizer } from './h264_packetizer.ts';
import { RtpReceiver } from './receiver.ts';
import { nalUnitsOf, WatchedPool } from './test_support.ts';

const sps = writeSps();
const pps = writePps();

/** Through receiver and depacketizer; asserts that nothing was lost and no memory is held. */
function receive(packets: readonly Buffer[], make: (pool: WatchedPool) => Depacketizer, clockRate: number) {
  const pool = new WatchedPool();
  const depacketizer = make(pool);
  const receiver = new RtpReceiver({ payloadType: 96, clockRate, reporterSsrc: 1, canonicalName: 'test' });
  const units: MediaUnit[] = [];
  const samples: Buffer[] = [];
  const take = () => {
    for (let unit = depacketizer.next(); unit; unit = depacketizer.next()) {
      assert.notEqual(unit.kind, 'damage', unit.kind === 'damage' ? unit.reason : '');
      if (unit.kind === 'damage') continue;
      units.push(unit);
      samples.push(Buffer.from(rangeBytes(unit.bytes)));
      pool.release(unit.bytes);
    }
  };
  for (const packet of packets) {
    const received = receiver.accept(packet, 0, packet.length, unixMillis(0));
    assert.ok(received && received.lostBefore === 0);
    depacketizer.push(received.packet, received.lostBefore);
    take();
  }
  depacketizer.flush();
  take();
  depacketizer.close();
  assert.equal(pool.holders, 0);
  return { units, samples };
}

/** NAL units as an encoder makes them: no start code inside, no zero at the end. */
const slice = (type: number) =>
  fc.tuple(fc.nat({ max: 4000 }), fc.nat({ max: 255 })).map(([bytes, fill]) => {
    const nalUnit = Buffer.alloc(3 + bytes, fill || 1);
    nalUnit[0] = 0x60 | type;
    nalUnit[1] = 0x80 | fill;
    nalUnit[nalUnit.length - 1] = 0x80;
    return nalUnit;
  });

const accessUnit = fc
  .boolean()
  .chain((keyFrame) => fc.array(slice(keyFrame ? 5 : 1), { minLength: 1, maxLength: 5 }));

test('H.264 survives packetizing and depacketizing, with any sizes, packet length, aggregation and first number', () => {
  const options = fc.record({
    maxPayloadBytes: fc.integer({ min: 8, max: 1500 }),
    aggregate: fc.boolean(),
    firstSequenceNumber: fc.integer({ min: 0, max: 65_535 }),
  });
  fc.assert(
    fc.property(fc.array(accessUnit, { minLength: 1, maxLength: 25 }), options, (accessUnits, chosen) => {
      const packetizer = new H264Packetizer({ ...chosen, payloadType: 96, ssrc: 5 });
      const packets = accessUnits.flatMap((nalUnits, index) => {
        const sets = index === 0 ? [sps, pps] : [];
        return packetizer.packetize([...sets, ...nalUnits], rtpTimestamp(index * 3600 - 7200));
      });
      for (const packet of packets) assert.ok(packet.length <= 12 + chosen.maxPayloadBytes);
      const format = { encoding: 'H264', clockRate: 90_000, channels: 1, parameters: new Map() };
      const make = (pool: WatchedPool) => createDepacketizer('video', format, pool);
      const { units, samples } = receive(packets, make, 90_000);
      assert.equal(units.length, accessUnits.length);
      units.forEach((unit, index) => {
        assert.equal(unit.kind, 'accessUnit');
        if (unit.kind !== 'accessUnit') return;
        assert.equal(unit.rtpTimestamp, (index * 3600 - 7200) >>> 0);
        assert.equal(unit.keyFrame, (accessUnits[index]![0]![0]! & 0x1f) === 5);
        assert.deepEqual(nalUnitsOf(samples[index]!), accessUnits[index]);
      });
    }),
    { numRuns: 25 },
  );
});

test('AAC survives packetizing and depacketizing, with any sizes and packet length', () => {
  const frame = fc.integer({ min: 1, max: 3000 }).map((bytes) => Buffer.alloc(bytes, bytes & 0x7f));
  const groups = fc.array(fc.array(frame, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(groups, fc.integer({ min: 8, max: 1500 }), (frameGroups, maxPayloadBytes) => {
      const packetizer = new AacPacketizer({ maxPayloadBytes, payloadType: 96, ssrc: 5 });
      let sent = 0;
      const packets = frameGroups.flatMap((frames) => {
        const timestamp = rtpTimestamp(sent * 1024);
        sent += frames.length;
        return packetizer.packetize(frames, timestamp, 1024);
      });
      for (const packet of packets) assert.ok(packet.length <= 12 + maxPayloadBytes);
      const parameters = new Map([['config', '1190']]);
      const format = { encoding: 'MPEG4-GENERIC', clockRate: 48_000, channels: 2, parameters };
      const make = (pool: WatchedPool) => createDepacketizer('audio', format, pool);
      const { units, samples } = receive(packets, make, 48_000);
      assert.deepEqual(samples, frameGroups.flat());
      for (const [index, unit] of units.entries()) {
        assert.equal(unit.kind === 'audioFrame' && unit.rtpTimestamp, index * 1024);
      }
    }),
    { numRuns: 25 },
  );
});
