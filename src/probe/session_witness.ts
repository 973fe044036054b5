import type { Clock } from '../clock/clock.ts';
import type { RtspMessage } from '../rtsp/message.ts';
import type { SecretMask } from '../rtsp/secret_mask.ts';
import type { SessionObserver } from '../rtsp/session_observer.ts';
import type { SetupMedia } from '../rtsp/session_state.ts';
import { PacketMeter } from './packet_meter.ts';
import { SenderMeter } from './sender_meter.ts';
import type { Transcript } from './transcript.ts';

/** Quoted of a service that is no camera. */
const maximumForeignCharacters = 32;
/** Kept of what a camera asks with, over all its replies. */
const maximumChallenges = 32;

/** When the steps of a session were taken, in milliseconds since its connection was asked for. */
export interface SessionTiming {
  connectedMs?: number;
  describedMs?: number;
  playingMs?: number;
  firstPacketMs?: number;
  firstKeyFrameMs?: number;
}

/** Watches one session. */
export class SessionWitness implements SessionObserver {
  readonly timing: SessionTiming = {};
  readonly packets = new Map<number, PacketMeter>();
  readonly senders = new Map<number, SenderMeter>();
  /** Challenges that the camera made: values of WWW-Authenticate. */
  readonly challenges: string[] = [];
  /** Value of the first `Server` field. */
  server: string | undefined;
  readonly #clock: Clock;
  readonly #mask: SecretMask;
  readonly #dialogue: Transcript;
  readonly #startedMs: number;
  #framingLost = false;
  /** Methods of the requests that wait, by CSeq. */
  readonly #asked = new Map<string, string>();

  constructor(clock: Clock, dialogue: Transcript, mask: SecretMask) {
    this.#clock = clock;
    this.#mask = mask;
    this.#dialogue = dialogue;
    this.#startedMs = clock.monotonic();
  }

  onConnecting(url: string): void {
    this.#dialogue.note(`connecting to ${url}`);
  }

  onConnected(): void {
    this.timing.connectedMs ??= this.#elapsedMs();
  }

  onHandshake(kind: 'sent' | 'received', head: string): void {
    this.#dialogue.head(kind, head);
  }

  onSent(message: RtspMessage): void {
    this.#dialogue.message('sent', message);
    const number = message.headers.get('CSeq');
    if (message.kind === 'request' && number !== undefined) this.#asked.set(number, message.method);
  }

  onReceived(message: RtspMessage): void {
    this.#dialogue.message('received', message);
    this.server ??= message.headers.get('Server') || undefined;
    if (message.kind === 'request') return;
    const challenges = message.headers.getAll('WWW-Authenticate');
    this.challenges.push(...challenges.slice(0, maximumChallenges - this.challenges.length));
    if (message.status !== 200) return;
    const method = this.#asked.get(message.headers.get('CSeq') ?? '');
    if (method === 'DESCRIBE') this.timing.describedMs ??= this.#elapsedMs();
    if (method === 'PLAY') this.timing.playingMs ??= this.#elapsedMs();
  }

  onPacket(media: SetupMedia, channel: 'rtp' | 'rtcp', bytes: Uint8Array, start: number, end: number): void {
    const type = bytes[start + 1] ?? 0;
    // Some cameras send RTCP on the channel of RTP.
    if (channel === 'rtcp' || (type >= 200 && type <= 207)) {
      const meter = this.senders.get(media.index) ?? new SenderMeter();
      this.senders.set(media.index, meter);
      return meter.take(bytes, start, end, this.#clock.now());
    }
    const meter = this.packets.get(media.index) ?? new PacketMeter(media.format);
    this.packets.set(media.index, meter);
    if (!meter.take(bytes, start, end, this.#clock.monotonic())) return;
    if (this.timing.firstPacketMs !== undefined) return;
    this.timing.firstPacketMs = this.#elapsedMs();
    this.#dialogue.note('the first RTP packet came');
  }

  onForeignFrame(): void {}

  onLostBytes(count: number): void {
    if (this.#framingLost) return;
    this.#framingLost = true;
    this.#dialogue.note(`the framing was lost for the first time, for ${count} bytes`);
  }

  onClosed(): void {
    this.#dialogue.note('the camera closed the connection');
  }

  onForeignBytes(bytes: Uint8Array): void {
    const text = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
    const line = this.#mask
      .beginning(text.split(/[\r\n]/)[0]!, maximumForeignCharacters)
      .replace(/[^\x20-\x7e]/g, '.');
    this.#dialogue.note(`what came is not RTSP; it begins with "${line}"`);
  }

  /** To be called when a key frame was put together. */
  sawKeyFrame(): void {
    if (this.timing.firstKeyFrameMs !== undefined) return;
    this.timing.firstKeyFrameMs = this.#elapsedMs();
    this.#dialogue.note('the first key frame is whole');
  }

  #elapsedMs(): number {
    return Math.round(this.#clock.monotonic() - this.#startedMs);
  }
}
