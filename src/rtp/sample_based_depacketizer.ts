/**
 * Sample-based audio from RTP, RFC 3551 section 4.3: PCMU, PCMA (section 4.5.14), L16 (4.5.11), G.722 (4.5.2) and
 * G.726 (4.5.4). A packet is samples behind each other, so each packet could be a frame. Packets of few milliseconds
 * are put together to frames of at least 20 ms, as long as none is missing between them: tables of files have an
 * entry per frame.
 *
 * Tolerated on purpose: packets of any length, odd ones and those of no whole millisecond included, and time stamps
 * that do not fit the lengths. What is behind the last whole sample is left out.
 */

import type { MediaUnit } from '../media/media_unit.ts';
import { type ChunkPool, SampleArena } from '../media/sample_arena.ts';
import type { SampleBasedTrack } from '../media/track.ts';
import { rescale, rtpTimestamp, unixMillis } from '../units/time.ts';
import type { Depacketizer } from './depacketizer.ts';
import type { RtpPacket } from './packet.ts';

/** Frames shorter than this grow when the next packet follows at once. */
const leastFrameMs = 20;

export class SampleBasedDepacketizer implements Depacketizer {
  readonly track: SampleBasedTrack;
  readonly #pool: ChunkPool;
  readonly #arena: SampleArena;
  readonly #rewrite: ((samples: Uint8Array) => void) | undefined;
  /** Of a sample of all channels. */
  readonly #sampleBits: number;
  readonly #leastTicks: number;
  readonly #ready: MediaUnit[] = [];

  /** Samples of the frame in the arena, per channel; 0 when there is none. */
  #samples = 0;
  #timestamp = rtpTimestamp(0);
  #arrivalMs = unixMillis(0);

  constructor(options: {
    readonly track: SampleBasedTrack;
    readonly pool: ChunkPool;
    /** Turns the samples of a packet, in place, into what the file has. */
    readonly rewrite?: (samples: Uint8Array) => void;
  }) {
    this.track = options.track;
    this.#pool = options.pool;
    this.#arena = new SampleArena(options.pool);
    this.#rewrite = options.rewrite;
    this.#sampleBits = options.track.bitsPerSample * options.track.channels;
    this.#leastTicks = Math.ceil((options.track.timescale * leastFrameMs) / 1000);
  }

  next(): MediaUnit | undefined {
    return this.#ready.shift();
  }

  push(packet: RtpPacket, lostBefore: number): void {
    const { bytes, payloadStart: start, payloadEnd: end, arrivalMs } = packet;
    if (lostBefore > 0) {
      this.flush();
      this.#damage(lostBefore === 1 ? 'a packet was lost' : `${lostBefore} packets were lost`, packet);
    }
    if (start >= end) return;
    if (this.#samples > 0 && !this.#continues(packet)) this.flush();
    const samples = Math.floor(((end - start) * 8) / this.#sampleBits);
    const used = Math.ceil((samples * this.#sampleBits) / 8);
    if (samples > 0) {
      if (this.#samples === 0) {
        this.#timestamp = packet.timestamp;
        this.#arrivalMs = arrivalMs;
      }
      const before = this.#arena.length;
      this.#arena.append(bytes, start, start + used);
      this.#rewrite?.(this.#arena.view(before));
      this.#samples += samples;
      if (this.#ticks >= this.#leastTicks) this.flush();
    }
    if (start + used === end) return;
    this.flush();
    this.#damage('a packet ends within a sample', packet);
  }

  /** Ends the frame: what is there is whole samples. */
  flush(): void {
    if (this.#samples === 0) return;
    this.#ready.push({
      kind: 'audioFrame',
      bytes: this.#arena.finish(),
      rtpTimestamp: this.#timestamp,
      durationTicks: Math.max(1, this.#ticks),
      arrivalMs: this.#arrivalMs,
      track: this.track,
    });
    this.#samples = 0;
  }

  close(): void {
    for (const unit of this.#ready) if (unit.kind !== 'damage') this.#pool.release(unit.bytes);
    this.#ready.length = 0;
    this.#arena.close();
  }

  get #ticks(): number {
    return rescale(this.#samples, this.track.sampleRate, this.track.timescale, 'floor');
  }

  /** Whether a packet follows the frame at once, and the frame ends with a whole byte. */
  #continues({ timestamp }: RtpPacket): boolean {
    const isWhole = (this.#samples * this.#sampleBits) % 8 === 0;
    return isWhole && timestamp === rtpTimestamp(this.#timestamp + this.#ticks);
  }

  #damage(reason: string, { arrivalMs }: RtpPacket): void {
    this.#ready.push({ kind: 'damage', media: 'audio', reason, arrivalMs });
  }
}
