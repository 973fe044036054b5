/** What a camera of a dialogue replies, as bytes, and what follows from it for the media. */
import type { Dialogue, ReplyLine } from '../dialogue/dialogue.ts';
import { formatResponse, Headers, type RtspRequest, type RtspResponse } from '../rtsp/message.ts';
import type { PacketPair } from '../rtsp/transport_header.ts';
import type { DialogueMedia } from './dialogue_media.ts';
import { fillIn } from './dialogue_variables.ts';

const usualSession = '66334873';
const usualChallenge = 'Digest realm="camera", nonce="5a1e3c0de77f4b2a"';
const usualMethods = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, TEARDOWN';

/** A field that is not sent, nor added. */
const isLeftOut = (text: string) => /^[^:]+: *\{none\}$/.test(text);

/** Where the packets of a medium go. */
type Way = { readonly channels: PacketPair } | { readonly channels: PacketPair; readonly client: PacketPair };

export class DialogueReplies {
  readonly #dialogue: Dialogue;
  readonly #media: DialogueMedia;
  readonly #ways: Way[] = [];
  #host = '';
  #port = 0;
  #serverPorts = '';
  #session = usualSession;
  /** The fields of the newest reply that had any. */
  challenges: readonly string[] = [usualChallenge];

  constructor(dialogue: Dialogue, media: DialogueMedia) {
    this.#dialogue = dialogue;
    this.#media = media;
  }

  listensAt(host: string, port: number, [rtp, rtcp]: readonly [number, number]): void {
    this.#host = host;
    this.#port = port;
    this.#serverPorts = `${rtp}-${rtcp}`;
  }

  get url(): string {
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host;
    return `rtsp://${host}:${this.#port}${this.#dialogue.path}`;
  }

  /** Of the medium that was set up as this one, counted from 0. */
  channelsOf(medium: number): PacketPair | undefined {
    return this.#ways[medium]?.channels;
  }

  /** Where a packet of this channel goes instead of the connection. */
  datagramTarget(channel: number): { host: string; port: number } | undefined {
    const way = this.#ways.find(({ channels }) => channels.rtp === channel || channels.rtcp === channel);
    if (!way || !('client' in way)) return undefined;
    return { host: this.#host, port: channel === way.channels.rtp ? way.client.rtp : way.client.rtcp };
  }

  variablesFor(message: RtspRequest | RtspResponse | undefined): Record<string, string | undefined> {
    const asked = this.#asked(message);
    return {
      ...this.#media.variables,
      url: this.url,
      host: this.#host,
      port: String(this.#port),
      session: this.#session,
      server_port: this.#serverPorts,
      cseq: message?.headers.get('CSeq'),
      request: message?.kind === 'request' ? message.url : undefined,
      channels: asked.interleaved && pair(asked.interleaved),
      channel: asked.interleaved && String(asked.interleaved.rtp),
      client_port: asked.clientPort && pair(asked.clientPort),
      blank: ' ',
      tab: '\t',
    };
  }

  /** A message as it stands in the file, in UTF-8, with what every reply has. */
  written(lines: readonly ReplyLine[], message: RtspRequest | RtspResponse | undefined): Buffer {
    const variables = this.variablesFor(message);
    const blank = lines.findIndex(({ text }) => text === '');
    const headLines = blank < 0 ? lines : lines.slice(0, blank);
    // One character a byte, as in messages, since some bytes are no letters.
    const filled = ({ text, end }: ReplyLine): ReplyLine => ({
      text: fillIn(Buffer.from(text).toString('latin1'), variables),
      end,
    });
    // Told before variables are filled in: a camera may say {none}, too.
    const head = headLines.filter(({ text }) => !isLeftOut(text)).map(filled);
    const body = blank < 0 ? [] : lines.slice(blank + 1).map(filled);
    const bodyText = body.map((line) => line.text + line.end).join('');
    const { end } = lines[0]!;
    const names = (name: string) =>
      headLines.some(({ text }) => text.toLowerCase().replace(/\s*:/, ':').startsWith(`${name}:`));
    const isReply = /^RTSP\//.test(head[0]!.text);
    if (isReply && !names('cseq') && variables.cseq !== undefined)
      head.splice(1, 0, { text: `CSeq: ${variables.cseq}`, end });
    if (bodyText !== '' && !names('content-length'))
      head.push({ text: `Content-Length: ${bodyText.length}`, end });
    if (isReply)
      this.#learn(
        /^RTSP\/\S+\s+2/.test(head[0]!.text),
        head.map(({ text }) => text),
        message,
      );
    const last = blank < 0 ? end : lines[blank]!.end;
    return Buffer.from(head.map((line) => line.text + line.end).join('') + last + bodyText, 'latin1');
  }

  /** What an ordinary camera replies. */
  usual(request: RtspRequest, allowed: boolean): Buffer {
    const headers = new Headers([['CSeq', request.headers.get('CSeq') ?? '0']]);
    let body = '';
    let [status, reason] = [200, 'OK'];
    if (!allowed) {
      [status, reason] = [401, 'Unauthorized'];
      for (const challenge of this.challenges) headers.append('WWW-Authenticate', challenge);
    } else if (request.method === 'OPTIONS') {
      headers.append('Public', usualMethods);
    } else if (request.method === 'DESCRIBE') {
      headers.append('Content-Base', `${request.url}/`);
      headers.append('Content-Type', 'application/sdp');
      body = this.#media.description;
    } else if (request.method === 'SETUP') {
      headers.append('Session', `${this.#session};timeout=60`);
      headers.append('Transport', this.#usualTransport(request));
    } else {
      headers.append('Session', this.#session);
    }
    this.#learn(
      allowed,
      [...headers].map(([name, value]) => `${name}: ${value}`),
      request,
    );
    return Buffer.from(formatResponse({ status, reason, headers, body: Buffer.from(body) }));
  }

  #usualTransport(request: RtspRequest): string {
    const asked = this.#asked(request);
    if (asked.clientPort)
      return `RTP/AVP;unicast;client_port=${pair(asked.clientPort)};server_port=${this.#serverPorts}`;
    const { rtp, rtcp } = asked.interleaved ?? { rtp: 0, rtcp: 1 };
    return `RTP/AVP/TCP;unicast;interleaved=${rtp}-${rtcp}`;
  }

  #asked(message: RtspRequest | RtspResponse | undefined) {
    return readTransport(message?.headers.get('Transport') ?? '');
  }

  /** What the reply tells the client holds for the camera, too. */
  #learn(accepted: boolean, head: readonly string[], message: RtspRequest | RtspResponse | undefined): void {
    const values = (name: string) =>
      head.flatMap((line) => {
        const [, found, value] = /^([^:]+?)\s*:\s*(.*)$/.exec(line) ?? [];
        return found?.toLowerCase() === name ? [value!.trim()] : [];
      });
    const challenges = values('www-authenticate');
    if (challenges.length > 0) this.challenges = challenges;
    const [session] = values('session');
    if (session !== undefined) this.#session = session.split(';')[0]!.trim();
    if (message?.kind !== 'request' || message.method !== 'SETUP' || !accepted) return;
    // Of the first medium: the client begins anew.
    const asked = this.#asked(message);
    if (message.headers.get('Session') === undefined) this.#ways.length = 0;
    const answer = readTransport(values('transport').join());
    const index = this.#ways.length;
    const usual = { rtp: 2 * index, rtcp: 2 * index + 1 };
    if (asked.clientPort && !answer.interleaved) {
      this.#ways.push({ channels: usual, client: asked.clientPort });
    } else this.#ways.push({ channels: answer.interleaved ?? asked.interleaved ?? usual });
  }
}

/**
 * The channels and the client's ports of a Transport header. By a way of its own: what the client reads of a header is to be
 * tested, not that two sides read the same.
 */
function readTransport(value: string): { interleaved?: PacketPair; clientPort?: PacketPair } {
  const [interleaved, clientPort] = ['interleaved', 'client_port'].map((name) => {
    const [, rtp, rtcp] = new RegExp(`${name}\\s*=\\s*(\\d+)(?:\\s*-\\s*(\\d+))?`, 'i').exec(value) ?? [];
    return rtp === undefined
      ? undefined
      : { rtp: Number(rtp), rtcp: rtcp === undefined ? Number(rtp) + 1 : Number(rtcp) };
  });
  return { ...(interleaved && { interleaved }), ...(clientPort && { clientPort }) };
}

function pair({ rtp, rtcp }: PacketPair): string {
  return `${rtp}-${rtcp}`;
}
