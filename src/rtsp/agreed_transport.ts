/**
 * What SETUP asks for, and what its reply settles (RFC 2326 sections 10.4 and 12.39).
 *
 * Tolerated on purpose: channels other than those asked for, or none; no Transport header at all; no server ports
 * (OpenIPC); a multicast group that only the description names.
 */
import type { MediaDescription } from '../sdp/session_description.ts';
import type { MediaCarrier, MediaTransport, SessionState, SetupMedia } from './session_state.ts';
import { type PacketPair, parseTransports, type Transport } from './transport_header.ts';

type Asked = Pick<SessionState, 'settings' | 'media' | 'clientPorts'>;

/** What is sent to a group may leave the network of the sender when nobody says otherwise. */
const defaultTtl = 16;

/** The Transport header of the next SETUP. */
export function askedTransport({ settings, media, clientPorts }: Asked): Transport {
  switch (settings.carrier) {
    case 'tcp':
      return { protocol: 'tcp', multicast: false, interleaved: freeChannels(media) };
    case 'udp':
      return { protocol: 'udp', multicast: false, clientPort: clientPorts! };
    case 'multicast':
      return { protocol: 'udp', multicast: true };
  }
}

/**
 * What a reply to SETUP settles, or in words why it cannot be.
 *
 * @param value of the Transport header, empty when there is none
 */
export function agreedTransport(
  asked: Asked,
  description: MediaDescription,
  value: string,
): { transport: MediaTransport; ssrc?: number } | { refusal: string } {
  const { carrier } = asked.settings;
  const answers = parseTransports(value);
  const answer = answers.find((each) => carrierOf(each) === carrier) ?? answers[0];
  const other = answer && carrierOf(answer);
  if (other !== undefined && other !== carrier) return { refusal: `the camera insists on ${words[other]}` };
  const transport = settled(asked, description, answer);
  if (!transport) return { refusal: 'the camera names no multicast group' };
  return { transport, ...(answer?.ssrc !== undefined && { ssrc: answer.ssrc }) };
}

const words = { tcp: 'TCP', udp: 'UDP', multicast: 'multicast' } as const;

/** Undefined for an answer that names neither TCP nor ports: it is what was asked for. */
function carrierOf({ protocol, multicast, clientPort, serverPort }: Transport): MediaCarrier | undefined {
  if (protocol === 'tcp') return 'tcp';
  if (multicast) return 'multicast';
  return clientPort || serverPort ? 'udp' : undefined;
}

function settled(
  { settings, media, clientPorts }: Asked,
  description: MediaDescription,
  answer: Transport | undefined,
): MediaTransport | undefined {
  const source = answer?.source;
  switch (settings.carrier) {
    case 'tcp': {
      const used = usedChannels(media);
      const chosen = answer?.interleaved;
      const good = chosen && !used.has(chosen.rtp) && !used.has(chosen.rtcp);
      return { kind: 'tcp', channels: good ? chosen : freeChannels(media) };
    }
    case 'udp':
      return { kind: 'udp', clientPorts: clientPorts!, serverPorts: usablePorts(answer?.serverPort), source };
    case 'multicast': {
      const described = description.destination;
      const group = [answer?.destination, described?.address].find((each) => each && isMulticast(each));
      const ports =
        usablePorts(answer?.port) ?? usablePorts(answer?.serverPort) ?? describedPorts(described?.port);
      if (group === undefined || !ports) return undefined;
      return { kind: 'multicast', group, ports, ttl: answer?.ttl ?? described?.ttl ?? defaultTtl, source };
    }
  }
}

/** Some servers say 0 for ports that they have not thought about. */
function usablePorts(ports: PacketPair | undefined): PacketPair | undefined {
  return ports && ports.rtp > 0 && ports.rtcp > 0 ? ports : undefined;
}

function describedPorts(port: number | undefined): PacketPair | undefined {
  return port === undefined ? undefined : { rtp: port, rtcp: port + 1 };
}

/** RFC 5771 and RFC 4291 section 2.7. */
function isMulticast(address: string): boolean {
  const first = Number(/^(\d{1,3})\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.exec(address)?.[1]);
  return (first >= 224 && first <= 239) || /^ff[0-9a-f]{2}:/i.test(address);
}

/** The lowest even pair that no medium has. */
function freeChannels(media: readonly SetupMedia[]): PacketPair {
  const used = usedChannels(media);
  let rtp = 0;
  while (used.has(rtp) || used.has(rtp + 1)) rtp += 2;
  return { rtp, rtcp: rtp + 1 };
}

function usedChannels(media: readonly SetupMedia[]): Set<number> {
  return new Set(
    media.flatMap(({ transport }) =>
      transport.kind === 'tcp' ? [transport.channels.rtp, transport.channels.rtcp] : [],
    ),
  );
}
