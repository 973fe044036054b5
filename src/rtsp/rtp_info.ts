/**
 * The `RTP-Info` header (RFC 2326 section 12.33): what the first packet of each medium will be numbered.
 *
 * Cameras send it wrong more often than right: with trailing separators, other URLs than those set up, negative or
 * unreadable numbers. Nothing may depend on it; it is reported, and media begin with their first packet.
 */
export interface RtpInfo {
  /** As the camera wrote it; may be empty. */
  readonly url: string;
  /** 0 to 65535. */
  readonly sequenceNumber?: number;
  /** 0 to 2^32 - 1. */
  readonly rtpTimestamp?: number;
}

/** Entries read from one header; the rest is ignored. */
const maximumEntries = 64;

/** The entries that name a URL; a URL may have commas and semicolons in it. */
export function parseRtpInfo(value: string): RtpInfo[] {
  return value
    .split(/(?:^|[,;])\s*url\s*=/i)
    .slice(1, maximumEntries + 1)
    .map(parseEntry);
}

export function formatRtpInfo(entries: readonly RtpInfo[]): string {
  return entries
    .map(({ url, sequenceNumber, rtpTimestamp }) => {
      const sequence = sequenceNumber === undefined ? '' : `;seq=${sequenceNumber}`;
      return `url=${url}${sequence}${rtpTimestamp === undefined ? '' : `;rtptime=${rtpTimestamp}`}`;
    })
    .join(',');
}

function parseEntry(text: string): RtpInfo {
  const parameters = text.search(/;\s*(?:seq|rtptime|ssrc)\s*=/i);
  const url = trimSeparators(parameters < 0 ? text : text.slice(0, parameters));
  const sequenceNumber = parseNumber(/;\s*seq\s*=([^;,]*)/i.exec(text)?.[1], 0xffff);
  const rtpTimestamp = parseNumber(/;\s*rtptime\s*=([^;,]*)/i.exec(text)?.[1], 0xffffffff);
  return {
    url,
    ...(sequenceNumber !== undefined && { sequenceNumber }),
    ...(rtpTimestamp !== undefined && { rtpTimestamp }),
  };
}

/** Without the blanks, quotes, commas and semicolons around it. */
function trimSeparators(text: string): string {
  let start = 0;
  let end = text.length;
  while (end > start && /[\s;,"]/.test(text[end - 1]!)) end--;
  while (start < end && /[\s"]/.test(text[start]!)) start++;
  return text.slice(start, end);
}

function parseNumber(value: string | undefined, maximum: number): number | undefined {
  const text = value?.trim() ?? '';
  return /^\d{1,10}$/.test(text) && Number(text) <= maximum ? Number(text) : undefined;
}
