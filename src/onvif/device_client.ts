/**
 * Asks one device. The package `onvif` writes each request, with its WS-Security header (a UsernameToken with a digest,
 * WS-Security UsernameToken Profile 1.0); sending it and reading the answer is ours, because the package bounds neither
 * bytes nor time, follows what the device says of hosts, and throws at answers that it does not expect (see
 * docs/adr/0008).
 */
import { randomBytes } from 'node:crypto';
import { Cam } from 'onvif';
import { type Clock, sleep } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { accepted, authorize, challenged, startAuthentication } from '../rtsp/authentication.ts';
import type { Credentials } from '../rtsp/digest.ts';
import type { UnixMillis } from '../units/time.ts';
import { postSoap } from './device_http.ts';
import { readSoapReply, type SoapReply } from './soap_envelope.ts';
import { escapeXml, type XmlElement } from './xml_document.ts';

export interface ServiceAddress {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

interface WrittenRequest {
  readonly action: string;
  readonly body: string;
}

/** The package's camera, which hands over each request instead of sending it. */
class RequestWriter extends Cam {
  #written: WrittenRequest | undefined;

  /** @param ask calls the method of the package that makes the request */
  write(ask: (camera: Cam) => void): WrittenRequest {
    this.#written = undefined;
    ask(this);
    // The package parses its own text, and gives up on one that is no XML.
    if (!this.#written) throw new NightjarError('request_invalid', 'The request cannot be written as XML.');
    return this.#written;
  }

  /** The place where the package would open a connection. */
  _requestPart2({ action, body }: WrittenRequest): void {
    this.#written = { action, body };
  }
}

/** Calls the method of the package that writes the request; texts of the device in it must be safe in XML. */
export type DeviceRequest = (camera: Cam) => void;

/** Works without a password, as the standard wants it, so the package sends none. */
export const systemDateAndTime: DeviceRequest = (camera) => camera.getSystemDateAndTime(() => {});

/** Asks one device, with what it takes to be let in. */
export class DeviceClient {
  readonly #device: ServiceAddress;
  readonly #credentials: Credentials | undefined;
  readonly #clock: Clock;
  readonly #requestTimeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #writer: RequestWriter;
  #authentication = startAuthentication(randomBytes(8).toString('hex'));
  /** Added to the server's wall clock it gives the device's. */
  #clockOffsetMs = 0;

  constructor(options: {
    device: ServiceAddress;
    credentials?: Credentials | undefined;
    clock: Clock;
    requestTimeoutMs: number;
    signal?: AbortSignal | undefined;
  }) {
    const { device, credentials } = options;
    this.#device = device;
    this.#credentials = credentials;
    this.#clock = options.clock;
    this.#requestTimeoutMs = options.requestTimeoutMs;
    this.#signal = options.signal;
    this.#writer = new RequestWriter({
      hostname: device.host,
      port: device.port,
      path: device.path,
      autoconnect: false,
      ...(credentials && {
        username: escapeXml(credentials.username),
        // The package hashes one byte per character, but passwords are UTF-8.
        password: Buffer.from(credentials.password, 'utf8').toString('latin1'),
      }),
    });
  }

  get hasCredentials(): boolean {
    return this.#credentials !== undefined;
  }

  /** Of the device against the server, in milliseconds; zero while it is not known. */
  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  /** From now on requests are dated by the device's clock: it refuses those that seem to come from another time. */
  setDeviceTime(nowMs: UnixMillis): void {
    this.#clockOffsetMs = nowMs - this.#clock.now();
  }

  /** The newer media service is asked where the package knows both. */
  useMedia2(use: boolean): void {
    this.#writer.media2Support = use;
  }

  /**
   * The body of the answer to a request.
   *
   * @param service where it goes; the device service unless given
   * @throws NightjarError `onvif_unreachable`, `onvif_off`, `onvif_malformed`, `onvif_credentials`, `onvif_rejected`
   */
  async ask(request: DeviceRequest, service: ServiceAddress = this.#device): Promise<XmlElement> {
    const reply = await this.#exchange(request, service);
    if (reply.kind !== 'notAuthorized') return bodyOf(reply, service);
    if (!this.#credentials) {
      throw new NightjarError('onvif_credentials', `${service.host} asks for a user name and a password.`);
    }
    // O8: some that want HTTP Digest do not ask for it while a WS-Security header is there.
    if (this.#writer.useWSSecurity) {
      this.#writer.useWSSecurity = false;
      const second = await this.#exchange(request, service);
      if (second.kind !== 'notAuthorized') return bodyOf(second, service);
      this.#writer.useWSSecurity = true;
    }
    throw new NightjarError(
      'onvif_credentials',
      `${service.host} refused the user name or password (${reply.reason}).`,
    );
  }

  /**
   * Whether an ONVIF device answers here: `unsure` when what answers wants a password before anything else, as a
   * web server of another kind may too.
   *
   * @throws NightjarError `onvif_unreachable`, `onvif_off`, `onvif_malformed`
   */
  async knock(): Promise<'onvif' | 'unsure'> {
    const { kind } = await this.#exchange(systemDateAndTime, this.#device);
    return kind === 'notAuthorized' ? 'unsure' : 'onvif';
  }

  async #exchange(request: DeviceRequest, service: ServiceAddress): Promise<SoapReply> {
    // The package dates requests by the time since the process started, plus this.
    this.#writer.timeShift = this.#clock.now() + this.#clockOffsetMs - process.uptime() * 1000;
    const { body, action } = this.#writer.write(request);
    for (;;) {
      const attempt = authorize(this.#authentication, this.#credentials, {
        method: 'POST',
        uri: service.path,
      });
      this.#authentication = attempt.state;
      const { status, challenges, text } = await postSoap(
        {
          ...service,
          action,
          body,
          ...(attempt.header !== undefined && { authorization: attempt.header }),
        },
        { clock: this.#clock, timeoutMs: this.#requestTimeoutMs, signal: this.#signal },
      );
      if (status !== 401 || !this.#credentials) {
        this.#authentication = accepted(this.#authentication);
        return await readSoapReply(status, text, () => sleep(this.#clock, 0, this.#signal));
      }
      const { state, outcome } = challenged(this.#authentication, attempt.proof, challenges);
      this.#authentication = state;
      if (outcome !== 'retry')
        return await readSoapReply(status, text, () => sleep(this.#clock, 0, this.#signal));
    }
  }
}

function bodyOf(reply: Exclude<SoapReply, { kind: 'notAuthorized' }>, { host }: ServiceAddress): XmlElement {
  if (reply.kind === 'body') return reply.body;
  throw new NightjarError('onvif_rejected', `${host} answered: ${reply.reason}.`);
}
