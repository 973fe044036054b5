import { DatagramPair } from './datagram_pair.ts';
import type { SendOutcome, ServerOutput } from './server_resource.ts';
import type { PacketPair } from './transport_header.ts';

/** What may wait in the kernel's way for all clients together before further sends are refused. */
const maximumQueuedBytes = 4 * 1024 * 1024;
const frameHeaderBytes = 4;
const dollar = 0x24;

/** The UDP side of a server: one pair of ports for all its sessions, which are told by the ports of their clients. */
export class ServerDatagrams {
  readonly #pair: DatagramPair;
  /** By `address port`: who is glad to hear of a receiver report from there. */
  readonly #listeners = new Map<string, () => void>();

  private constructor(pair: DatagramPair) {
    this.#pair = pair;
    pair.listen((channel, _, { address, port }) => {
      if (channel === 'rtcp') this.#listeners.get(`${address} ${port}`)?.();
    });
  }

  /** @throws Error of the system */
  static async open(address: string): Promise<ServerDatagrams> {
    return new ServerDatagrams(await DatagramPair.open(address));
  }

  get ports(): PacketPair {
    return this.#pair.ports;
  }

  get isFull(): boolean {
    return this.#pair.queuedBytes > maximumQueuedBytes;
  }

  /** Calls back for each RTCP packet from there, until that is called off. */
  watch(address: string, port: number, heard: () => void): () => void {
    const key = `${address} ${port}`;
    this.#listeners.set(key, heard);
    return () => {
      if (this.#listeners.get(key) === heard) this.#listeners.delete(key);
    };
  }

  send(channel: 'rtp' | 'rtcp', bytes: Uint8Array, port: number, address: string): void {
    this.#pair.send(channel, bytes, port, address);
  }

  close(): void {
    this.#pair.close();
  }
}

interface DatagramOutputOptions {
  readonly connection: Pick<ServerOutput, 'close'> & { readonly closed: boolean; heard(): void };
  readonly address: string;
  readonly datagrams: ServerDatagrams;
  /** Ports of the client by channel; odd channels are those of RTCP. */
  readonly destinations: ReadonlyMap<number, number>;
}

/** Sends what a playback gives as interleaved frames to UDP ports of its client, each frame as one datagram. */
export class DatagramOutput implements ServerOutput {
  readonly #options: DatagramOutputOptions;
  readonly #unwatch: (() => void)[] = [];

  constructor(options: DatagramOutputOptions) {
    this.#options = options;
    const { datagrams, address, destinations, connection } = options;
    for (const port of destinations.values())
      this.#unwatch.push(datagrams.watch(address, port, () => connection.heard()));
  }

  /** What is no whole frame on a channel of the session cannot be sent this way, and is left out. */
  send(bytes: Uint8Array): SendOutcome {
    const { connection, address, datagrams, destinations } = this.#options;
    if (connection.closed) return 'gone';
    if (datagrams.isFull) return 'refused';
    // The system may take them later, when the caller's memory has other content.
    const frames = Buffer.from(bytes);
    let at = 0;
    while (at + frameHeaderBytes < frames.length && frames[at] === dollar) {
      const end = at + frameHeaderBytes + frames.readUInt16BE(at + 2);
      const channel = frames[at + 1]!;
      const port = destinations.get(channel);
      if (end > frames.length || port === undefined) break;
      const kind = channel % 2 === 0 ? 'rtp' : 'rtcp';
      datagrams.send(kind, frames.subarray(at + frameHeaderBytes, end), port, address);
      at = end;
    }
    return 'sent';
  }

  /** The ports of the client mean nothing any more. */
  release(): void {
    for (const unwatch of this.#unwatch) unwatch();
  }

  close(how: 'flush' | 'reset'): void {
    this.#options.connection.close(how);
  }
}
