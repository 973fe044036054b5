/**
 * Session descriptions (SDP, RFC 8866) as cameras send them in reply to DESCRIBE.
 *
 * Only what a recorder needs is read: media, formats, controls, directions. Tolerated on purpose: missing or misplaced
 * `v=`, `o=`, `s=` and `t=` lines and rubbish in them, any line ends, blanks and tabs at line ends, media types and
 * payload types that do not exist (that medium alone is dropped), duplicate attributes (the first counts), empty `fmtp`,
 * parameters in any casing with trailing semicolons, formats without `rtpmap` when their payload type is a static one.
 * What is dropped is listed with its reason.
 */
import { NightjarError } from '../errors/nightjar_error.ts';
import { type EncodingFacts, encodingSent, isVideoEncoding, staticPayloadTypes } from './payload_types.ts';
import { describedPictureSize, type PictureSize } from './picture_size.ts';

export interface SessionDescription {
  /** `a=control` of the whole session. */
  readonly control?: string;
  /** `s=`; undefined when missing or blank. */
  readonly name?: string;
  readonly media: readonly MediaDescription[];
  readonly ignored: readonly IgnoredLine[];
}

export interface IgnoredLine {
  readonly line: string;
  readonly reason: string;
}

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface MediaDescription {
  readonly kind: 'video' | 'audio' | 'application' | 'text' | 'message';
  readonly control?: string;
  /** In the order of the `m=` line; empty when none can be used. */
  readonly formats: readonly MediaFormat[];
  /** As written; says little, since many cameras call what they send `recvonly` or the reverse. */
  readonly direction?: Direction;
  /** Undefined when no address is described. */
  readonly destination?: Destination;
}

/** Where the media go when they are sent to everybody: `c=` and the port of `m=` (RFC 8866 sections 5.7 and 5.14). */
export interface Destination {
  /** As written, perhaps a name, perhaps rubbish. */
  readonly address: string;
  /** 1 to 65,535; undefined for the usual 0, which says nothing. */
  readonly port?: number;
  /** 1 to 255. */
  readonly ttl?: number;
}

export interface MediaFormat {
  /** 0 to 127. */
  readonly payloadType: number;
  /** Upper case: `H264`, `MPEG4-GENERIC`, `PCMU`. */
  readonly encoding: string;
  /** Hz. */
  readonly clockRate: number;
  /** 1 unless `rtpmap` says otherwise; without meaning for video. */
  readonly channels: number;
  /** Of `fmtp`, with keys in lower case and values as written. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Of video, where an attribute tells it. */
  readonly pictureSize?: PictureSize;
}

export const maximumMedia = 64;
export const maximumFormats = 128;
export const maximumParameters = 64;
const maximumIgnored = 100;
const maximumIgnoredCharacters = 200;

const mediaKinds = new Set(['video', 'audio', 'application', 'text', 'message']);
const directions = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive']);

interface MediaLines {
  readonly kind: MediaDescription['kind'];
  readonly port: number;
  /** Value of its own `c=` line. */
  connection?: string;
  readonly payloadTypes: readonly number[];
  readonly attributes: Attribute[];
}

interface Attribute {
  readonly name: string;
  readonly value: string;
  readonly line: string;
}

/** @throws NightjarError `sdp_malformed` when there is not one `m=` line */
export function parseSessionDescription(text: string): SessionDescription {
  const ignored: IgnoredLine[] = [];
  const ignore = (line: string, reason: string) => {
    if (ignored.length < maximumIgnored)
      ignored.push({ line: line.slice(0, maximumIgnoredCharacters), reason });
  };
  const session: Attribute[] = [];
  const media: MediaLines[] = [];
  let name: string | undefined;
  let connection: string | undefined;
  let current: MediaLines | undefined;
  let attributes: Attribute[] | undefined = session;
  let mediaSeen = false;
  for (const line of linesOf(text)) {
    const value = line.slice(2).trim();
    if (/^m=/i.test(line)) {
      mediaSeen = true;
      const parsed = parseMediaLine(value);
      const reason = typeof parsed === 'string' ? parsed : media.length === maximumMedia && 'too many media';
      if (reason) ignore(line, reason);
      else media.push(parsed as MediaLines);
      current = reason ? undefined : (parsed as MediaLines);
      attributes = current?.attributes;
    } else if (/^a=/i.test(line)) {
      const colon = value.indexOf(':');
      attributes?.push({
        name: (colon < 0 ? value : value.slice(0, colon)).trim().toLowerCase(),
        value: colon < 0 ? '' : value.slice(colon + 1).trim(),
        line,
      });
    } else if (/^c=/i.test(line)) {
      if (current) current.connection ??= value;
      else if (!mediaSeen) connection ??= value;
    } else if (/^s=/i.test(line) && value !== '') {
      name ??= value;
    } else if (!/^[a-z]=/i.test(line)) {
      ignore(line, 'not a line of SDP');
    }
  }
  if (!mediaSeen) throw new NightjarError('sdp_malformed', 'The description of the stream names no media.');
  const control = controlOf(session);
  return {
    ...(control !== undefined && { control }),
    ...(name !== undefined && { name }),
    media: media.map((lines) => toMedia(lines, connection, ignore)),
    ignored,
  };
}

function linesOf(text: string): string[] {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll('\0', '').trim())
    .filter((line) => line !== '');
}

/** The parsed line, or why the medium is dropped. */
function parseMediaLine(value: string): MediaLines | string {
  const [kind = '', port = '', , ...formats] = value.split(/\s+/);
  if (!mediaKinds.has(kind.toLowerCase())) return 'unknown kind of media';
  if (formats.length === 0) return 'no payload type';
  if (formats.length > maximumFormats) return 'too many payload types';
  const payloadTypes = formats.map((format) => (/^\d{1,3}$/.test(format) ? Number(format) : Number.NaN));
  if (!payloadTypes.every((payloadType) => payloadType <= 127))
    return 'a payload type that is no number from 0 to 127';
  return {
    kind: kind.toLowerCase() as MediaDescription['kind'],
    port: Number.parseInt(port, 10),
    payloadTypes,
    attributes: [],
  };
}

function toMedia(
  { kind, port, connection, payloadTypes, attributes }: MediaLines,
  sessionConnection: string | undefined,
  ignore: (line: string, reason: string) => void,
) {
  const maps = new Map<number, EncodingFacts>();
  const parameters = new Map<number, ReadonlyMap<string, string>>();
  for (const { name, value, line } of attributes) {
    if (name !== 'rtpmap' && name !== 'fmtp') continue;
    const [, digits, rest = ''] = /^(\d{1,3})(?:\s+(.*))?$/.exec(value) ?? [];
    const payloadType = digits === undefined ? Number.NaN : Number(digits);
    if (!payloadTypes.includes(payloadType)) {
      ignore(line, 'a payload type that this medium does not have');
    } else if (name === 'rtpmap') {
      const facts = parseEncoding(rest);
      if (!facts) ignore(line, 'no encoding and clock rate');
      else if (!maps.has(payloadType)) maps.set(payloadType, encodingSent(payloadType, facts));
    } else if (rest !== '' && !parameters.has(payloadType)) {
      parameters.set(payloadType, parseParameters(rest));
    }
  }
  const formats: MediaFormat[] = [];
  for (const payloadType of new Set(payloadTypes)) {
    // A camera that maps a static payload type to something else means it.
    const facts = maps.get(payloadType) ?? staticPayloadTypes.get(payloadType);
    const pictureSize = kind === 'video' ? describedPictureSize(attributes, payloadType) : undefined;
    const format = facts && {
      payloadType,
      ...facts,
      parameters: parameters.get(payloadType) ?? new Map(),
      ...(pictureSize && { pictureSize }),
    };
    const reason = format ? whyUseless(kind, format) : 'no encoding is given for it';
    if (format && reason === undefined) formats.push(format);
    else ignore(`payload type ${payloadType} (${facts?.encoding ?? 'unknown'}) of ${kind}`, reason!);
  }
  const control = controlOf(attributes);
  const direction = attributes.find(({ name }) => directions.has(name))?.name as Direction | undefined;
  const destination = parseDestination(connection ?? sessionConnection ?? '', port);
  return {
    kind,
    ...(control !== undefined && { control }),
    formats,
    ...(direction && { direction }),
    ...(destination && { destination }),
  };
}

/** `IN IP4 239.1.2.3/127`; undefined when that is no address, or one that stands for none. */
function parseDestination(connection: string, port: number): Destination | undefined {
  const [, address, digits] = /^IN\s+IP[46]\s+([\w.:-]+)(?:\/(\d{1,3}))?/i.exec(connection) ?? [];
  if (address === undefined || address === '0.0.0.0' || address === '::') return undefined;
  const ttl = Number(digits);
  return {
    address,
    ...(port >= 1 && port <= 65535 && { port }),
    ...(ttl >= 1 && ttl <= 255 && { ttl }),
  };
}

function whyUseless(kind: string, { encoding, parameters }: MediaFormat): string | undefined {
  if (kind === 'audio' && isVideoEncoding(encoding)) return 'an encoding of video among audio';
  // Dahua lists AAC beside what it sends, without the configuration that a decoder needs.
  if (encoding === 'MPEG4-GENERIC' && !parameters.get('config')) return 'AAC without its configuration';
  return undefined;
}

/** `H264/90000`, `MPEG4-GENERIC/16000/2`. */
function parseEncoding(text: string): EncodingFacts | undefined {
  const [, encoding, rate, channels] = /^([^\s/]+)\s*\/\s*(\d{1,9})(?:\s*\/\s*(\d{1,3}))?/.exec(text) ?? [];
  if (encoding === undefined || Number(rate) === 0) return undefined;
  return { encoding: encoding.toUpperCase(), clockRate: Number(rate), channels: Number(channels ?? 1) || 1 };
}

/** `a=1; B=2;` and `c`, of which the last has an empty value. */
function parseParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name === '' || parameters.has(name)) continue;
    if (parameters.size === maximumParameters) break;
    parameters.set(name, equals < 0 ? '' : part.slice(equals + 1).trim());
  }
  return parameters;
}

function controlOf(attributes: readonly Attribute[]): string | undefined {
  return attributes.find(({ name, value }) => name === 'control' && value !== '')?.value;
}
