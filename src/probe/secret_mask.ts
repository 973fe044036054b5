/**
 * Takes secrets out of what is shown to others: two sieves, one that knows where secrets stand (headers, parameters,
 * URLs, lines of SDP) and one that knows what they are (the password in every spelling that a camera may echo).
 *
 * Names, addresses and session ids stay, since nobody could help without them.
 */
import { createHash } from 'node:crypto';
import type { Credentials } from '../rtsp/digest.ts';

/** What stands in the place of a secret. */
export const masked = '***';

/** Shorter ones are masked where they are known to stand, and not wherever the same letters are. */
const leastLetters = 4;

/** What stands in every conversation: masked everywhere, it would say what the password is. */
const usualWords = new Set(
  'audio video track trackid stream streaming camera live main media rtsp session control describe setup play options unicast multicast interleaved range public server date password user name unauthorized digest basic'.split(
    ' ',
  ),
);

/** Names of parameters, members and fields whose values are secrets, alone or as a part of a longer name. */
const secretName =
  '(?:[a-z0-9-]{0,30}(?:passw(?:or)?d|passwd|passphrase|password|token|secret|credential|signature|api[-_]?key|access[-_]?key)|user(?:name)?|usr|login|account|pwd|psw|pass|pw|auth|authbasic|key|sign|sig|ticket|hash|md5)';
/** Where a value ends: XMeye cameras part their parameters by underscores. */
const valueEnd = `(?=[&;,?\\s"'<>#]|_[a-z]+=|$)`;
const parameter = new RegExp(`((?:^|[?&;,_/\\s"'])${secretName}=)(?!["'])[^&;,\\s"'<>#]+?${valueEnd}`, 'gim');
const member = new RegExp(
  `((["']?)${secretName}\\2\\s*[:=]\\s*)(["'])(?:\\\\.|(?!\\3)[^\\\\\\r\\n])*\\3`,
  'gi',
);
const userInfo = /([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#"'<>]*@/gi;
/** A password with a slash, as people write it: what is before the last @ cannot be a path of hosts. */
const sloppyUserInfo = /([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#@"'<>]+:[^\s"'<>]{0,200}@(?=[\w[])/gi;
/** A path segment that is a secret by itself, as UniFi gives streams: long, of letters and digits without sense. */
const secretSegment =
  /(\/)(?=[^/?#\s"';,]*\d)(?=[^/?#\s"';,]*[a-z])(?=[^/?#\s"';,]*[A-Z])[A-Za-z0-9]{16,}(?=[/?#\s"';,]|$)/g;
const uuidSegment = /(\/)(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=[/?#\s"';,]|$)/gi;

const authorizationField = /^(?:proxy-)?authorization$/i;
const secretField = /cookie|token|passw|secret|api-?key|credential|keymgmt|authentication-info/i;
/** Parts of an Authorization that nobody can guess a password from. */
const openParameters = new Set(['realm', 'nonce', 'uri', 'algorithm', 'qop', 'nc']);

/** Lines of SDP with keys, and with who made the session (RFC 8866 sections 5.2, 5.5, 5.6 and 5.12). */
const keyLine = /^(k=|a=(?:crypto|key-mgmt):)[^\r\n]*/gim;
const personLine = /^([uep]=)[^\r\n]*/gim;
/** `user@host` of whoever sends (RFC 5576 section 6.1). */
const canonicalName = /\b(cname:)\S+/gi;
const originName = /^(o=)(?!-[ \t])[^\s]+/gim;

export class SecretMask {
  readonly #spellings: readonly string[];

  /** @param secrets what was given for the camera, and `url` as it was given, for secrets that stand in it */
  constructor({ username, password, url = '' }: Partial<Credentials> & { url?: string }) {
    const spelt = [
      ...(password === undefined ? [] : spellings(password)),
      ...(password === undefined || username === undefined ? [] : pairSpellings({ username, password })),
      ...secretsIn(url).flatMap(spellings),
    ];
    const long = spelt.filter((text) => text.length >= leastLetters && !usualWords.has(text.toLowerCase()));
    this.#spellings = [...new Set(long)].sort((a, b) => b.length - a.length);
  }

  /** Any text of a camera: a URL, a reason, a body. */
  text(text: string): string {
    return this.#literally(withoutKnownPlaces(text));
  }

  /** A sentence of ours, in which the camera or a URL may be quoted: words in it are no passwords. */
  sentence(text: string): string {
    let result = withoutKnownPlaces(text);
    for (const spelling of this.#spellings) {
      if (!/^[a-z]+$/i.test(spelling)) result = replaceAnyCase(result, spelling);
    }
    return result;
  }

  /** The value of a header field. */
  field(name: string, value: string): string {
    if (authorizationField.test(name)) return this.#literally(maskAuthorization(value));
    if (secretField.test(name)) return masked;
    // The parameters of a challenge are no secrets, but `auth` is among their values.
    if (/^(?:www|proxy)-authenticate$/i.test(name)) return this.#literally(value);
    return this.text(value);
  }

  #literally(text: string): string {
    let result = text;
    for (const spelling of this.#spellings) result = replaceAnyCase(result, spelling);
    return result;
  }
}

function withoutKnownPlaces(text: string): string {
  return text
    .replace(sloppyUserInfo, `$1${masked}@`)
    .replace(userInfo, `$1${masked}@`)
    .replace(keyLine, `$1${masked}`)
    .replace(personLine, `$1${masked}`)
    .replace(originName, `$1${masked}`)
    .replace(canonicalName, `$1${masked}`)
    .replace(member, `$1$3${masked}$3`)
    .replace(parameter, `$1${masked}`)
    .replace(secretSegment, `$1${masked}`)
    .replace(uuidSegment, `$1${masked}`);
}

/** Scheme and open parameters stay: they are what goes wrong. */
function maskAuthorization(value: string): string {
  const [, scheme = '', rest = ''] = /^\s*(\S*)\s*([\s\S]*)$/.exec(value) ?? [];
  if (!/^digest$/i.test(scheme)) return /^(?:basic|bearer)$/i.test(scheme) ? `${scheme} ${masked}` : masked;
  const parts = [...rest.matchAll(/([a-z0-9]+)\s*=\s*("(?:\\.|[^"\\])*"|[^\s,"]+)/gi)];
  const shown = parts.map(([, name, given]) => {
    if (!openParameters.has(name!.toLowerCase())) return `${name}="${masked}"`;
    return `${name}=${given!.replace(userInfo, `$1${masked}@`).replace(parameter, `$1${masked}`)}`;
  });
  return `${scheme} ${shown.join(', ')}`;
}

/** Values of secret parameters in a URL, and its user info. */
function secretsIn(url: string): string[] {
  const found = [...url.matchAll(parameter)].map(([all, head]) => all.slice(head!.length));
  return found.flatMap((value) => [value, decoded(value)]);
}

function spellings(secret: string): string[] {
  const utf8 = Buffer.from(secret, 'utf8');
  const hashes = ['md5', 'sha1', 'sha256'].map((hash) => createHash(hash).update(utf8).digest('hex'));
  return [
    secret,
    // Messages have one character a byte.
    utf8.toString('latin1'),
    encodeURI(secret),
    encodeURIComponent(secret),
    encodeURIComponent(secret).replace(/[!'()*]/g, percent),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    secret.replace(/[^A-Za-z0-9]/g, (letter) => [...Buffer.from(letter, 'utf8')].map(percentByte).join('')),
    JSON.stringify(secret).slice(1, -1),
    secret.replace(/["\\]/g, '\\$&'),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    utf8.toString('base64'),
    utf8.toString('base64').replace(/=+$/, ''),
    utf8.toString('base64url'),
    utf8.toString('hex'),
    ...hashes,
  ];
}

function pairSpellings({ username, password }: Credentials): string[] {
  const pair = Buffer.from(`${username}:${password}`, 'utf8');
  return [pair.toString('base64'), pair.toString('base64').replace(/=+$/, ''), pair.toString('base64url')];
}

const percent = (letter: string) => percentByte(letter.charCodeAt(0));
const percentByte = (byte: number) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function replaceAnyCase(text: string, spelling: string): string {
  const pattern = new RegExp(spelling.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi');
  return text.replace(pattern, () => masked);
}
