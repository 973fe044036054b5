/** Makes the packets of a dialogue's `M:` lines. */

import type { DialogueAction, MediaOptions } from '../dialogue/dialogue.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { formatRtpPacket } from '../rtp/packet.ts';
import { rtpTimestamp, type UnixMillis } from '../units/time.ts';
import { type MediaSource, mediaSource, mediaSourceNames } from './dialogue_sources.ts';
import { packJpeg } from './jpeg_packer.ts';
import { type PackedPayload, type PackingFault, packingFaults, packPicture } from './nal_packer.ts';
import { goodbye, senderReport } from './rtcp.ts';

export type MediaAction = Extract<DialogueAction, { kind: 'media' }>;

export interface TimedPacket {
  /** Milliseconds from the beginning of the line. */
  readonly dueMs: number;
  readonly medium: number;
  readonly channel: 'rtp' | 'rtcp';
  readonly bytes: Uint8Array;
}

const soundFaults = ['adts', 'fragments', 'pairs'] as const;
const jpegFaults = ['tables-once', 'end-of-image'] as const;
const packetFaults = ['extension', 'csrc', 'padding'] as const;
type Fault =
  | PackingFault
  | (typeof soundFaults)[number]
  | (typeof jpegFaults)[number]
  | (typeof packetFaults)[number];
/** What stands behind `with=`. */
export const mediaFaults: readonly string[] = [
  ...packingFaults,
  ...soundFaults,
  ...jpegFaults,
  ...packetFaults,
];

const defaultFrames = 1;
const maximumFrames = 20_000;
const defaultMaxBytes = 1_400;
const interleavedHeaderBytes = 4;

/** What a medium of a camera has sent so far. */
interface MediumState {
  sequenceNumber: number;
  /** Of the next unit. */
  timestamp: number;
  ssrc: number;
  nextUnit: number;
  packets: number;
  octets: number;
}

/** The sources of all media of a dialogue, and what each medium has sent. */
export class DialogueMedia {
  readonly #sources: ReadonlyMap<string, MediaSource>;
  readonly #described: readonly MediaSource[];
  readonly #states = new Map<number, MediumState>();

  private constructor(sources: ReadonlyMap<string, MediaSource>, described: readonly MediaSource[]) {
    this.#sources = sources;
    this.#described = described;
  }

  /** @throws NightjarError `dialogue_malformed` when a line asks for what cannot be made */
  static async of(actions: readonly DialogueAction[]): Promise<DialogueMedia> {
    const sources = new Map<string, MediaSource>();
    const described: MediaSource[] = [];
    for (const action of actions) {
      if (action.kind !== 'media' || isControl(action.codec)) continue;
      const source = await mediaSource(action.codec);
      if (!source)
        throw malformed(`no media "${action.codec}" can be made, only ${mediaSourceNames.join(', ')}`);
      sources.set(action.codec, source);
      described[action.medium] ??= source;
    }
    const fallback = (await mediaSource('h264'))!;
    return new DialogueMedia(
      sources,
      [...described].length === 0 ? [fallback] : [...described].map((each) => each ?? fallback),
    );
  }

  /** Forgets what was sent: the camera begins anew. */
  restart(): void {
    this.#states.clear();
  }

  /** Variables of texts. */
  get variables(): Readonly<Record<string, string>> {
    return Object.assign({}, ...this.#described.map(({ variables }) => variables));
  }

  /** What an ordinary camera says that it has. */
  get description(): string {
    const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=Camera', 't=0 0', 'a=control:*'];
    for (const [index, { kind, payloadType, attributes }] of this.#described.entries()) {
      lines.push(`m=${kind} 0 RTP/AVP ${payloadType}`, ...attributes, `a=control:track${index}`);
    }
    return `${lines.join('\r\n')}\r\n`;
  }

  /**
   * The packets of a line, in the order of their sending, and how long the line takes in milliseconds.
   *
   * @param nowMs what the camera takes for the time
   * @throws NightjarError `dialogue_malformed` for an option that there is not
   */
  packets(action: MediaAction, nowMs: UnixMillis): { packets: TimedPacket[]; durationMs: number } {
    if (isControl(action.codec)) return { packets: [this.#control(action, nowMs)], durationMs: 0 };
    const source = this.#sources.get(action.codec)!;
    const options = new Options(action.options);
    const state = this.#state(action.medium, source);
    const faults = options.faults();
    const frames = options.number('frames', defaultFrames, maximumFrames);
    const unitTicks =
      source.kind === 'video'
        ? source.clockRate / options.number('fps', source.clockRate / source.unitTicks, 1_000)
        : source.unitTicks;
    const unitMs = (unitTicks * 1000) / source.clockRate;
    const burst = options.flag('burst');
    state.nextUnit = options.number('from', state.nextUnit);
    const first = state.nextUnit;
    state.timestamp = options.moved('ts', state.timestamp);
    state.sequenceNumber = options.moved('seq', state.sequenceNumber) & 0xffff;
    state.ssrc = options.hexadecimal('ssrc', state.ssrc);
    const payloadType = options.number('pt', source.payloadType, 127);
    const [lost, repeated, swapped] = ['lose', 'repeat', 'swap'].map((name) => options.list(name));
    const maxBytes = options.number('max', defaultMaxBytes, 65_000);
    const marker = source.kind === 'video';
    options.finish();
    const made: TimedPacket[] = [];
    for (let unit = first; unit < first + frames; unit++) {
      const { parts, position } = source.unit(unit);
      const payloads = pack({
        source,
        parts,
        faults,
        maxBytes,
        first: unit === first,
        next: () => source.unit(unit + 1).parts[0]!,
      });
      // Two sounds of one packet are one step.
      if (faults.has('pairs')) unit++;
      for (const { payload, marker: marked, extraTicks } of payloads) {
        const timestamp = rtpTimestamp(
          (state.timestamp + Math.round((position - first) * unitTicks) + extraTicks) >>> 0,
        );
        const header = {
          marker: marked && (marker || source.packing === 'aac'),
          payloadType,
          sequenceNumber: state.sequenceNumber,
          timestamp,
          ssrc: state.ssrc,
        };
        state.sequenceNumber = (state.sequenceNumber + 1) & 0xffff;
        state.packets++;
        state.octets += payload.length;
        const bytes = packetBytes(header, payload, faults);
        made.push({
          dueMs: burst ? 0 : (position - first) * unitMs,
          medium: action.medium,
          channel: 'rtp',
          bytes,
        });
      }
    }
    state.nextUnit = first + frames;
    state.timestamp += Math.round(frames * unitTicks);
    inDecodingOrder(made);
    const packets = disturb(made, lost!, repeated!, swapped!);
    return { packets, durationMs: burst ? 0 : frames * unitMs };
  }

  #state(medium: number, source: MediaSource): MediumState {
    let state = this.#states.get(medium);
    if (!state) {
      state = {
        sequenceNumber: 1_000 * (medium + 1),
        timestamp: 1_000_000 * (medium + 1),
        ssrc: 0x10000000 * (medium + 1) + source.payloadType,
        nextUnit: 0,
        packets: 0,
        octets: 0,
      };
      this.#states.set(medium, state);
    }
    return state;
  }

  #control({ medium, codec, options: given }: MediaAction, nowMs: UnixMillis): TimedPacket {
    const options = new Options(given);
    const source = this.#described[medium] ?? this.#described[0]!;
    const state = this.#state(medium, source);
    const wallMs = (nowMs + options.signed('clock', 0) * 1000) as UnixMillis;
    const ssrc = options.hexadecimal('ssrc', state.ssrc);
    options.finish();
    const frame =
      codec === 'bye'
        ? goodbye(0, ssrc)
        : senderReport({
            channel: 0,
            ssrc,
            wallMs,
            rtpTimestamp: state.timestamp >>> 0,
            packets: state.packets,
            octets: state.octets,
          });
    return { dueMs: 0, medium, channel: 'rtcp', bytes: frame.subarray(interleavedHeaderBytes) };
  }
}

function isControl(codec: string): boolean {
  return codec === 'sr' || codec === 'bye';
}

/** Pictures that are shown later than others that follow them are sent when they were coded, not when they are shown. */
function inDecodingOrder(packets: TimedPacket[]): void {
  for (let index = packets.length - 2; index >= 0; index--) {
    const next = packets[index + 1]!;
    if (packets[index]!.dueMs > next.dueMs) packets[index] = { ...packets[index]!, dueMs: next.dueMs };
  }
}

function disturb(
  packets: readonly TimedPacket[],
  lost: ReadonlySet<number>,
  repeated: ReadonlySet<number>,
  swapped: ReadonlySet<number>,
): TimedPacket[] {
  const order = [...packets];
  for (const index of swapped) {
    const [one, other] = [order[index], order[index + 1]];
    if (one && other)
      [order[index], order[index + 1]] = [
        { ...other, dueMs: one.dueMs },
        { ...one, dueMs: other.dueMs },
      ];
  }
  return order.flatMap((packet) => {
    const number = packets.findIndex(({ bytes }) => bytes === packet.bytes);
    if (lost.has(number)) return [];
    return repeated.has(number) ? [packet, packet] : [packet];
  });
}

function pack(options: {
  readonly source: MediaSource;
  readonly parts: readonly Uint8Array[];
  readonly faults: ReadonlySet<Fault>;
  readonly maxBytes: number;
  /** Of its line. */
  readonly first: boolean;
  /** The sound behind this one. */
  readonly next: () => Uint8Array;
}): PackedPayload[] {
  const { parts, faults, maxBytes, first, next } = options;
  const { packing } = options.source;
  if (packing === 'h264' || packing === 'h265')
    return packPicture(packing, parts, faults as ReadonlySet<PackingFault>, maxBytes);
  const [unit] = parts as [Uint8Array];
  if (packing === 'jpeg') {
    const tables = faults.has('tables-once') ? (first ? 'kept' : 'none') : 'each';
    return packJpeg(Buffer.from(unit), { tables, end: faults.has('end-of-image'), maxBytes });
  }
  if (packing === 'bytes') return [{ payload: Buffer.from(unit), marker: false, extraTicks: 0 }];
  return packAac(unit, faults, next);
}

/** RFC 3640 section 3.3.6, mode AAC-hbr. */
function packAac(frame: Uint8Array, faults: ReadonlySet<Fault>, next: () => Uint8Array): PackedPayload[] {
  const frames = faults.has('pairs') ? [frame, next()] : [frame];
  const sounds = faults.has('adts') ? frames.map(withAdts) : frames;
  const headers = Buffer.alloc(2 + 2 * sounds.length);
  headers.writeUInt16BE(16 * sounds.length);
  sounds.forEach((sound, index) => {
    headers.writeUInt16BE(sound.length << 3, 2 + 2 * index);
  });
  const data = Buffer.concat(sounds);
  const middle = faults.has('fragments') ? data.length >> 1 : data.length;
  return [data.subarray(0, middle), data.subarray(middle)]
    .filter((part) => part.length > 0)
    .map((part, index, all) => ({
      payload: Buffer.concat([headers, part]),
      marker: index === all.length - 1,
      extraTicks: 0,
    }));
}

/** AAC-LC at 48 kHz, mono: ISO/IEC 14496-3 section 1.A.2.2. */
function withAdts(frame: Uint8Array): Buffer {
  const length = frame.length + 7;
  return Buffer.concat([
    Buffer.of(
      0xff,
      0xf1,
      0x4c,
      0x40 | (length >> 11),
      (length >> 3) & 0xff,
      ((length & 7) << 5) | 0x1f,
      0xfc,
    ),
    frame,
  ]);
}

/** RFC 3550 section 5.1 with all that may stand around a payload. */
function packetBytes(
  header: Parameters<typeof formatRtpPacket>[0],
  payload: Buffer,
  faults: ReadonlySet<Fault>,
): Buffer {
  const fixed = formatRtpPacket(header, 0);
  const parts: Buffer[] = [fixed];
  if (faults.has('csrc')) {
    fixed[0]! |= 2;
    parts.push(Buffer.from('0000000100000002', 'hex'));
  }
  if (faults.has('extension')) {
    fixed[0]! |= 0x10;
    parts.push(Buffer.from('abac00020011223344556677', 'hex'));
  }
  parts.push(payload);
  if (faults.has('padding')) {
    fixed[0]! |= 0x20;
    parts.push(Buffer.of(0, 0, 0, 4));
  }
  return Buffer.concat(parts);
}

/** The options of one line; those that nobody asked for are errors. */
class Options {
  readonly #given: Map<string, string>;

  constructor(given: MediaOptions) {
    this.#given = new Map(Object.entries(given));
  }

  number(name: string, otherwise: number, maximum = 2 ** 32): number {
    const text = this.#take(name);
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (!/^\d+(?:\.\d+)?$/.test(text) || value > maximum)
      throw malformed(`"${name}=${text}" is no number up to ${maximum}`);
    return value;
  }

  /** In seconds, with a sign. */
  signed(name: string, otherwise: number): number {
    const text = this.#take(name);
    if (text === undefined) return otherwise;
    if (!/^[+-]?\d+(?:\.\d+)?$/.test(text)) throw malformed(`"${name}=${text}" is no number`);
    return Number(text);
  }

  /** A number, or with a sign what is added to `now`. */
  moved(name: string, now: number): number {
    const text = this.#take(name);
    if (text === undefined) return now;
    if (!/^[+-]?\d+$/.test(text)) throw malformed(`"${name}=${text}" is no number`);
    return /^[+-]/.test(text) ? now + Number(text) : Number(text);
  }

  hexadecimal(name: string, otherwise: number): number {
    const text = this.#take(name);
    if (text === undefined) return otherwise;
    if (!/^[0-9a-f]{1,8}$/i.test(text))
      throw malformed(`"${name}=${text}" has more than eight hexadecimal digits`);
    return Number.parseInt(text, 16);
  }

  flag(name: string): boolean {
    return this.#take(name) !== undefined;
  }

  list(name: string): ReadonlySet<number> {
    const text = this.#take(name);
    return new Set(text === undefined ? [] : text.split(',').map(Number));
  }

  faults(): ReadonlySet<Fault> {
    const names = (this.#take('with') ?? '').split(',').filter((name) => name !== '');
    for (const name of names)
      if (!mediaFaults.includes(name)) throw malformed(`nothing is made "with=${name}"`);
    return new Set(names as Fault[]);
  }

  finish(): void {
    for (const name of this.#given.keys()) throw malformed(`nothing is made with "${name}="`);
  }

  #take(name: string): string | undefined {
    const value = this.#given.get(name);
    this.#given.delete(name);
    return value;
  }
}

function malformed(what: string): NightjarError {
  return new NightjarError('dialogue_malformed', `A line of media: ${what}.`);
}
