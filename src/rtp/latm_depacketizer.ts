/**
 * AAC from RTP, RFC 6416 section 6 (MP4A-LATM; RFC 3016 before it): packets have audioMuxElements, or parts of one up to
 * a marker. The StreamMuxConfig is in the format parameters (`cpresent=0`) or in the elements.
 *
 * Tolerated on purpose: a `cpresent` that is not true, a config that is an AudioSpecificConfig alone, several elements in
 * a packet, no config, no markers (an element also ends where the time stamp changes), a clock that is not the sampling rate.
 */

import { NightjarError } from '../errors/nightjar_error.ts';
import { type AacConfig, aacTrack, formatAacConfig, parseAacConfig } from '../media/aac_config.ts';
import {
  bitsAsBytes,
  type LatmElements,
  parseLatmElements,
  parseStreamMuxConfig,
  type StreamMuxConfig,
} from '../media/latm.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import { sameBytes } from '../media/nal_unit.ts';
import { type ChunkPool, SampleArena } from '../media/sample_arena.ts';
import type { AacTrack } from '../media/track.ts';
import { rescale, rtpTimestamp, type UnixMillis, unixMillis } from '../units/time.ts';
import type { Depacketizer, PayloadFormat } from './depacketizer.ts';
import type { RtpPacket } from './packet.ts';

type Described = Pick<PayloadFormat, 'clockRate' | 'channels' | 'parameters'>;

/** Eight channels of 768 bytes are 6 kB; an element of ten such frames is more than any camera sends. */
const maxElementBytes = 64 * 1024;
/** After so many elements that cannot be read it is doubted whether they have their config. */
const doubtful = 3;
const maxKnownTracks = 4;

export class LatmDepacketizer implements Depacketizer {
  readonly #pool: ChunkPool;
  readonly #arena: SampleArena;
  readonly #clockRate: number;
  readonly #channels: number;
  readonly #ready: MediaUnit[] = [];
  #inBand: boolean;
  /** Elements in a row that could not be read the way that was thought; at first none was read at all. */
  #doubt = doubtful;
  #config: StreamMuxConfig | undefined;
  #track: AacTrack | undefined;
  /** The newest ones: a config that comes back is the same track. */
  readonly #tracks: AacTrack[] = [];
  #audio: AacConfig | undefined;

  /** Copies of the parts of an element that has not ended yet. */
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #timestamp = rtpTimestamp(0);
  #arrivalMs = unixMillis(0);
  /** Whether elements were ever longer than a packet: then nobody knows what begins after a loss. */
  #splits = false;
  /** Up to the next end of an element. */
  #skipping = false;

  constructor(options: {
    readonly format: Described;
    readonly pool: ChunkPool;
  }) {
    const { clockRate, channels, parameters } = options.format;
    this.#pool = options.pool;
    this.#arena = new SampleArena(options.pool);
    this.#clockRate = clockRate;
    this.#channels = channels;
    this.#inBand = hasInBandConfig(parameters);
    const config = describedConfig(options.format) ?? probableConfig(options.format);
    if (config) this.#use(config);
  }

  get track(): AacTrack | undefined {
    return this.#track;
  }

  next(): MediaUnit | undefined {
    return this.#ready.shift();
  }

  push(packet: RtpPacket, lostBefore: number): void {
    const { bytes, payloadStart: start, payloadEnd: end, arrivalMs, marker, timestamp } = packet;
    if (lostBefore > 0) {
      this.#parts = [];
      this.#damage(lostBefore === 1 ? 'a packet was lost' : `${lostBefore} packets were lost`, arrivalMs);
      this.#skipping = this.#splits;
    } else if (timestamp !== this.#timestamp) {
      this.#endElement();
      this.#skipping = false;
    }
    this.#timestamp = timestamp;
    if (this.#parts.length === 0) {
      this.#arrivalMs = arrivalMs;
      this.#partBytes = 0;
    }
    if (!this.#skipping && start < end) {
      this.#partBytes += end - start;
      if (this.#parts.length > 0) this.#splits = true;
      if (this.#partBytes <= maxElementBytes) this.#parts.push(Uint8Array.from(bytes.subarray(start, end)));
      else {
        this.#parts = [];
        this.#skipping = true;
        this.#damage(`an element is longer than ${maxElementBytes} bytes`, arrivalMs);
      }
    }
    if (!marker) return;
    this.#endElement();
    this.#skipping = false;
  }

  /** The element ends here, whether its marker came or not. */
  flush(): void {
    this.#endElement();
  }

  close(): void {
    for (const unit of this.#ready) if (unit.kind !== 'damage') this.#pool.release(unit.bytes);
    this.#ready.length = 0;
    this.#parts = [];
    this.#arena.close();
  }

  #endElement(): void {
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#parts = [];
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const elements = this.#parse(bytes);
    if (!elements) {
      const reason =
        this.#config || !this.#inBand ? 'an element is no LATM' : 'a frame came before its config';
      return this.#damage(reason, this.#arrivalMs);
    }
    this.#use(elements.config);
    for (const [index, { startBit, bits }] of elements.frames.entries()) {
      if (bits > 0) this.#deliver(bitsAsBytes(bytes, startBit, bits), index);
    }
  }

  /** As the camera says it is; the other way while that is in doubt. They are right when they use up all bytes. */
  #parse(bytes: Uint8Array): LatmElements | undefined {
    let elements = parseLatmElements(bytes, this.#inBand, this.#config);
    if (!elements && this.#doubt >= doubtful) {
      elements = parseLatmElements(bytes, !this.#inBand, this.#config);
      if (elements) this.#inBand = !this.#inBand;
    }
    this.#doubt = elements ? 0 : this.#doubt + 1;
    return elements;
  }

  #use(config: StreamMuxConfig): void {
    this.#config = config;
    const { audioConfig } = config;
    if (this.#track && sameBytes(this.#track.config, audioConfig)) return;
    const known = this.#tracks.find((track) => sameBytes(track.config, audioConfig));
    this.#audio = parseAacConfig(audioConfig);
    this.#track = known ?? aacTrack(audioConfig, this.#clockRate, this.#channels);
    if (known) return;
    this.#tracks.push(this.#track);
    if (this.#tracks.length > maxKnownTracks) this.#tracks.shift();
  }

  /** @param index frames since the packet's time stamp */
  #deliver(frame: Uint8Array, index: number): void {
    const track = this.#track!;
    this.#arena.append(frame, 0, frame.length);
    this.#ready.push({
      kind: 'audioFrame',
      bytes: this.#arena.finish(),
      rtpTimestamp: rtpTimestamp(this.#timestamp + this.#ticks(index)),
      durationTicks: track.frameTicks,
      arrivalMs: this.#arrivalMs,
      track,
    });
  }

  /** Duration of so many frames, rounded once. */
  #ticks(frames: number): number {
    const { frameSamples, coreSampleRate } = this.#audio!;
    return rescale(frames * frameSamples, coreSampleRate, this.#clockRate);
  }

  #damage(reason: string, arrivalMs: UnixMillis): void {
    this.#ready.push({ kind: 'damage', media: 'audio', reason, arrivalMs });
  }
}

/**
 * Why a format cannot be recorded, as one sentence for a person: its config is not in the elements, and what stands for
 * it cannot be read. Undefined when it can be recorded.
 */
export function refuseLatm(format: PayloadFormat): string | undefined {
  if (hasInBandConfig(format.parameters) || describedConfig(format) || probableConfig(format))
    return undefined;
  return 'The camera sends AAC (MP4A-LATM) without a config that Nightjar can read.';
}

/** RFC 6416 section 7.3: in band unless the camera says otherwise; one that gives a config probably means it. */
function hasInBandConfig(parameters: ReadonlyMap<string, string>): boolean {
  const said = parameters.get('cpresent')?.trim();
  return said === undefined ? !parameters.get('config') : said !== '0';
}

/** The `config` of the format parameters; undefined when there is none or it cannot be read. */
function describedConfig({ parameters }: Described): StreamMuxConfig | undefined {
  const bytes = Uint8Array.from(Buffer.from(parameters.get('config')?.trim() ?? '', 'hex'));
  return parseStreamMuxConfig(bytes) ?? plainConfig(bytes);
}

/** That of a camera which gives an AudioSpecificConfig in place of a StreamMuxConfig. */
function plainConfig(audioConfig: Uint8Array): StreamMuxConfig | undefined {
  try {
    parseAacConfig(audioConfig);
    return { audioConfig, frames: 1, frameBits: undefined, otherBits: 0 };
  } catch (error) {
    if (error instanceof NightjarError) return undefined;
    throw error;
  }
}

/** Of plain AAC-LC, for a camera that gives none; undefined when its clock can be no sampling rate. */
function probableConfig({ clockRate, channels }: Described): StreamMuxConfig | undefined {
  return clockRate > 96_000 || clockRate === 90_000
    ? undefined
    : plainConfig(formatAacConfig(clockRate, channels));
}
