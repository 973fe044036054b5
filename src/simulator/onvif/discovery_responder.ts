import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Clock, Timer } from '../../clock/clock.ts';
import type { Logger } from '../../logging/logger.ts';
import type { DeviceDescription } from './device_description.ts';
import { bye, hello, matches, parseProbe, probeMatches } from './discovery_message.ts';

export const discoveryGroup = '239.255.255.250';
export const discoveryPort = 3702;
/** APP_MAX_DELAY of SOAP over UDP: answers come at random within it, so that those of many devices do not collide. */
export const maxReplyDelayMs = 500;
/** Answers that wait for their turn; probes beyond are dropped. */
export const maxPendingReplies = 64;

export interface DiscoveryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly device: DeviceDescription;
  /** Own addresses of the interfaces on which the device listens for multicast. */
  readonly interfaces: readonly string[];
}

/**
 * Answers probes, those to the group and those to the device's own address, and says when the device comes and goes.
 * A port or group that cannot be had costs a line in the log and that way of being found, nothing else.
 */
export class DiscoveryResponder {
  readonly #options: DiscoveryOptions;
  readonly #sockets: Socket[] = [];
  readonly #pending = new Set<Timer>();
  /** On the device's own address: what it sends comes from there. */
  #own: Socket | undefined;

  private constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  static async start(options: DiscoveryOptions): Promise<DiscoveryResponder> {
    const responder = new DiscoveryResponder(options);
    await responder.#start();
    return responder;
  }

  /** Says good-bye and frees the port. */
  async close(): Promise<void> {
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
    await this.#announce(bye(this.#options.device));
    await Promise.all(
      this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
    );
  }

  async #start(): Promise<void> {
    const { device, interfaces, logger } = this.#options;
    const why = (error: unknown) => ({ device: device.name, reason: (error as Error).message });
    try {
      this.#own = await this.#listen(device.host);
    } catch (error) {
      logger.warn(
        why(error),
        `Nobody can probe a simulated device directly: UDP port ${discoveryPort} is not to be had.`,
      );
    }
    // A socket bound to the group gets nothing else, so that devices do not take each other's probes.
    let group: Socket | undefined;
    for (const address of interfaces) {
      try {
        group ??= await this.#listen(discoveryGroup);
        group.addMembership(discoveryGroup, address);
      } catch (error) {
        logger.warn(
          { ...why(error), address },
          'A simulated device cannot be found by multicast on an interface.',
        );
      }
    }
    await this.#announce(hello(device));
  }

  #listen(address: string): Promise<Socket> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind(discoveryPort, address, () => {
        socket.removeAllListeners('error');
        // Such as "connection refused" by somebody who did not wait for an answer.
        socket.on('error', (error) => this.#options.logger.debug({ reason: error.message }, 'UDP error'));
        socket.on('message', (datagram, sender) => this.#receive(socket, datagram, sender));
        socket.unref();
        this.#sockets.push(socket);
        resolve(socket);
      });
    });
  }

  #receive(socket: Socket, datagram: Buffer, sender: RemoteInfo): void {
    const { clock, device } = this.#options;
    if (this.#pending.size >= maxPendingReplies) return;
    const probe = parseProbe(datagram);
    if (!probe || !matches(probe, device)) return;
    const timer = clock.after(randomInt(maxReplyDelayMs), () => {
      this.#pending.delete(timer);
      (this.#own ?? socket).send(probeMatches(probe, device), sender.port, sender.address);
    });
    this.#pending.add(timer);
  }

  /** Sends to the group on each interface, as far as that is possible. */
  async #announce(message: string): Promise<void> {
    const socket = this.#own;
    if (!socket) return;
    for (const address of this.#options.interfaces) {
      try {
        socket.setMulticastInterface(address);
      } catch {
        continue;
      }
      await new Promise<void>((resolve) =>
        socket.send(message, discoveryPort, discoveryGroup, () => resolve()),
      );
    }
  }
}
