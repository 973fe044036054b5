/** What a simulated ONVIF device does wrong. All are off by default; operations are named without prefix. */
export interface OnvifFaults {
  /** Its clock is so many milliseconds ahead or, when negative, behind: tokens made by the right time are refused. */
  readonly clockSkewMs?: number;
  /** Hosts in the answer to a probe, such as a link-local one before its own, or one that nobody answers at. */
  readonly discoveryHosts?: readonly string[];
  /** Host in the addresses of its services, as of a device behind NAT. */
  readonly serviceHost?: string;
  /** Host in the addresses of its streams and pictures. */
  readonly streamHost?: string;
  /** Each answer comes so much later. */
  readonly replyDelayMs?: number;
  /** Asks for credentials also where ONVIF has it answer everybody, such as for its time. */
  readonly authenticationForEverything?: boolean;
  /** The answer to this operation is cut off in the middle of an element. */
  readonly malformedReply?: string;
  /** The answer to this operation is followed by a comment of many megabytes. */
  readonly oversizedReply?: string;
  /** Answers this operation with a bare HTTP status: 500, or 401 without saying how to authenticate. */
  readonly refuse?: { readonly operation: string; readonly status: number };
  /** Has no profiles. */
  readonly emptyProfiles?: boolean;
  /** The first profile has no encoder. */
  readonly profileWithoutEncoder?: boolean;
}

/** How much an oversized answer has too much: far more than anybody should read. */
const oversizeBytes = 16 * 1024 * 1024;

/** The answer as the faults make it. */
export function faultyReply(faults: OnvifFaults, operation: string, reply: string): string {
  if (faults.malformedReply === operation) return reply.slice(0, Math.floor(reply.length / 2));
  if (faults.oversizedReply === operation) return `${reply}<!--${' and so on'.repeat(oversizeBytes / 10)}-->`;
  return reply;
}
