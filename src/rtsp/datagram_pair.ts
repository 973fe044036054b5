/**
 * The two UDP sockets of a medium, RTP on an even port and RTCP on the odd one behind it (RFC 3550 section 11), or the
 * two of a multicast group.
 *
 * Node gives each datagram memory of its own, whatever its size up to 64 KiB, so nothing is copied here.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { PacketPair } from './transport_header.ts';

/** Asked of the kernel, which gives less where its limit is lower: some tenths of a second of a large stream. */
const receiveBufferBytes = 2 * 1024 * 1024;
const lowestPort = 20_000;
const highestPort = 65_000;
/** Ports are tried at random: so many are hardly ever all taken. */
const portAttempts = 32;

/** What a datagram came on. */
export type DatagramChannel = 'rtp' | 'rtcp';
export type DatagramListener = (channel: DatagramChannel, bytes: Uint8Array, from: RemoteInfo) => void;

export class DatagramPair {
  readonly ports: PacketPair;
  readonly #sockets: Readonly<Record<DatagramChannel, Socket>>;
  #listener: DatagramListener = () => {};

  private constructor(ports: PacketPair, sockets: Readonly<Record<DatagramChannel, Socket>>) {
    this.ports = ports;
    this.#sockets = sockets;
    for (const channel of ['rtp', 'rtcp'] as const) {
      sockets[channel].on('message', (bytes, from) => this.#listener(channel, bytes, from));
      // Whoever cannot be reached says so here. Media are the sign of life; their absence is noticed elsewhere.
      sockets[channel].on('error', () => {});
    }
  }

  /**
   * Opens two neighbouring ports.
   *
   * @param address own one, which is also the one that packets come to
   * @param ports these and no others; any when not given
   * @throws Error of the system when no pair is to be had
   */
  static async open(address: string, ports?: PacketPair): Promise<DatagramPair> {
    for (let attempt = 1; ; attempt++) {
      const rtp = ports?.rtp ?? 2 * randomInt(lowestPort / 2, highestPort / 2);
      try {
        return await DatagramPair.#bind({ rtp, rtcp: ports?.rtcp ?? rtp + 1 }, address);
      } catch (error) {
        if (ports || attempt === portAttempts) throw error;
      }
    }
  }

  /**
   * Joins a multicast group; others on this machine may do so too.
   *
   * @param own address, whose network interface the group is joined on
   * @throws Error of the system, when there is no way for multicast for instance
   */
  static async join(group: string, ports: PacketPair, own: string): Promise<DatagramPair> {
    // Bound to the group, so that nothing else that comes to these ports is taken for it.
    const pair = await DatagramPair.#bind(ports, group, true);
    try {
      for (const socket of Object.values(pair.#sockets)) {
        socket.addMembership(group, isIPv6(group) ? undefined : own);
        if (!isIPv6(group)) socket.setMulticastInterface(own);
        // Our reports are for others.
        socket.setMulticastLoopback(false);
      }
      return pair;
    } catch (error) {
      pair.close();
      throw error;
    }
  }

  static async #bind(ports: PacketPair, address: string, reuseAddr = false): Promise<DatagramPair> {
    const rtp = await bound(ports.rtp, address, reuseAddr);
    try {
      return new DatagramPair(ports, { rtp, rtcp: await bound(ports.rtcp, address, reuseAddr) });
    } catch (error) {
      rtp.close();
      throw error;
    }
  }

  /** Who is told of what comes from now on; what came before is dropped. */
  listen(listener: DatagramListener): void {
    this.#listener = listener;
  }

  /** Bytes that the kernel has not taken yet. */
  get queuedBytes(): number {
    return this.#sockets.rtp.getSendQueueSize() + this.#sockets.rtcp.getSendQueueSize();
  }

  /** @param bytes must not change any more */
  send(channel: DatagramChannel, bytes: Uint8Array, port: number, address: string): void {
    this.#sockets[channel].send(bytes, port, address, () => {});
  }

  setMulticastTtl(ttl: number): void {
    for (const socket of Object.values(this.#sockets)) socket.setMulticastTTL(ttl);
  }

  /** Leaves the group, if one was joined, and frees the ports. */
  close(): void {
    this.#listener = () => {};
    for (const socket of Object.values(this.#sockets)) socket.close();
  }
}

function bound(port: number, address: string, reuseAddr: boolean): Promise<Socket> {
  const type = isIPv6(address) ? 'udp6' : 'udp4';
  const socket = createSocket({ type, reuseAddr, recvBufferSize: receiveBufferBytes });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ port, address, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
