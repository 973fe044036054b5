import type { UnixMillis } from '../units/time.ts';

/** Seconds from 1900, where NTP begins, to 1970. */
const ntpEpochSeconds = 2_208_988_800;

/** A sender report with the CNAME that must follow it (RFC 3550 sections 6.4.1 and 6.5), as an interleaved frame. */
export function senderReport(options: {
  channel: number;
  ssrc: number;
  wallMs: UnixMillis;
  /** The time stamp of this very instant. */
  rtpTimestamp: number;
  packets: number;
  octets: number;
}): Buffer {
  const name = 'nightjar-simulator';
  const sdesWords = 1 + Math.ceil((2 + name.length + 1) / 4);
  const frame = Buffer.alloc(4 + 28 + 4 + sdesWords * 4);
  writeInterleavedHeader(frame, options.channel);
  frame.writeUInt32BE(0x80c80006, 4);
  frame.writeUInt32BE(options.ssrc, 8);
  const seconds = Math.floor(options.wallMs / 1000);
  frame.writeUInt32BE((seconds + ntpEpochSeconds) >>> 0, 12);
  frame.writeUInt32BE(Math.floor((options.wallMs / 1000 - seconds) * 2 ** 32), 16);
  frame.writeUInt32BE(options.rtpTimestamp, 20);
  frame.writeUInt32BE(options.packets >>> 0, 24);
  frame.writeUInt32BE(options.octets >>> 0, 28);
  frame.writeUInt32BE((0x81ca0000 | sdesWords) >>> 0, 32);
  frame.writeUInt32BE(options.ssrc, 36);
  frame[40] = 1;
  frame[41] = name.length;
  frame.write(name, 42, 'latin1');
  return frame;
}

/** BYE (RFC 3550 section 6.6) behind an empty receiver report, as an interleaved frame. */
export function goodbye(channel: number, ssrc: number): Buffer {
  const frame = Buffer.alloc(4 + 8 + 8);
  writeInterleavedHeader(frame, channel);
  frame.writeUInt32BE(0x80c90001, 4);
  frame.writeUInt32BE(ssrc, 8);
  frame.writeUInt32BE(0x81cb0001, 12);
  frame.writeUInt32BE(ssrc, 16);
  return frame;
}

function writeInterleavedHeader(frame: Buffer, channel: number): void {
  frame[0] = 0x24;
  frame[1] = channel;
  frame.writeUInt16BE(frame.length - 4, 2);
}
