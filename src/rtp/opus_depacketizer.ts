/**
 * Opus from RTP, RFC 7587: each packet is an Opus packet, and the clock ticks 48,000 times a second whatever the
 * encoder's input had.
 *
 * Tolerated on purpose (S23): another clock rate or one channel in the session description, pauses in which nothing
 * is sent (DTX). A packet that no decoder would take is left out and counted.
 */

import type { MediaUnit } from '../media/media_unit.ts';
import { opusPacketSamples } from '../media/opus_packet.ts';
import { type ChunkPool, SampleArena } from '../media/sample_arena.ts';
import type { OpusTrack } from '../media/track.ts';
import type { Depacketizer } from './depacketizer.ts';
import type { RtpPacket } from './packet.ts';

export class OpusDepacketizer implements Depacketizer {
  readonly track: OpusTrack;
  readonly #pool: ChunkPool;
  readonly #arena: SampleArena;
  readonly #ready: MediaUnit[] = [];

  constructor(options: { readonly track: OpusTrack; readonly pool: ChunkPool }) {
    this.track = options.track;
    this.#pool = options.pool;
    this.#arena = new SampleArena(options.pool);
  }

  next(): MediaUnit | undefined {
    return this.#ready.shift();
  }

  push(packet: RtpPacket, lostBefore: number): void {
    const { bytes, payloadStart: start, payloadEnd: end, arrivalMs, timestamp } = packet;
    if (lostBefore > 0) {
      this.#damage(lostBefore === 1 ? 'a packet was lost' : `${lostBefore} packets were lost`, packet);
    }
    if (start >= end) return;
    const durationTicks = opusPacketSamples(bytes, start, end);
    if (durationTicks === undefined) return this.#damage('a packet is no Opus', packet);
    this.#arena.append(bytes, start, end);
    this.#ready.push({
      kind: 'audioFrame',
      bytes: this.#arena.finish(),
      rtpTimestamp: timestamp,
      durationTicks,
      arrivalMs,
      track: this.track,
    });
  }

  /** Nothing to do: a packet is whole or it is not there. */
  flush(): void {}

  close(): void {
    for (const unit of this.#ready) if (unit.kind !== 'damage') this.#pool.release(unit.bytes);
    this.#ready.length = 0;
    this.#arena.close();
  }

  #damage(reason: string, { arrivalMs }: RtpPacket): void {
    this.#ready.push({ kind: 'damage', media: 'audio', reason, arrivalMs });
  }
}
