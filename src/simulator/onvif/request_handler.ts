/** From an HTTP request to its answer, without sockets: authentication, dispatch, faults (ONVIF Core section 5). */
import { Headers } from '../../rtsp/message.ts';
import {
  defaultAuthentication,
  ServerAuthentication,
  type ServerCredentials,
} from '../../rtsp/server_authentication.ts';
import { type UnixMillis, unixMillis } from '../../units/time.ts';
import {
  type DeviceDescription,
  type MediaService,
  servicePaths,
  snapshotPath,
} from './device_description.ts';
import { deviceService, publicOperations } from './device_service.ts';
import { media1Service } from './media1_service.ts';
import { media2Service } from './media2_service.ts';
import { namespaces } from './namespaces.ts';
import { faultyReply } from './onvif_faults.ts';
import { notSupported, type Service } from './operation.ts';
import { parseSoap, SoapFault, type SoapMessage, soapEnvelope, soapFault } from './soap_message.ts';
import { UsernameTokenJudge, usernameTokenOf } from './username_token.ts';

/** How the device lets itself be asked: a username token in the message, Digest in HTTP, or either. */
export type OnvifAuthentication = 'either' | 'usernameToken' | 'digest';

export interface HttpRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** The header field of this name. */
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** A SOAP message, or a picture. */
  readonly body?: string | Buffer;
}

const services: Readonly<Record<'device' | MediaService, Service>> = {
  device: deviceService,
  media1: media1Service,
  media2: media2Service,
};

export class RequestHandler {
  readonly #device: DeviceDescription;
  readonly #authentication: OnvifAuthentication;
  readonly #digest: ServerAuthentication | undefined;
  readonly #tokens: UsernameTokenJudge | undefined;

  /** @param credentials none: then nobody is asked */
  constructor(
    device: DeviceDescription,
    credentials: ServerCredentials | undefined,
    authentication: OnvifAuthentication,
  ) {
    this.#device = device;
    this.#authentication = authentication;
    this.#digest = credentials && new ServerAuthentication(credentials, defaultAuthentication);
    this.#tokens = credentials && new UsernameTokenJudge(credentials);
  }

  /** @param now what the host's clock says; the device's own may be off */
  answer(request: HttpRequest, now: UnixMillis): HttpReply {
    if (this.#services.some((service) => servicePaths[service] === request.path)) {
      if (request.method !== 'POST') return { status: 405, headers: { Allow: 'POST' } };
      return this.#answerSoap(request, unixMillis(now + (this.#device.faults.clockSkewMs ?? 0)));
    }
    const profile = this.#device.profiles.find((candidate) => snapshotPath(candidate) === request.path);
    if (!profile?.snapshot) return { status: 404 };
    if (request.method !== 'GET') return { status: 405, headers: { Allow: 'GET' } };
    // A picture is asked for without a message that a token could be in: Digest is the only way.
    return this.#digestRefusal(request) ?? { status: 200, body: profile.snapshot };
  }

  get #services(): readonly ('device' | MediaService)[] {
    return ['device', ...this.#device.mediaServices];
  }

  #answerSoap(http: HttpRequest, deviceTime: UnixMillis): HttpReply {
    const { faults } = this.#device;
    try {
      const message = parseSoap(http.body);
      const operation = message.request.name;
      if (faults.refuse?.operation === operation) return { status: faults.refuse.status };
      const refusal = this.#refusal(message, http, deviceTime);
      if (refusal) return refusal;
      return { status: 200, body: faultyReply(faults, operation, this.#perform(message, deviceTime)) };
    } catch (error) {
      if (!(error instanceof SoapFault)) throw error;
      // SOAP 1.2 part 2 section 7.5.2.2.
      return { status: error.code === 'Sender' ? 400 : 500, body: soapFault(error) };
    }
  }

  /** Undefined when the request may pass. ONVIF Core section 5.9.1: 401 where Digest would do, else 400. */
  #refusal(
    { header, request }: SoapMessage,
    http: HttpRequest,
    deviceTime: UnixMillis,
  ): HttpReply | undefined {
    const open = publicOperations.has(request.name) && request.namespace === namespaces.device;
    if (!this.#tokens || (open && !this.#device.faults.authenticationForEverything)) return undefined;
    let reason = 'The request carries no credentials.';
    if (this.#authentication !== 'digest') {
      const token = usernameTokenOf(header);
      const verdict = token && this.#tokens.judge(token, deviceTime);
      if (verdict === 'granted') return undefined;
      if (verdict) reason = `The username token is refused: ${verdict}.`;
    }
    const fault = new SoapFault('Sender', ['ter:NotAuthorized'], reason);
    if (this.#authentication === 'usernameToken') throw fault;
    const refusal = this.#digestRefusal(http);
    return refusal && { ...refusal, body: soapFault(fault) };
  }

  #digestRefusal({ method, authorization }: HttpRequest): HttpReply | undefined {
    if (!this.#digest) return undefined;
    const headers = new Headers(authorization === undefined ? [] : [['Authorization', authorization]]);
    const verdict = this.#digest.judge({ method, headers });
    if (verdict.granted) return undefined;
    return { status: 401, headers: { 'WWW-Authenticate': this.#digest.challenges(verdict.stale) } };
  }

  #perform({ request }: SoapMessage, deviceTime: UnixMillis): string {
    const service = this.#services.find((offered) => namespaces[offered] === request.namespace);
    const operation = service && services[service].get(request.name);
    if (!operation) throw notSupported(`The device does not know ${request.name} of "${request.namespace}".`);
    return soapEnvelope(operation({ device: this.#device, request, now: deviceTime }));
  }
}
