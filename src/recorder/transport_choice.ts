import type { NightjarError } from '../errors/nightjar_error.ts';
import type { Tunnel } from '../rtsp/client.ts';
import type { MediaCarrier } from '../rtsp/session_state.ts';

/** How a stream travels: a tunnel is the RTSP connection inside of something else, with the media in it. */
export type Transport = MediaCarrier | Tunnel;
/** What people may choose. */
export type TransportSetting = 'auto' | Transport;

/** After PLAY a camera is given so long to send something: less while there is another transport to try. */
const patienceMs = 10_000;
const shortPatienceMs = 5_000;

/**
 * Which transport a session of a stream uses: the one that was set, or with `auto` TCP until the camera refuses it or
 * stays silent, then UDP, and so on; what has worked is used again. UDP that loses so much that nothing could be recorded
 * is left for TCP, once, since what kept TCP from working may have passed. An `rtsps:` stream never leaves its encrypted
 * connection by itself.
 */
export class TransportChoice {
  readonly #hasAlternative: boolean;
  #current: Transport;
  #proven: Transport | undefined;
  /** Why the other transport was tried, until something works or nothing is left to try. */
  #firstError: NightjarError | undefined;
  #everExhausted = false;
  /** TCP is tried because UDP lost too much; or was, in vain. */
  #afterLoss: 'trying' | 'in vain' | undefined;

  constructor(setting: TransportSetting, url: string) {
    this.#hasAlternative = setting === 'auto' && !/^rtsps:/i.test(url);
    this.#current = setting === 'auto' ? 'tcp' : setting;
  }

  /** For the next session. */
  get current(): Transport {
    return this.#current;
  }

  /** How long the next session is to wait for the first packet, in milliseconds. */
  get patienceMs(): number {
    const another = this.#hasAlternative && this.#proven === undefined && !this.#everExhausted;
    return another ? shortPatienceMs : patienceMs;
  }

  /** Media came over the current transport. */
  worked(): void {
    this.#proven = this.#current;
    this.#firstError = undefined;
    if (this.#current === 'tcp') this.#afterLoss = undefined;
  }

  /**
   * A session has ended.
   *
   * @param heard whether media came in it
   * @returns `another`: the other transport is to be tried at once; and the error that tells most to a person
   */
  failed(error: NightjarError, heard: boolean): { another: boolean; error: NightjarError } {
    if (heard) this.worked();
    if (this.#isLossy(error)) {
      this.#current = 'tcp';
      this.#afterLoss = 'trying';
      return { another: true, error };
    }
    if (this.#afterLoss === 'trying' && !heard && blamesTransport(error)) {
      this.#current = 'udp';
      this.#afterLoss = 'in vain';
      return { another: true, error };
    }
    if (heard || !this.#hasAlternative || !blamesTransport(error)) return { another: false, error };
    const other = this.#current === 'tcp' ? 'udp' : 'tcp';
    const first = this.#firstError;
    this.#current = other;
    if (!first) {
      this.#firstError = error;
      return { another: true, error };
    }
    // Both were tried: begin again with what worked once, and say what was wrong with that.
    this.#firstError = undefined;
    this.#everExhausted = true;
    this.#current = this.#proven ?? 'tcp';
    return {
      another: false,
      error: error.code === 'no_packets' && first.code !== error.code ? error : first,
    };
  }

  #isLossy({ code }: NightjarError): boolean {
    const usable = this.#hasAlternative && this.#afterLoss === undefined;
    return code === 'stream_damaged' && this.#current === 'udp' && usable;
  }
}

function blamesTransport({ code }: NightjarError): boolean {
  return code === 'camera_transport_unsupported' || code === 'udp_unusable' || code === 'no_packets';
}
