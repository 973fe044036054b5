/** The UDP sockets of discovery: Probes go out, replies come in as bytes with their sender. */
import { createSocket } from 'node:dgram';

/** Where devices listen for Probes. */
export const discoveryPort = 3702;
const discoveryGroup = '239.255.255.250';

export interface ProbeSocket {
  /** Sends a Probe; what goes wrong is told to `onProblem`. */
  send(probe: Buffer): void;
  close(): void;
}

export interface ProbeSocketEvents {
  /** @param source IPv4 address of the sender */
  readonly onReply: (reply: Buffer, source: string) => void;
  /** The socket cannot be used, or a Probe could not be sent: why, in words. May be told more than once. */
  readonly onProblem: (why: string) => void;
}

/**
 * A socket that probes the network of one interface, or one host.
 *
 * @param target.interfaceAddress IPv4 address of an interface of ours: Probes are multicast on it
 * @param target.host IPv4 address of a host: Probes go to it alone
 */
export function openProbeSocket(
  target: { interfaceAddress: string } | { host: string },
  { onReply, onProblem }: ProbeSocketEvents,
): Promise<ProbeSocket> {
  const socket = createSocket({ type: 'udp4' });
  let closed = false;
  const close = () => {
    if (!closed) socket.close();
    closed = true;
  };
  socket.on('message', (reply, { address }) => onReply(reply, address));
  const destination = 'host' in target ? target.host : discoveryGroup;
  const send = (probe: Buffer) => {
    if (closed) return;
    socket.send(probe, discoveryPort, destination, (error) => {
      if (error && !closed) onProblem(error.message);
    });
  };
  return new Promise((resolve) => {
    socket.on('error', (error) => {
      onProblem(error.message);
      close();
      resolve({ send, close });
    });
    socket.bind(0, 'host' in target ? undefined : target.interfaceAddress, () => {
      try {
        if ('interfaceAddress' in target) {
          socket.setMulticastInterface(target.interfaceAddress);
          // Discovery stays in the network at hand (WS-Discovery, section 2.4).
          socket.setMulticastTTL(1);
        }
      } catch (error) {
        onProblem((error as Error).message);
      }
      resolve({ send, close });
    });
  });
}
