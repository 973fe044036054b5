/**
 * Finds secrets that are known in text of a camera, however they are spelt there: as they are, percent-encoded, with the
 * escapes of XML, JSON or C, in UTF-8 or Latin-1, several of these inside each other or mixed; in Base64, in hexadecimal,
 * hashed.
 *
 * Escapes are read level by level, and the secret is looked for at each. Time is linear in the text.
 */
import { createHash } from 'node:crypto';
import type { Credentials } from './digest.ts';

/** What stands in the place of a secret. */
export const masked = '***';

/** Behind a quotation that was cut off: what stands before it may be the beginning of a secret. */
export const cutMark = '...';

/** Shorter ones are masked as whole words alone: their letters are everywhere. */
const leastLetters = 4;
/** Less of the beginning of a secret tells nothing. */
const leastCut = 2;
/** Escapes inside of escapes that are read. */
const maximumLevels = 3;

/** What RTSP and SDP say in every conversation: masked there, it would say what the password is. */
const protocolWords = new Set(
  'audio video application rtsp unicast multicast interleaved session control describe setup play options teardown'.split(
    ' ',
  ),
);

const escapes =
  /%u([0-9a-f]{4})|%([0-9a-f]{2})|&#x0{0,8}([0-9a-f]{1,6});?|&#0{0,8}([0-9]{1,7});?|&(amp|lt|gt|quot|apos);|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|\\([0-3][0-7]{2})|\\([bfnrt])|\\([^a-z0-9\s])/gi;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const controls: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const utf8Sequence = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g;

/** A text with its escapes read, and where in the text as it came each of its characters begins; one more for its end. */
interface Reading {
  readonly text: string;
  readonly starts: readonly number[];
}

interface Literal {
  readonly text: string;
  readonly wholeWord: boolean;
}

export class KnownSecrets {
  readonly #literals: readonly Literal[];

  /** @param secrets those that are empty or a word of the protocol are passed over */
  constructor(secrets: readonly string[], pairs: readonly Credentials[] = []) {
    const told = secrets.filter((secret) => secret !== '' && !protocolWords.has(secret.toLowerCase()));
    const spelt = [
      ...told.flatMap(spellings),
      ...pairs.flatMap(({ username, password }) => base64Of(`${username}:${password}`)),
    ];
    const texts = new Set(spelt.flatMap((text) => [folded(text), folded(joined(asReading(text)).text)]));
    this.#literals = [...texts].map((text) => ({ text, wholeWord: text.length < leastLetters }));
  }

  /** The text with a mask in the place of each secret. */
  without(text: string): string {
    if (this.#literals.length === 0) return text;
    const ranges: [start: number, end: number][] = [];
    let reading = asReading(text);
    for (let level = 0; level <= maximumLevels; level++) {
      this.#find(reading, ranges);
      const whole = joined(reading);
      if (whole !== reading) this.#find(whole, ranges);
      const inner = respelt(reading, escapes, unescaped);
      if (inner === reading) break;
      reading = inner;
    }
    return withoutRanges(text, ranges);
  }

  #find({ text, starts }: Reading, ranges: [start: number, end: number][]): void {
    const found = folded(text);
    for (const { text: literal, wholeWord } of this.#literals) {
      for (let at = found.indexOf(literal); at >= 0; at = found.indexOf(literal, at + 1)) {
        const end = at + literal.length;
        if (wholeWord && (isWord(found[at - 1]) || isWord(found[end]))) continue;
        ranges.push([starts[at]!, starts[end]!]);
      }
      if (!wholeWord) this.#findCut(found, literal, starts, ranges);
    }
  }

  #findCut(found: string, literal: string, starts: readonly number[], ranges: [number, number][]): void {
    const cut = found.indexOf(cutMark);
    if (cut < 0) return;
    for (let length = Math.min(literal.length - 1, cut); length >= leastCut; length--) {
      if (!found.startsWith(literal.slice(0, length), cut - length)) continue;
      ranges.push([starts[cut - length]!, starts[cut]!]);
      return;
    }
  }
}

function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8').toString('latin1');
  const hashes = ['md5', 'sha1', 'sha256'].map((hash) =>
    createHash(hash).update(secret, 'utf8').digest('hex'),
  );
  const plain = [secret, bytes];
  // A secret may look like an escape, and be read as one with what is around it.
  const read = plain.flatMap((text) => levelsOf(text)).filter((text) => text.length >= leastLetters);
  // As messages for people have what cannot be printed.
  const printed = plain.flatMap((text) => ['?', '.'].map((sign) => text.replace(/[^\x20-\x7e]/g, sign)));
  return [
    ...plain,
    ...read,
    ...printed.filter((text) => text.length >= leastLetters),
    ...base64Of(secret),
    Buffer.from(secret, 'utf8').toString('hex'),
    Buffer.from(secret, 'latin1').toString('hex'),
    ...hashes,
  ];
}

function levelsOf(text: string): string[] {
  const levels: string[] = [];
  let reading = asReading(text);
  for (let level = 0; level < maximumLevels; level++) {
    reading = respelt(reading, escapes, unescaped);
    levels.push(reading.text);
  }
  return levels;
}

function base64Of(text: string): string[] {
  return (['utf8', 'latin1'] as const).flatMap((encoding) => {
    const bytes = Buffer.from(text, encoding);
    const standard = bytes.toString('base64');
    const forUrls = bytes.toString('base64url');
    const padding = standard.slice(forUrls.length);
    return [standard, standard.slice(0, forUrls.length), forUrls, forUrls + padding];
  });
}

function asReading(text: string): Reading {
  return { text, starts: Array.from({ length: text.length + 1 }, (_, index) => index) };
}

/** Characters that came as the bytes of UTF-8, as one each. */
function joined(reading: Reading): Reading {
  return respelt(reading, utf8Sequence, ([bytes]) => Buffer.from(bytes, 'latin1').toString('utf8'));
}

/** The same reading when nothing in it is as the pattern says. */
function respelt(reading: Reading, pattern: RegExp, read: (match: RegExpMatchArray) => string): Reading {
  const parts: string[] = [];
  const starts: number[] = [];
  let from = 0;
  const copy = (to: number) => {
    parts.push(reading.text.slice(from, to));
    for (let at = from; at < to; at++) starts.push(reading.starts[at]!);
  };
  for (const match of reading.text.matchAll(pattern)) {
    copy(match.index);
    const letters = read(match);
    parts.push(letters);
    for (let letter = 0; letter < letters.length; letter++) starts.push(reading.starts[match.index]!);
    from = match.index + match[0].length;
  }
  if (parts.length === 0) return reading;
  copy(reading.text.length);
  starts.push(reading.starts.at(-1)!);
  return { text: parts.join(''), starts };
}

function unescaped(match: RegExpMatchArray): string {
  const [whole, wide, percent, hex, decimal, entity, json, byte, octal, control, quoted] = match;
  if (entity !== undefined) return entities[entity.toLowerCase()]!;
  // XML tells capitals from others, and so do the escapes of C: what is none stays.
  if (control !== undefined) return controls[control] ?? whole;
  if (quoted !== undefined) return quoted;
  const code =
    decimal !== undefined
      ? Number(decimal)
      : octal !== undefined
        ? Number.parseInt(octal, 8)
        : Number.parseInt((wide ?? percent ?? hex ?? json ?? byte)!, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}

/** Without regard to capitals, and to how forms write a blank; the length stays. */
function folded(text: string): string {
  const small = text.replaceAll('+', ' ').toLowerCase();
  if (small.length === text.length) return small;
  return text.replace(/[^ -~]|[A-Z+]/g, (letter) => {
    const other = letter === '+' ? ' ' : letter.toLowerCase();
    return other.length === 1 ? other : letter;
  });
}

const isWord = (letter: string | undefined) => letter !== undefined && /[a-z0-9]/.test(letter);

function withoutRanges(text: string, ranges: readonly (readonly [start: number, end: number])[]): string {
  let result = '';
  let from = 0;
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    if (end <= from) continue;
    if (start >= from) result += text.slice(from, start) + masked;
    from = end;
  }
  return result + text.slice(from);
}
