import assert from 'node:assert/strict';
import type { Chunk } from '../media/byte_range.ts';
import { rangeBytes } from '../media/byte_range.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import type { Depacketizer } from './depacketizer.ts';
import { formatRtpPacket, parseRtpPacket, type RtpPacket } from './packet.ts';

/** A packet of a test table. */
export interface TestPacket {
  readonly timestamp: number;
  readonly payload: string | Uint8Array;
  readonly marker?: boolean;
  readonly lostBefore?: number;
}

export const packet = (
  timestamp: number,
  payload: string | Uint8Array,
  more: Omit<TestPacket, 'timestamp' | 'payload'> = {},
): TestPacket => ({ timestamp, payload, ...more });

/** The same as {@link packet}, with the marker. */
export const marked = (timestamp: number, payload: string | Uint8Array): TestPacket =>
  packet(timestamp, payload, { marker: true });

export function toRtpPacket(test: TestPacket, sequenceNumber = 0): RtpPacket {
  const payload = typeof test.payload === 'string' ? hex(test.payload) : test.payload;
  const header = {
    marker: test.marker ?? false,
    payloadType: 96,
    sequenceNumber,
    timestamp: rtpTimestamp(test.timestamp),
    ssrc: 1,
  };
  const bytes = formatRtpPacket(header, payload.length);
  bytes.set(payload, 12);
  const parsed = parseRtpPacket(bytes, 0, bytes.length, unixMillis(1_000_000 + sequenceNumber));
  assert.ok(parsed);
  return parsed;
}

/** Hex with blanks for the eye. */
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** A pool that remembers every chunk it lent, to tell leaks. */
export class WatchedPool extends ChunkPool {
  readonly #lent = new Set<Chunk>();

  override take(atLeast: number): Chunk {
    const chunk = super.take(atLeast);
    this.#lent.add(chunk);
    return chunk;
  }

  get holders(): number {
    let sum = 0;
    for (const chunk of this.#lent) sum += chunk.holders;
    return sum;
  }

  get bytes(): number {
    let sum = 0;
    for (const chunk of this.#lent) sum += chunk.bytes.length;
    return sum;
  }
}

/** Pushes the packets, flushes, closes, and asserts that no memory is held when all units are released. */
export function depacketize(
  make: (pool: ChunkPool) => Depacketizer,
  packets: readonly TestPacket[],
): { readonly units: readonly MediaUnit[]; readonly bytes: readonly Buffer[] } {
  const pool = new WatchedPool();
  const depacketizer = make(pool);
  const units: MediaUnit[] = [];
  const take = () => {
    for (let unit = depacketizer.next(); unit; unit = depacketizer.next()) units.push(unit);
  };
  packets.forEach((test, index) => {
    const parsed = toRtpPacket(test, index);
    const before = Buffer.from(parsed.bytes);
    depacketizer.push(parsed, test.lostBefore ?? 0);
    assert.ok(before.equals(parsed.bytes), 'the packet was written to');
    // The receive buffer is reused: what is kept must have been copied.
    parsed.bytes.fill(0xee);
    take();
  });
  depacketizer.flush();
  take();
  const bytes = units.map((unit) =>
    unit.kind === 'damage' ? Buffer.of() : Buffer.from(rangeBytes(unit.bytes)),
  );
  for (const unit of units) if (unit.kind !== 'damage') pool.release(unit.bytes);
  depacketizer.close();
  assert.equal(pool.holders, 0, 'memory is still held');
  return { units, bytes };
}

/** NAL units of a sample, each after its length of 32 bits. */
export function nalUnitsOf(sample: Uint8Array): Buffer[] {
  const buffer = Buffer.from(sample);
  const nalUnits: Buffer[] = [];
  let at = 0;
  while (at < buffer.length) {
    const end = at + 4 + buffer.readUInt32BE(at);
    assert.ok(end <= buffer.length, 'a NAL unit reaches beyond the sample');
    nalUnits.push(buffer.subarray(at + 4, end));
    at = end;
  }
  return nalUnits;
}

/** Numbers from 0 up to 1 that are the same at every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
