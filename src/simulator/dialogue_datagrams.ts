import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Two neighbouring UDP ports of a camera, an even one for RTP and the next for RTCP. */
export class DialogueDatagrams {
  readonly #sockets: readonly [Socket, Socket];

  private constructor(sockets: readonly [Socket, Socket]) {
    this.#sockets = sockets;
  }

  static async open(host: string): Promise<DialogueDatagrams> {
    const bind = async (port: number) => {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      try {
        socket.bind(port, host);
        await once(socket, 'listening');
      } catch (error) {
        socket.close();
        throw error;
      }
      socket.on('error', () => undefined);
      // What clients send to open their firewall, and their reports.
      socket.on('message', () => undefined);
      return socket;
    };
    for (;;) {
      const first = await bind(0);
      const { port } = first.address();
      if (port % 2 === 0) {
        const second = await bind(port + 1).catch(() => undefined);
        if (second) return new DialogueDatagrams([first, second]);
      }
      first.close();
    }
  }

  get ports(): readonly [number, number] {
    return [this.#sockets[0].address().port, this.#sockets[1].address().port];
  }

  /** @param channel even for RTP, odd for RTCP */
  send(payload: Uint8Array, channel: number, target: { host: string; port: number }): Promise<void> {
    const socket = this.#sockets[(channel & 1) as 0 | 1];
    // A client that is gone is no error of the camera.
    return new Promise((resolve) => socket.send(payload, target.port, target.host, () => resolve()));
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}
