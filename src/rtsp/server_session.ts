/**
 * The server's side of an RTSP session (RFC 2326 sections 10 and appendix A.2), without its socket: requests in,
 * responses out. One connection has at most one session.
 *
 * Tolerated on purpose: URLs of SETUP with or without the slash before the control, PLAY and PAUSE with the URL of one
 * medium, a missing Session field in GET_PARAMETER and OPTIONS.
 */
import { Headers, noBody, type RtspRequest, type RtspResponse } from './message.ts';
import { parseRate, replayRequired } from './play_fields.ts';
import { formatRange, parseRange } from './range.ts';
import { formatRtpInfo } from './rtp_info.ts';
import { ServerAuthentication } from './server_authentication.ts';
import type {
  InterleavedChannels,
  ServerOutput,
  ServerPlayback,
  ServerResource,
  ServerTransport,
} from './server_resource.ts';
import { formatTransport, type PacketPair, parseTransports, type Transport } from './transport_header.ts';

export interface ServerSessionOptions {
  readonly output: ServerOutput;
  /** Makes the way to UDP ports of the client; undefined where there is no UDP. */
  readonly udp:
    | {
        readonly serverPorts: PacketPair;
        /** @param destinations ports of the client by channel */
        open(destinations: ReadonlyMap<number, number>): ServerOutput & { release(): void };
      }
    | undefined;
  /** The resource that a path (with its query, without slashes at the ends) names or lies below. */
  readonly find: (path: string) => ServerResource | undefined;
  /** 32 bits or more that nobody can guess, as text. */
  readonly sessionId: string;
  /** Said in the Session field, in seconds. */
  readonly timeoutSeconds: number;
}

const [, onvifReplay] = replayRequired;

const publicMethods = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, TEARDOWN';

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  457: 'Invalid Range',
  459: 'Aggregate Operation Not Allowed',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  551: 'Option not supported',
};

export class RtspServerSession {
  readonly #options: ServerSessionOptions;
  readonly #channels = new Map<number, InterleavedChannels>();
  /** Ports of the client by channel. */
  readonly #ports = new Map<number, number>();
  #transport: ServerTransport | undefined;
  #datagrams: (ServerOutput & { release(): void }) | undefined;
  #authentication: { resource: ServerResource; judge: ServerAuthentication } | undefined;
  #resource: ServerResource | undefined;
  #playback: ServerPlayback | undefined;

  constructor(options: ServerSessionOptions) {
    this.#options = options;
  }

  handle(request: RtspRequest): RtspResponse {
    if (request.method === 'OPTIONS') return reply(request, 200, [['Public', publicMethods]]);
    const path = pathOf(request.url);
    const resource = this.#options.find(path);
    if (!resource) return reply(request, 404);
    const unsupported = requiredBy(request).filter((tag) => tag !== onvifReplay || !resource.replay);
    if (unsupported.length > 0) return reply(request, 551, [['Unsupported', unsupported.join(', ')]]);
    const refusal = this.#refusal(request, resource);
    if (refusal) return refusal;
    switch (request.method) {
      case 'DESCRIBE':
        return this.#describe(request, resource);
      case 'SETUP':
        return this.#setup(request, resource, path);
      case 'PLAY':
        return this.#withSession(request, () => this.#play(request, resource));
      case 'PAUSE':
        return this.#withSession(request, () => this.#pause(request));
      case 'TEARDOWN':
        return this.#withSession(request, () => this.#teardown(request));
      case 'GET_PARAMETER':
        return reply(request, 200, this.#sessionField());
      default:
        return reply(request, 501);
    }
  }

  /** Ends the playing, as when the connection is lost. */
  close(): void {
    this.#playback?.close();
    this.#playback = undefined;
    this.#channels.clear();
    this.#ports.clear();
    this.#datagrams?.release();
    this.#datagrams = undefined;
    this.#transport = undefined;
    this.#resource = undefined;
  }

  #refusal(request: RtspRequest, resource: ServerResource): RtspResponse | undefined {
    if (!resource.credentials) return undefined;
    if (this.#authentication?.resource !== resource) {
      const judge = new ServerAuthentication(resource.credentials, resource.authentication);
      this.#authentication = { resource, judge };
    }
    const { judge } = this.#authentication;
    const verdict = judge.judge(request);
    if (verdict.granted) return undefined;
    const challenges = judge.challenges(verdict.stale);
    return reply(
      request,
      401,
      challenges.map((challenge) => ['WWW-Authenticate', challenge] as const),
    );
  }

  #describe(request: RtspRequest, resource: ServerResource): RtspResponse {
    const fields = [
      ['Content-Type', 'application/sdp'],
      ['Content-Base', `${aggregateUrl(request.url, resource)}/`],
    ] as const;
    return reply(request, 200, fields, Buffer.from(resource.description));
  }

  #setup(request: RtspRequest, resource: ServerResource, path: string): RtspResponse {
    if (this.#playback) return reply(request, 455);
    if (this.#resource && this.#resource !== resource) return reply(request, 459);
    const control = path.slice(resource.path.length).replace(/^\//, '');
    const medium = resource.controls.indexOf(control);
    if (medium < 0) return reply(request, control === '' ? 459 : 404);
    const offer = this.#acceptable(request.headers.get('Transport') ?? '', resource);
    if (!offer) return reply(request, 461);
    this.#resource = resource;
    this.#transport = offer.protocol;
    const channels = chooseChannels(offer, this.#channels);
    this.#channels.set(medium, channels);
    const ssrc = resource.announcedSsrc(medium);
    const answer = { ...this.#answer(offer, channels), ...(ssrc !== undefined && { ssrc }) };
    return reply(request, 200, [['Transport', formatTransport(answer)], ...this.#sessionField()]);
  }

  /** The first of the transports offered that the resource has; all media of a session have the same. */
  #acceptable(header: string, resource: ServerResource): Transport | undefined {
    return parseTransports(header).find(({ protocol, multicast, clientPort }) => {
      if (multicast || !resource.transports.includes(protocol)) return false;
      if (this.#transport !== undefined && this.#transport !== protocol) return false;
      return protocol === 'tcp' || (clientPort !== undefined && this.#options.udp !== undefined);
    });
  }

  #answer({ protocol, clientPort }: Transport, channels: InterleavedChannels): Transport {
    if (protocol === 'tcp') return { protocol, multicast: false, interleaved: channels };
    this.#ports.set(channels.rtp, clientPort!.rtp).set(channels.rtcp, clientPort!.rtcp);
    const serverPort = this.#options.udp!.serverPorts;
    return { protocol, multicast: false, clientPort: clientPort!, serverPort };
  }

  #play(request: RtspRequest, resource: ServerResource): RtspResponse {
    if (this.#channels.size === 0) return reply(request, 455);
    const { headers } = request;
    const asked = headers.get('Range');
    const range = asked === undefined ? undefined : parseRange(asked);
    if (asked !== undefined && !range) return reply(request, 457);
    if (this.#transport === 'udp') this.#datagrams ??= this.#options.udp!.open(new Map(this.#ports));
    this.#playback ??= resource.open({
      output: this.#datagrams ?? this.#options.output,
      transport: this.#transport!,
      channels: new Map(this.#channels),
    });
    const playing = this.#playback.play({
      range,
      scale: parseRate(headers.get('Scale')),
      speed: parseRate(headers.get('Speed')),
      replay: requiredBy(request).includes(onvifReplay),
      unlimited: headers.get('Rate-Control')?.trim().toLowerCase() === 'no',
    });
    if (!playing) return reply(request, 457, this.#sessionField());
    const base = aggregateUrl(request.url, resource);
    const info = [...playing.first].map(([medium, { sequenceNumber, rtpTimestamp }]) => ({
      url: `${base}/${resource.controls[medium]}`,
      sequenceNumber,
      rtpTimestamp,
    }));
    return reply(request, 200, [
      ...this.#sessionField(),
      ['Range', formatRange(playing.range)],
      ...(playing.scale === undefined ? [] : [['Scale', playing.scale.toFixed(3)] as const]),
      ...(playing.speed === undefined ? [] : [['Speed', playing.speed.toFixed(3)] as const]),
      ...(info.length > 0 ? [['RTP-Info', formatRtpInfo(info)] as const] : []),
    ]);
  }

  #pause(request: RtspRequest): RtspResponse {
    if (!this.#playback) return reply(request, 455);
    this.#playback.pause();
    return reply(request, 200, this.#sessionField());
  }

  #teardown(request: RtspRequest): RtspResponse {
    this.close();
    return reply(request, 200);
  }

  #withSession(request: RtspRequest, handle: () => RtspResponse): RtspResponse {
    const named = (request.headers.get('Session') ?? '').split(';')[0]!.trim();
    if (!this.#resource || named !== this.#options.sessionId) return reply(request, 454);
    return handle();
  }

  #sessionField(): (readonly [string, string])[] {
    if (!this.#resource) return [];
    return [['Session', `${this.#options.sessionId};timeout=${this.#options.timeoutSeconds}`]];
  }
}

/** The features that a client cannot do without (RFC 2326 section 12.32). */
function requiredBy({ headers }: RtspRequest): string[] {
  const tags = headers.getAll('Require').join(',').split(',');
  return tags.map((tag) => tag.trim()).filter((tag) => tag !== '');
}

/** A response that repeats the number of its request. */
export function reply(
  request: RtspRequest,
  status: number,
  fields: Iterable<readonly [string, string]> = [],
  body: Uint8Array = noBody,
): RtspResponse {
  const number = request.headers.get('CSeq');
  const headers = new Headers([...(number === undefined ? [] : [['CSeq', number] as const]), ...fields]);
  return { kind: 'response', status, reason: reasons[status] ?? 'Error', headers, body };
}

/** Path and query of a request's URL without slashes at the ends; empty for `*`. */
export function pathOf(url: string): string {
  const withoutHost = url.replace(/^rtsps?:\/\/[^/]*/i, '');
  return withoutHost === '*' ? '' : withoutHost.replace(/^\/+|\/+$/g, '');
}

/** The URL of the whole presentation without a slash at its end, with scheme and host as the client wrote them. */
function aggregateUrl(url: string, resource: ServerResource): string {
  const origin = /^rtsps?:\/\/[^/]*/i.exec(url)?.[0] ?? '';
  return `${origin}/${resource.path}`;
}

/** The channels that the client asks for; those that it leaves open or that are taken already are chosen for it. */
function chooseChannels(
  { interleaved }: Transport,
  taken: ReadonlyMap<number, InterleavedChannels>,
): InterleavedChannels {
  const used = new Set([...taken.values()].flatMap((channels) => [channels.rtp, channels.rtcp]));
  if (interleaved && interleaved.rtp !== interleaved.rtcp) {
    if (!used.has(interleaved.rtp) && !used.has(interleaved.rtcp)) return interleaved;
  }
  let rtp = 0;
  while (used.has(rtp) || used.has(rtp + 1)) rtp += 2;
  return { rtp, rtcp: rtp + 1 };
}
