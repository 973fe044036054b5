/**
 * Writes down what a camera says while it is probed, as a dialogue that can be played again (docs/camera-fixtures.md).
 *
 * Secrets are left out: addresses become variables, and the login becomes one that everybody may know; what the camera
 * challenges with stays, so that a client has to answer it. What a body has besides text, and bytes that broke the
 * framing, are not kept; the latter are played as zeros.
 */
import type { Clock } from '../clock/clock.ts';
import type { Dialogue, DialogueAction, DialogueStep, ReplyLine } from '../dialogue/dialogue.ts';
import type { TransportSetting } from '../recorder/transport_choice.ts';
import { masked } from '../rtsp/known_secrets.ts';
import type { RtspMessage, RtspResponse } from '../rtsp/message.ts';
import type { SecretMask } from '../rtsp/secret_mask.ts';
import type { SessionObserver } from '../rtsp/session_observer.ts';
import type { SetupMedia } from '../rtsp/session_state.ts';
import { parseRtspUrl } from '../rtsp/url.ts';
import { concealedPayload } from './concealed_payload.ts';
import { looksLikeRtcp, namelessRtcp } from './nameless_rtcp.ts';
import { hiddenWord, oneLine, playedText, playedTransport, playedTransportField } from './played_words.ts';

/** What a dialogue asks for instead of the user's own. */
const login = { username: 'viewer', password: 'captured' };
/** Media that are kept unless said otherwise, in bytes. */
export const defaultCaptureBytes = 4 * 1024 * 1024;
const maximumSteps = 500;
const maximumBodyBytes = 64 * 1024;
/** Of all messages together. */
const maximumMessageBytes = 1024 * 1024;
/** What anything costs at least, in bytes: a camera may send a million packets without a byte in them. */
const leastCost = 64;
/** Bytes played for those that broke the framing. */
const maximumRubbishBytes = 64 * 1024;
/** Pauses between packets are kept from this length on, before replies from the other. */
const packetPauseMs = 5;
const replyPauseMs = 100;

type OpenStep = { -readonly [Field in keyof DialogueStep]: DialogueStep[Field] } & {
  actions: DialogueAction[];
};

export interface Captured {
  readonly dialogue: Dialogue;
  /** Of media. */
  readonly bytes: number;
  readonly packets: number;
  /** Not everything that came is in it. */
  readonly cut: boolean;
}

export class Capture implements SessionObserver {
  readonly #clock: Clock;
  readonly #mask: SecretMask;
  readonly #transport: TransportSetting;
  readonly #maximumBytes: number;
  readonly #concealed: boolean;
  readonly #steps: OpenStep[] = [];
  /** Hosts that connections were made to. */
  readonly #hosts = new Set<string>();
  /** CSeq of each request, with its method and URL. */
  readonly #asked = new Map<string, { readonly method: string; readonly url: string }>();
  /** URLs that were set up in this session, in their order. */
  #setUp: string[] = [];
  #givenUrl: string | undefined;
  #connections = 0;
  #lastMs = 0;
  #bytes = 0;
  /** What was taken of the two limits. */
  #mediaCost = 0;
  #messageCost = 0;
  #packets = 0;
  #cut = false;
  #challenged = false;
  #server: string | undefined;

  constructor(options: {
    clock: Clock;
    mask: SecretMask;
    /** How the stream was asked for. */
    transport: TransportSetting;
    /** Of media; 4 MiB unless given. */
    maximumBytes?: number;
    /** Leave out what pictures show and sound says, and keep what tells how it is packed. */
    concealed?: boolean;
  }) {
    this.#clock = options.clock;
    this.#mask = options.mask;
    this.#transport = options.transport;
    this.#maximumBytes = options.maximumBytes ?? defaultCaptureBytes;
    this.#concealed = options.concealed ?? false;
  }

  onConnecting(url: string): void {
    this.#givenUrl ??= url;
    this.#hosts.add(parseRtspUrl(url).host);
    this.#setUp = [];
    this.#asked.clear();
    // Those behind the first belong to it: whoever plays this must not begin again with them.
    if (this.#connections++ > 0) {
      // A goodbye to the one before is answered as usual, and nobody need wait for it.
      if (this.#steps.at(-1)?.what === 'TEARDOWN') this.#steps.pop();
      this.#step('connect');
    }
    this.#lastMs = this.#clock.monotonic();
  }

  onConnected(): void {
    this.#lastMs = this.#clock.monotonic();
  }

  /** Inside of a tunnel everything is as outside. */
  onHandshake(): void {}

  onSent(message: RtspMessage): void {
    this.#lastMs = this.#clock.monotonic();
    if (message.kind === 'response') return this.#step(String(message.status));
    this.#asked.set(message.headers.get('CSeq') ?? '', message);
    this.#step(message.method, this.#text(message.url));
  }

  onReceived(message: RtspMessage): void {
    if (message.kind === 'response') this.#learn(message);
    if (!this.#takesMessage(message)) return;
    this.#pause(replyPauseMs);
    const startLine =
      message.kind === 'response'
        ? `RTSP/1.0 ${message.status} ${this.#text(message.reason)}`.trimEnd()
        : `${this.#text(message.method)} ${this.#text(message.url)} RTSP/1.0`;
    const fields = [...message.headers].flatMap(([name, value]) => this.#field(message, name, value));
    if (message.headers.get('CSeq') === undefined && message.kind === 'response') fields.push('CSeq: {none}');
    const head = [startLine, ...fields].map((text) => ({ text, end: '\r\n' as const }));
    this.#act({ kind: 'reply', lines: [...head, ...this.#body(message)] });
  }

  onPacket(media: SetupMedia, channel: 'rtp' | 'rtcp', bytes: Uint8Array, start: number, end: number): void {
    const { transport } = media;
    const order = Math.max(0, this.#setUp.indexOf(media.controlUrl));
    const number =
      transport.kind === 'tcp' ? transport.channels[channel] : 2 * order + (channel === 'rtcp' ? 1 : 0);
    const conceal = channel === 'rtp' ? media.format.encoding : undefined;
    this.#packet(number, new Uint8Array(bytes.subarray(start, end)), conceal);
  }

  onForeignFrame(channel: number, bytes: Uint8Array, start: number, end: number): void {
    this.#packet(channel, new Uint8Array(bytes.subarray(start, end)), '');
  }

  /** @param encoding of media, to be left out where that was asked for; undefined: RTCP */
  #packet(channel: number, packet: Uint8Array, encoding: string | undefined): void {
    if (!this.#takesMedia(packet.length)) return;
    this.#pause(packetPauseMs);
    const payload = () => {
      // Some cameras send RTCP on the channel of RTP.
      if (encoding === undefined || looksLikeRtcp(packet)) return namelessRtcp(packet);
      return this.#concealed ? concealedPayload(encoding, packet) : packet;
    };
    this.#act({ kind: 'frame', channel, payload: payload() });
    this.#packets++;
  }

  onLostBytes(count: number): void {
    const kept = Math.min(count, maximumRubbishBytes);
    if (this.#takesMedia(kept)) this.#act({ kind: 'bytes', bytes: new Uint8Array(kept) });
  }

  onForeignBytes(bytes: Uint8Array): void {
    if (this.#takesMedia(leastCost))
      this.#act({ kind: 'bytes', bytes: new Uint8Array(bytes.subarray(0, 32)) });
  }

  onClosed(): void {
    this.#act({ kind: 'close' });
  }

  /** @param source who made it, and when */
  finish(source: string): Captured {
    const cut = this.#cut ? ` Cut after ${this.#bytes} bytes of media.` : '';
    const concealed = this.#concealed ? ' What pictures show and sound says is left out.' : '';
    const url = this.#givenUrl;
    return {
      dialogue: {
        camera: this.#server ?? 'Captured camera',
        ids: [],
        source,
        behaviour: `As captured.${cut}${concealed}`,
        expect: [],
        ...(this.#challenged && { login }),
        transport: playedTransport(this.#transport),
        path: url === undefined ? '/live' : oneLine(this.#hidden(parseRtspUrl(url).path)) || '/',
        steps: this.#steps.map((step) => this.#elsewhere(step)),
      },
      bytes: this.#bytes,
      packets: this.#packets,
      cut: this.#cut,
    };
  }

  #step(what: string, url?: string): void {
    if (this.#steps.length >= maximumSteps) {
      this.#cut = true;
      return;
    }
    this.#steps.push({
      kind: 'event',
      line: 0,
      what,
      ...(url !== undefined && { url }),
      fields: [],
      actions: [],
    });
  }

  /** What comes before anything was said belongs to the connection. */
  #act(action: DialogueAction): void {
    if (this.#steps.length === 0) this.#step('connect');
    if (this.#steps.length < maximumSteps) this.#steps.at(-1)!.actions.push(action);
  }

  #takesMedia(count: number): boolean {
    const cost = Math.max(count, leastCost);
    if (this.#mediaCost + cost > this.#maximumBytes) {
      // Nothing behind what is missing: a later packet would seem to follow the last one.
      this.#mediaCost = this.#maximumBytes;
      this.#cut = true;
      return false;
    }
    this.#mediaCost += cost;
    this.#bytes += count;
    return true;
  }

  #takesMessage({ headers, body }: RtspMessage): boolean {
    let cost = leastCost + body.length;
    for (const [name, value] of headers) cost += leastCost + name.length + value.length;
    this.#messageCost += cost;
    if (this.#messageCost > maximumMessageBytes) this.#cut = true;
    return this.#messageCost <= maximumMessageBytes;
  }

  /** Time that passed since the last thing of either side, when it is worth telling. */
  #pause(leastMs: number): void {
    const passedMs = Math.floor(this.#clock.monotonic() - this.#lastMs);
    if (passedMs < leastMs) return;
    this.#lastMs += passedMs;
    this.#act({ kind: 'wait', milliseconds: passedMs });
  }

  #learn(response: RtspResponse): void {
    this.#server ??=
      oneLine(this.#hidden((response.headers.get('Server') ?? '').slice(0, 1024))) || undefined;
    if (response.status === 401) this.#challenged = true;
    const asked = this.#asked.get(response.headers.get('CSeq') ?? '');
    if (asked?.method === 'SETUP' && response.status === 200) this.#setUp.push(asked.url);
  }

  /** A header field as a line; none where whoever plays it adds the right one by itself. */
  #field(message: RtspMessage, name: string, value: string): string[] {
    if (/^cseq$/i.test(name) && message.kind === 'response') return this.#sequenceNumber(name, value);
    if (/^content-length$/i.test(name) && message.body.length > 0) return [];
    if (/^transport$/i.test(name)) return [`${name}: ${playedTransportField(this.#text(value))}`];
    const shown = this.#mask.field(name, value).replaceAll(masked, hiddenWord);
    return [`${this.#text(name)}: ${playedText(shown)}`];
  }

  #sequenceNumber(name: string, value: string): string[] {
    const known = this.#asked.has(value);
    if (!known) return [`${name}: ${playedText(value)}`];
    return name === 'CSeq' ? [] : [`${name}: {cseq}`];
  }

  #body({ body }: RtspMessage): ReplyLine[] {
    if (body.length === 0) return [];
    const bytes = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, maximumBodyBytes));
    const text = this.#hidden(bytes.toString('latin1'));
    const ended = text.endsWith('\n') ? text : `${text}\r\n`;
    const lines = [...ended.matchAll(/([^\n]*?)(\r?\n)/g)].map(([, line, end]) => ({
      text: playedText(line!),
      end: end as ReplyLine['end'],
    }));
    return [{ text: '', end: '\r\n' }, ...lines];
  }

  #text(text: string): string {
    return playedText(this.#hidden(text));
  }

  #hidden(text: string): string {
    return this.#mask.text(text).replaceAll(masked, hiddenWord);
  }

  /** A step at the address of whoever plays it; only at the end all hosts are known that a camera sent us to. */
  #elsewhere(step: DialogueStep): DialogueStep {
    const actions = step.actions.map((action) => {
      if (action.kind !== 'reply') return action;
      const lines = action.lines.map(({ text, end }) => ({ text: this.#withoutHosts(text), end }));
      return { ...action, lines };
    });
    return { ...step, actions, ...(step.url !== undefined && { url: this.#withoutHosts(step.url) }) };
  }

  #withoutHosts(text: string): string {
    let result = text;
    for (const host of this.#hosts) {
      const letters = host.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      const url = new RegExp(
        `rtsps?://(?:[^\\s/@]*@)?\\[?${letters}\\]?(?::\\d{1,5})?(?=[/?\\s"',;>]|$)`,
        'gi',
      );
      result = result.replace(url, 'rtsp://{host}:{port}');
      if (/^[\d.]+$|:/.test(host)) {
        result = result.replace(new RegExp(`(?<![\\w.:])${letters}(?![\\w.:])`, 'g'), '{host}');
      }
    }
    return result;
  }
}
