/**
 * The UDP side of a client's session: opens and joins what the session machine asks for, tells the packets of the
 * camera from others', and lets go of everything at the end.
 *
 * Tolerated on purpose: servers that do not say which ports they send from (OpenIPC), that send from another host than
 * the one that speaks RTSP when they said so, and datagrams too short for RTP (Tenda sends such to open firewalls).
 */
import { type DatagramChannel, DatagramPair } from './datagram_pair.ts';
import type { MediaTransport } from './session_state.ts';
import type { PacketPair } from './transport_header.ts';

type DatagramTransport = Exclude<MediaTransport, { kind: 'tcp' }>;

const leastBytes = { rtp: 12, rtcp: 8 } as const;
/** What a camera that does not read may have waiting for it. */
const maximumQueuedBytes = 64 * 1024;

/**
 * Sent to the ports of a server before PLAY, so that routers and firewalls on the way let its packets in: an RTP packet
 * without payload, and a receiver report about nobody.
 */
const punches = {
  rtp: Buffer.from('800000000000000000000000', 'hex'),
  rtcp: Buffer.from('80c9000100000000', 'hex'),
} as const;

export interface PacketListener {
  onPacket(channel: DatagramChannel, bytes: Uint8Array): void;
  /** Somebody else sends there; the packet is dropped. */
  onForeign(address: string): void;
}

/** One medium that comes by UDP. */
export interface DatagramMedia {
  /** Dropped when too much waits already, or when nobody knows where to. */
  sendRtcp(bytes: Uint8Array): void;
}

/** Addresses of both ends of the RTSP connection. */
export interface Ends {
  readonly own: string;
  readonly server: string;
}

export class MediaSockets {
  readonly #pairs = new Set<DatagramPair>();
  /** Opened for a SETUP that was not answered with yes: good for the next. */
  #spare: DatagramPair | undefined;
  #closed = false;

  /** @throws Error of the system */
  async openPorts({ own }: Ends): Promise<PacketPair> {
    this.#spare ??= this.#keep(await DatagramPair.open(own));
    return this.#spare.ports;
  }

  /** Takes the ports that were opened last for a medium. */
  take(transport: DatagramTransport & { kind: 'udp' }, ends: Ends, listener: PacketListener): DatagramMedia {
    const pair = this.#spare!;
    this.#spare = undefined;
    const { serverPorts } = transport;
    const address = sourceOf(transport, ends);
    this.#listen(pair, listener, (channel, from, port) => {
      return from === address && (serverPorts === undefined || port === serverPorts[channel]);
    });
    if (serverPorts) {
      for (const channel of ['rtp', 'rtcp'] as const)
        pair.send(channel, punches[channel], serverPorts[channel], address);
    }
    return { sendRtcp: (bytes) => this.#send(pair, bytes, serverPorts?.rtcp, address) };
  }

  /** Joins the group of a medium. @throws Error of the system */
  async join(
    transport: DatagramTransport & { kind: 'multicast' },
    ends: Ends,
    listener: PacketListener,
  ): Promise<DatagramMedia> {
    const { group, ports, ttl } = transport;
    const pair = this.#keep(await DatagramPair.join(group, ports, ends.own));
    pair.setMulticastTtl(ttl);
    const address = sourceOf(transport, ends);
    this.#listen(pair, listener, (_, from) => from === address);
    return { sendRtcp: (bytes) => this.#send(pair, bytes, ports.rtcp, group) };
  }

  close(): void {
    this.#closed = true;
    for (const pair of this.#pairs) pair.close();
    this.#pairs.clear();
  }

  /** What was opened while everything was closed is closed too. */
  #keep(pair: DatagramPair): DatagramPair {
    if (this.#closed) pair.close();
    else this.#pairs.add(pair);
    return pair;
  }

  #listen(
    pair: DatagramPair,
    listener: PacketListener,
    isOurs: (channel: DatagramChannel, address: string, port: number) => boolean,
  ): void {
    pair.listen((channel, bytes, from) => {
      if (!isOurs(channel, from.address, from.port)) {
        // Everybody's receiver reports go to a group.
        if (channel === 'rtp') listener.onForeign(from.address);
      } else if (bytes.length >= leastBytes[channel]) listener.onPacket(channel, bytes);
    });
  }

  #send(pair: DatagramPair, bytes: Uint8Array, port: number | undefined, address: string): void {
    if (this.#closed || port === undefined || pair.queuedBytes > maximumQueuedBytes) return;
    pair.send('rtcp', bytes, port, address);
  }
}

/** A name, or what is no address at all, says nothing about a packet. */
function sourceOf({ source }: DatagramTransport, { server }: Ends): string {
  return source !== undefined && /^[\d.]+$|:/.test(source) && !/^[0.:]+$/.test(source) ? source : server;
}
