/**
 * The server's side of an RTSP session (RFC 2326 sections 10 and appendix A.2), without its socket: requests in,
 * responses out. One connection has at most one session.
 *
 * Tolerated on purpose: URLs of SETUP with or without the slash before the control, PLAY and PAUSE with the URL of one
 * medium, a missing Session field in GET_PARAMETER and OPTIONS.
 */
import { Headers, noBody, type RtspRequest, type RtspResponse } from './message.ts';
import { ServerAuthentication } from './server_authentication.ts';
import type { InterleavedChannels, ServerOutput, ServerPlayback, ServerResource } from './server_resource.ts';

export interface ServerSessionOptions {
  readonly output: ServerOutput;
  /** The resource that a path (with its query, without slashes at the ends) names or lies below. */
  readonly find: (path: string) => ServerResource | undefined;
  /** 32 bits or more that nobody can guess, as text. */
  readonly sessionId: string;
  /** Said in the Session field, in seconds. */
  readonly timeoutSeconds: number;
}

const publicMethods = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, TEARDOWN';

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  459: 'Aggregate Operation Not Allowed',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

export class RtspServerSession {
  readonly #options: ServerSessionOptions;
  readonly #channels = new Map<number, InterleavedChannels>();
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
    const channels = chooseChannels(request.headers.get('Transport') ?? '', this.#channels);
    if (!channels) return reply(request, 461);
    this.#resource = resource;
    this.#channels.set(medium, channels);
    const ssrc = resource.announcedSsrc(medium);
    const ssrcText = ssrc === undefined ? '' : `;ssrc=${ssrc.toString(16).padStart(8, '0').toUpperCase()}`;
    return reply(request, 200, [
      ['Transport', `RTP/AVP/TCP;unicast;interleaved=${channels.rtp}-${channels.rtcp}${ssrcText}`],
      ...this.#sessionField(),
    ]);
  }

  #play(request: RtspRequest, resource: ServerResource): RtspResponse {
    if (this.#channels.size === 0) return reply(request, 455);
    this.#playback ??= resource.open({ output: this.#options.output, channels: new Map(this.#channels) });
    const base = aggregateUrl(request.url, resource);
    const info = [...this.#playback.play()].map(
      ([medium, first]) =>
        `url=${base}/${resource.controls[medium]};seq=${first.sequenceNumber};rtptime=${first.rtpTimestamp}`,
    );
    return reply(request, 200, [
      ...this.#sessionField(),
      ['Range', 'npt=0.000-'],
      ...(info.length > 0 ? [['RTP-Info', info.join(',')] as const] : []),
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

/**
 * The first interleaved transport of those that the client offers; channels that it leaves open or that are taken
 * already are chosen for it. Undefined when it offers none.
 */
function chooseChannels(
  transport: string,
  taken: ReadonlyMap<number, InterleavedChannels>,
): InterleavedChannels | undefined {
  const offer = transport.split(',').find((spec) => /^\s*RTP\/AVP\/TCP\s*(;|$)/i.test(spec));
  if (offer === undefined) return undefined;
  const used = new Set([...taken.values()].flatMap((channels) => [channels.rtp, channels.rtcp]));
  const asked = /interleaved\s*=\s*(\d{1,3})(?:-(\d{1,3}))?/i.exec(offer);
  if (asked) {
    const rtp = Number(asked[1]);
    const rtcp = asked[2] === undefined ? rtp + 1 : Number(asked[2]);
    if (rtp < 256 && rtcp < 256 && rtp !== rtcp && !used.has(rtp) && !used.has(rtcp)) return { rtp, rtcp };
  }
  for (let rtp = 0; rtp < 256; rtp += 2) {
    if (!used.has(rtp) && !used.has(rtp + 1)) return { rtp, rtcp: rtp + 1 };
  }
  return undefined;
}
