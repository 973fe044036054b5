/**
 * G.711 from RTP, RFC 3551 section 4.5.14: the payload is samples of one byte, so each packet is a frame.
 *
 * Tolerated on purpose: packets of any length, odd ones and those of no whole millisecond included.
 */

import type { MediaUnit } from '../media/media_unit.ts';
import { type ChunkPool, SampleArena } from '../media/sample_arena.ts';
import type { G711Track } from '../media/track.ts';
import type { Depacketizer } from './depacketizer.ts';
import type { RtpPacket } from './packet.ts';

export class G711Depacketizer implements Depacketizer {
  readonly track: G711Track;
  readonly #pool: ChunkPool;
  readonly #arena: SampleArena;
  readonly #ready: MediaUnit[] = [];

  constructor(options: { readonly track: G711Track; readonly pool: ChunkPool }) {
    this.track = options.track;
    this.#pool = options.pool;
    this.#arena = new SampleArena(options.pool);
  }

  next(): MediaUnit | undefined {
    return this.#ready.shift();
  }

  push(packet: RtpPacket, lostBefore: number): void {
    const { arrivalMs, timestamp } = packet;
    if (lostBefore > 0) {
      const reason = lostBefore === 1 ? 'a packet was lost' : `${lostBefore} packets were lost`;
      this.#ready.push({ kind: 'damage', media: 'audio', reason, arrivalMs });
    }
    if (packet.payloadStart >= packet.payloadEnd) return;
    this.#arena.append(packet.bytes, packet.payloadStart, packet.payloadEnd);
    const bytes = this.#arena.finish();
    this.#ready.push({ kind: 'audioFrame', bytes, rtpTimestamp: timestamp, arrivalMs, track: this.track });
  }

  /** Nothing to do: a packet is whole or it is not there. */
  flush(): void {}

  close(): void {
    for (const unit of this.#ready) if (unit.kind !== 'damage') this.#pool.release(unit.bytes);
    this.#ready.length = 0;
    this.#arena.close();
  }
}
