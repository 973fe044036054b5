import type { SetupMedia } from './session_state.ts';
import { parseTransports, type Transport } from './transport_header.ts';

export interface Channels {
  readonly rtp: number;
  readonly rtcp: number;
}

/** The channels to ask for next: the lowest even pair that no medium has. */
export function askedChannels(media: readonly SetupMedia[]): Channels {
  const used = usedBy(media);
  let rtp = 0;
  while (used.has(rtp) || used.has(rtp + 1)) rtp += 2;
  return { rtp, rtcp: rtp + 1 };
}

/**
 * What a reply to SETUP settles: the server's channels, or those that were asked for when it names none or gave them
 * to another medium already; undefined when it insists on UDP.
 *
 * @param value of the Transport header, empty when there is none
 */
export function agreedChannels(
  media: readonly SetupMedia[],
  value: string,
): { channels: Channels; ssrc?: number } | undefined {
  const transports: readonly Transport[] = parseTransports(value);
  const transport = transports.find(({ protocol }) => protocol === 'tcp') ?? transports[0];
  if (
    transport?.protocol === 'udp' &&
    (transport.serverPort || transport.clientPort || transport.multicast)
  ) {
    return undefined;
  }
  const used = usedBy(media);
  const chosen = transport?.interleaved;
  const channels = chosen && !used.has(chosen.rtp) && !used.has(chosen.rtcp) ? chosen : askedChannels(media);
  return { channels, ...(transport?.ssrc !== undefined && { ssrc: transport.ssrc }) };
}

function usedBy(media: readonly SetupMedia[]): Set<number> {
  return new Set(media.flatMap(({ rtpChannel, rtcpChannel }) => [rtpChannel, rtcpChannel]));
}
