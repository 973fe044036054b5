/** From an HTTP request to its answer, without sockets: authentication, dispatch, faults (ONVIF Core section 5). */
import { Headers } from '../../rtsp/message.ts';
import {
  defaultAuthentication,
  ServerAuthentication,
  type ServerCredentials,
} from '../../rtsp/server_authentication.ts';
import { type UnixMillis, unixMillis } from '../../units/time.ts';
import { type DeviceDescription, type MediaService, servicePaths } from './device_description.ts';
import { deviceService, publicOperations } from './device_service.ts';
import { media1Service } from './media1_service.ts';
import { media2Service } from './media2_service.ts';
import { namespaces } from './namespaces.ts';
import { faultyReply } from './onvif_faults.ts';
import type { Service } from './operation.ts';
import { parseSoap, SoapFault, type SoapMessage, soapEnvelope, soapFault } from './soap_message.ts';
import { UsernameTokenJudge, usernameTokenOf } from './username_token.ts';

/** How the device lets itself be asked: a username token in the message, Digest in HTTP, or either. */
export type OnvifAuthentication = 'either' | 'usernameToken' | 'digest';

export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** XML. */
  readonly body?: string;
}

export interface SoapHttpRequest {
  readonly path: string;
  /** The header field of this name. */
  readonly authorization: string | undefined;
  readonly body: string;
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
  answer(request: SoapHttpRequest, now: UnixMillis): HttpReply {
    const { faults, mediaServices } = this.#device;
    const known = (['device', ...mediaServices] as const).some(
      (service) => servicePaths[service] === request.path,
    );
    if (!known) return { status: 404 };
    let message: SoapMessage;
    try {
      message = parseSoap(request.body);
    } catch (error) {
      return faultReply(error);
    }
    const operation = message.request.name;
    if (faults.refuse?.operation === operation) return { status: faults.refuse.status };
    const reply = this.#answerMessage(message, request, unixMillis(now + (faults.clockSkewMs ?? 0)));
    return reply.body === undefined ? reply : { ...reply, body: faultyReply(faults, operation, reply.body) };
  }

  #answerMessage({ header, request }: SoapMessage, http: SoapHttpRequest, now: UnixMillis): HttpReply {
    const open = publicOperations.has(request.name) && request.namespace === namespaces.device;
    try {
      if (!open || this.#device.faults.authenticationForEverything) {
        const refusal = this.#refusal(header, http, now);
        if (refusal) return refusal;
      }
      const service = (['device', ...this.#device.mediaServices] as const).find(
        (offered) => namespaces[offered] === request.namespace,
      );
      const operation = service && services[service].get(request.name);
      if (!operation) {
        throw new SoapFault(
          'Receiver',
          ['ter:ActionNotSupported'],
          `The device does not know ${request.name} of ${request.namespace}.`,
        );
      }
      const body = operation({ device: this.#device, request, now });
      return { status: 200, body: soapEnvelope(body) };
    } catch (error) {
      return faultReply(error);
    }
  }

  /** Undefined when the request may pass. ONVIF Core section 5.9.1: 401 where Digest would do, else 400. */
  #refusal(header: SoapMessage['header'], http: SoapHttpRequest, now: UnixMillis): HttpReply | undefined {
    if (!this.#digest || !this.#tokens) return undefined;
    let reason = 'The request carries no credentials.';
    if (this.#authentication !== 'digest') {
      const token = usernameTokenOf(header);
      const verdict = token && this.#tokens.judge(token, now);
      if (verdict === 'granted') return undefined;
      if (verdict) reason = `The username token is refused: ${verdict}.`;
    }
    const fault = soapFault(new SoapFault('Sender', ['ter:NotAuthorized'], reason));
    if (this.#authentication === 'usernameToken') return { status: 400, body: fault };
    const headers = new Headers(
      http.authorization === undefined ? [] : [['Authorization', http.authorization]],
    );
    const verdict = this.#digest.judge({ method: 'POST', headers });
    if (verdict.granted) return undefined;
    return {
      status: 401,
      headers: { 'WWW-Authenticate': this.#digest.challenges(verdict.stale) },
      body: fault,
    };
  }
}

/** SOAP 1.2 part 2 section 7.5.2.2: 400 for the sender's faults, 500 for others. */
function faultReply(error: unknown): HttpReply {
  if (!(error instanceof SoapFault)) throw error;
  return { status: error.code === 'Sender' ? 400 : 500, body: soapFault(error) };
}
