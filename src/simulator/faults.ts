import type { ServerTransport } from '../rtsp/server_resource.ts';
import { metadataControl } from './description.ts';
import type { RoughNetwork } from './rough_network.ts';

/** What a simulated camera does wrong. All are off by default; counts begin anew with each session. */
export interface Faults {
  /** Answers PLAY and sends nothing. */
  readonly silentAfterPlay?: boolean;
  /** The same for sessions with this transport alone. */
  readonly silentOver?: ServerTransport;
  /** What becomes of packets on their way, with either transport. */
  readonly network?: RoughNetwork;
  /** Ends the connection after so many packets. */
  readonly closeAfterPackets?: number;
  /** Ends the connection in the middle of the packet after so many. */
  readonly cutAfterPackets?: number;
  /** Bytes without meaning between the packets of two pictures. */
  readonly rubbish?: { readonly everyFrames: number; readonly bytes: number };
  /** Leaves out each Nth packet; its sequence number is missing then. At least 2. */
  readonly dropEveryNthPacket?: number;
  /** Of the first packet of each medium, 0 to 65,535; at random by default. */
  readonly firstSequenceNumber?: number;
  /** Of the first picture, 0 to 2^32 - 1; at random by default. */
  readonly firstRtpTimestamp?: number;
  /** From this picture on, time stamps are so many seconds off; may be negative. */
  readonly timestampJump?: { readonly atFrame: number; readonly seconds: number };
  /** From the first key frame at or after this picture on, the other size of the demo clip is shown. */
  readonly parameterChangeAtFrame?: number;
  /** Key frames are left out, and parameter sets with them. */
  readonly noKeyFrames?: boolean;
  /** SETUP announces another SSRC than packets carry. */
  readonly wrongSsrc?: boolean;
  /** Before each Nth picture, a packet of another sender is mixed in. */
  readonly foreignPacketEveryFrames?: number;
  /** Sends nothing for a while; what fell due meanwhile comes late, or never with `lose`. */
  readonly stall?: {
    readonly atFrame: number;
    readonly seconds: number;
    readonly lose?: boolean;
    /** Sound goes on meanwhile. */
    readonly pictureOnly?: boolean;
  };
  /** For a while the last packet of each picture is left out; its sequence number is missing then. */
  readonly damage?: { readonly atFrame: number; readonly seconds: number };
  /** Its clock is so many parts per million slow (frames come later than stamped) or, when negative, fast. */
  readonly driftPpm?: number;
  /** Sends the first picture before the reply to PLAY. */
  readonly packetsBeforePlayReply?: boolean;
  /** Answers requests of this method with an error, such as 503 or 404. */
  readonly refuse?: { readonly method: string; readonly status: number };
  /** What becomes of a SETUP of the metadata alone. */
  readonly metadataSetUp?: 'refused' | 'unanswered';
  /** Never answers requests of this method. */
  readonly neverAnswer?: string;
  /** Answers requests of this method with header fields without end. */
  readonly endlessHeader?: string;
  /** Answers requests of this method with a Content-Length of 4 GiB. */
  readonly hugeContentLength?: string;
}

/** How much of an endless header is sent: far more than anybody should read. */
const endlessHeaderBytes = 4 * 1024 * 1024;

/** The bytes that a fault has a server say instead of an answer: empty for none at all, undefined without a fault. */
export function faultyAnswer(
  faults: Faults,
  { method, url }: { readonly method: string; readonly url: string },
  sequenceNumber: string,
): Uint8Array | undefined {
  const head = (status: string) => `RTSP/1.0 ${status}\r\nCSeq: ${sequenceNumber}\r\n`;
  if (faults.metadataSetUp && method === 'SETUP' && url.endsWith(metadataControl)) {
    return Buffer.from(faults.metadataSetUp === 'refused' ? `${head('404 Not Found')}\r\n` : '');
  }
  if (faults.neverAnswer === method) return new Uint8Array();
  if (faults.refuse?.method === method) return Buffer.from(`${head(`${faults.refuse.status} Refused`)}\r\n`);
  if (faults.endlessHeader === method) {
    return Buffer.from(`${head('200 OK')}${'X-Endless: and so on\r\n'.repeat(endlessHeaderBytes / 22)}`);
  }
  if (faults.hugeContentLength === method) {
    return Buffer.from(
      `${head('200 OK')}Content-Type: application/sdp\r\nContent-Length: 4294967296\r\n\r\nv=0\r\n`,
    );
  }
  return undefined;
}

/** Always the same bytes without meaning, among them dollar signs, which begin a packet. */
export function rubbishBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  let state = 7;
  for (let index = 0; index < count; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 28 === 0 ? 0x24 : state >>> 24;
  }
  return bytes;
}
