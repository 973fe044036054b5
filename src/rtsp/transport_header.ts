/**
 * The `Transport` header (RFC 2326 section 12.39).
 *
 * Tolerated on purpose: parameters in any order and casing, blanks, commas where semicolons belong (Victure), a single
 * interleaved channel (Escam), `RTP/AVP` without `/TCP` beside interleaved channels, SSRCs that are blank, short or no
 * numbers at all (Hikvision, Dahua).
 */
export interface Transport {
  readonly protocol: 'tcp' | 'udp';
  readonly multicast: boolean;
  readonly interleaved?: PacketPair;
  readonly clientPort?: PacketPair;
  readonly serverPort?: PacketPair;
  /** Where a multicast stream goes to. */
  readonly port?: PacketPair;
  /** Address that the media go to, and that they come from: as written, perhaps names, perhaps rubbish. */
  readonly destination?: string;
  readonly source?: string;
  /** Of multicast packets: 1 to 255. */
  readonly ttl?: number;
  /** 32 bits. */
  readonly ssrc?: number;
  /** Upper case: `PLAY` or `RECORD`. */
  readonly mode?: string;
}

/** Two channels (0 to 255) or two UDP ports (0 to 65,535). */
export interface PacketPair {
  readonly rtp: number;
  readonly rtcp: number;
}

/** Alternatives read from one message; the rest is ignored. */
const maximumTransports = 16;

/** The transports of a header in their order of preference; empty when there is none that can be understood. */
export function parseTransports(value: string): Transport[] {
  const transports: Transport[] = [];
  let parameters: Map<string, string> | undefined;
  let specification = '';
  const finish = () => {
    if (parameters) transports.push(toTransport(specification, parameters));
  };
  for (const part of value.split(/[;,]/)) {
    const text = part.trim();
    if (/^[A-Z]+\/S?AVPF?/i.test(text)) {
      finish();
      if (transports.length === maximumTransports) return transports;
      specification = text.toUpperCase();
      parameters = new Map();
      continue;
    }
    const equals = text.indexOf('=');
    const name = (equals < 0 ? text : text.slice(0, equals)).trim().toLowerCase();
    if (!parameters || parameters.has(name)) continue;
    parameters.set(name, equals < 0 ? '' : text.slice(equals + 1).trim());
  }
  finish();
  return transports;
}

/** The header of a request or a reply; the protocol is spelt out only for TCP, as everybody does. */
export function formatTransport(transport: Transport): string {
  const parts = [
    transport.protocol === 'tcp' ? 'RTP/AVP/TCP' : 'RTP/AVP',
    transport.multicast ? 'multicast' : 'unicast',
  ];
  const { interleaved, clientPort, serverPort, port, destination, source, ttl, ssrc, mode } = transport;
  if (destination !== undefined) parts.push(`destination=${destination}`);
  if (source !== undefined) parts.push(`source=${source}`);
  if (interleaved) parts.push(`interleaved=${interleaved.rtp}-${interleaved.rtcp}`);
  if (clientPort) parts.push(`client_port=${clientPort.rtp}-${clientPort.rtcp}`);
  if (serverPort) parts.push(`server_port=${serverPort.rtp}-${serverPort.rtcp}`);
  if (port) parts.push(`port=${port.rtp}-${port.rtcp}`);
  if (ttl !== undefined) parts.push(`ttl=${ttl}`);
  if (ssrc !== undefined) parts.push(`ssrc=${ssrc.toString(16).toUpperCase().padStart(8, '0')}`);
  if (mode !== undefined) parts.push(`mode="${mode}"`);
  return parts.join(';');
}

function toTransport(specification: string, parameters: Map<string, string>): Transport {
  const interleaved = parsePair(parameters.get('interleaved'), 255);
  const clientPort = parsePair(parameters.get('client_port'), 65535);
  const serverPort = parsePair(parameters.get('server_port'), 65535);
  const port = parsePair(parameters.get('port'), 65535);
  const destination = parseAddress(parameters.get('destination'));
  const source = parseAddress(parameters.get('source'));
  const ttl = parseTtl(parameters.get('ttl'));
  const ssrc = parseSsrc(parameters.get('ssrc'));
  const mode = parameters.get('mode')?.replace(/["\s]/g, '').toUpperCase();
  return {
    protocol: interleaved || specification.endsWith('/TCP') ? 'tcp' : 'udp',
    multicast: parameters.has('multicast'),
    ...(interleaved && { interleaved }),
    ...(clientPort && { clientPort }),
    ...(serverPort && { serverPort }),
    ...(port && { port }),
    ...(destination !== undefined && { destination }),
    ...(source !== undefined && { source }),
    ...(ttl !== undefined && { ttl }),
    ...(ssrc !== undefined && { ssrc }),
    ...(mode && { mode }),
  };
}

function parsePair(value: string | undefined, maximum: number): PacketPair | undefined {
  const [, first, second] = /^"?\s*(\d{1,5})\s*(?:-\s*(\d{1,5}))?/.exec(value ?? '') ?? [];
  const rtp = Number(first);
  const rtcp = second === undefined ? rtp + 1 : Number(second);
  return first !== undefined && rtp <= maximum && rtcp <= maximum ? { rtp, rtcp } : undefined;
}

/** Without the brackets of an IPv6 address; undefined when there is nothing like an address. */
function parseAddress(value: string | undefined): string | undefined {
  const text = value?.replace(/["[\]\s]/g, '') ?? '';
  return /^[\w.:%-]{1,255}$/.test(text) ? text : undefined;
}

function parseTtl(value: string | undefined): number | undefined {
  const [digits] = /^\d{1,3}/.exec(value ?? '') ?? [];
  return digits !== undefined && Number(digits) >= 1 && Number(digits) <= 255 ? Number(digits) : undefined;
}

function parseSsrc(value: string | undefined): number | undefined {
  const text = value?.replace(/^"|"$/g, '').trim() ?? '';
  return /^[0-9A-Fa-f]{1,8}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}
