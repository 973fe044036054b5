/**
 * RTSP 1.0 requests and responses (RFC 2326 sections 4 to 7), as values and as bytes.
 *
 * Tolerated on purpose: bare LF line ends, names in any casing, blanks around names and values, empty values, folded
 * lines, lines without a colon (dropped), a missing reason phrase, several blanks in the start line.
 *
 * Text is one character per byte (Latin-1), so that whatever a camera sends, a realm in UTF-8 for instance, can be
 * given back to it unchanged.
 */

/** The header fields of a message in their order: names in any casing, each possibly several times. */
export class Headers {
  readonly #fields: [name: string, value: string][] = [];

  constructor(fields: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of fields) this.append(name, value);
  }

  /** The first value of this name; may be empty. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.#fields.find(([present]) => present.toLowerCase() === wanted)?.[1];
  }

  /** All values of this name, in their order. */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#fields.filter(([present]) => present.toLowerCase() === wanted).map(([, value]) => value);
  }

  append(name: string, value: string): void {
    this.#fields.push([name, value]);
  }

  [Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    return this.#fields[Symbol.iterator]();
  }
}

export interface RtspRequest {
  readonly kind: 'request';
  /** Upper case in all known methods; case counts (RFC 2326 section 6.1). */
  readonly method: string;
  /** Absolute URL, or `*`. */
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface RtspResponse {
  readonly kind: 'response';
  /** 100 to 999. */
  readonly status: number;
  /** May be empty. */
  readonly reason: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export type RtspMessage = RtspRequest | RtspResponse;

export const noBody: Uint8Array = new Uint8Array(0);

/** All but tab and line feed. They mean nothing, and nonces and session ids are sent back as they came. */
const controlCharacters = /[^\P{Cc}\t\n\x80-\x9f]/gu;
/** Header fields read from one message; the rest is ignored. */
export const maximumFields = 256;

const requestLine = /^([A-Za-z_]{1,32})[ \t]+(\S+)[ \t]+RTSP\/\d\.\d[ \t]*$/i;
const statusLine = /^RTSP\/\d\.\d[ \t]+([1-9]\d\d)(?:[ \t]+(.*))?$/i;

/**
 * Reads a start line and the header fields behind it, without the body.
 *
 * @param text everything up to the blank line, with or without it
 * @returns undefined when the start line is not one of RTSP
 */
export function parseHead(text: string): RtspMessage | undefined {
  const lines = text.split('\n');
  const start = parseStartLine(lines[0]!);
  if (!start) return undefined;
  const fields: [string, string][] = [];
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index]!.replace(controlCharacters, '');
    const previous = fields.at(-1);
    if (/^[ \t]/.test(line) && previous) {
      const more = line.trim();
      if (more !== '') previous[1] += previous[1] === '' ? more : ` ${more}`;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0 || fields.length === maximumFields) continue;
    fields.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return { ...start, headers: new Headers(fields), body: noBody };
}

type StartLine =
  | { kind: 'request'; method: string; url: string }
  | { kind: 'response'; status: number; reason: string };

/** The start line alone, without its line end; undefined when it is not one of RTSP. */
export function parseStartLine(line: string): StartLine | undefined {
  const trimmed = line.trim();
  const response = statusLine.exec(trimmed);
  if (response) return { kind: 'response', status: Number(response[1]), reason: (response[2] ?? '').trim() };
  const request = requestLine.exec(trimmed);
  if (request) return { kind: 'request', method: request[1]!, url: request[2]! };
  return undefined;
}

/**
 * The length of the body: 0 when the field is missing or no number. The caller holds it to its bound, since this may
 * be anything up to Infinity.
 */
export function contentLength(headers: Headers): number {
  const value = headers.get('Content-Length')?.trim() ?? '';
  return /^\d+$/.test(value) ? Number(value) : 0;
}

/** The number that ties a response to its request (RFC 2326 section 12.17); undefined when missing or no number. */
export function sequenceNumberOf(message: RtspMessage): number | undefined {
  const value = message.headers.get('CSeq')?.trim() ?? '';
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/**
 * A request as bytes. `Content-Length` follows from the body; one among the headers is not written.
 *
 * @throws RangeError when a part has line ends in it, which would smuggle in another field
 */
export function formatRequest(request: Omit<RtspRequest, 'kind'>): Uint8Array {
  if (!/^[A-Za-z_]{1,32}$/.test(request.method)) throw new RangeError('not a method');
  if (!/^[\x21-\x7e]+$/.test(request.url)) throw new RangeError('not a URL of printable ASCII');
  return format(`${request.method} ${request.url} RTSP/1.0`, request);
}

/** A response as bytes; otherwise like {@link formatRequest}. */
export function formatResponse(response: Omit<RtspResponse, 'kind'>): Uint8Array {
  if (!(response.status >= 100 && response.status <= 999)) throw new RangeError('not a status');
  checkText(response.reason);
  return format(`RTSP/1.0 ${response.status} ${response.reason}`.trimEnd(), response);
}

function format(startLine: string, message: { headers: Headers; body: Uint8Array }): Uint8Array {
  let text = `${startLine}\r\n`;
  for (const [name, value] of message.headers) {
    if (!/^[\x21-\x39\x3b-\x7e]+$/.test(name)) throw new RangeError('not the name of a header field');
    checkText(value);
    if (name.toLowerCase() !== 'content-length') text += `${name}: ${value}\r\n`;
  }
  if (message.body.length > 0) text += `Content-Length: ${message.body.length}\r\n`;
  return Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), message.body]);
}

function checkText(text: string): void {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x0a || code === 0x0d || code === 0 || code > 0xff) {
      throw new RangeError('a header field must be one line of one-byte characters');
    }
  }
}
