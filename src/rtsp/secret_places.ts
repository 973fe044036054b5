/**
 * Masks what stands where secrets stand: values of parameters, members and elements with a telling name, user info of
 * URLs, path segments that are keys, lines of SDP, answers to challenges. Time is linear in the text.
 */
import { masked } from './known_secrets.ts';

/** Names whose values are secrets: with one of these anywhere in them, or these as a whole. */
const tellingPart =
  /passw|passphrase|pwd|psw|token|secret|credential|signature|api-?key|access-?key|session-?key|stream-?key/i;
const tellingName =
  /^(?:user(?:name|id|pass|pas|pw|pwd)?|usr(?:name|pass|pas|pw|pwd)?|uname|login(?:use|user|name|pas|pass|pw)?|account|pass?|pw|auth(?:basic)?|key|sign|sig|ticket|hash|md5|response|cnonce|rspauth)$/i;
/** `u` and `p` of a query, unless they are numbers. */
const shortName = /^[up]$/i;

/** A name, and what stands between it and its value. Names begin at the beginning of a run: one try for each. */
const named =
  /(?<![a-z0-9.-])([a-z0-9.-]+)((?:\[\]|%5B%5D)?(?:(\\?["'])?\s{0,4}(?:[=:]|%(?:25)?3D)\s{0,4}))/gi;
const quotedValue = /(["'])(?:\\[^\r\n]|(?!\1)[^\\\r\n])*\1|(\\["'])(?:(?!\2)[^\r\n])*\2/y;
/** XMeye cameras part their parameters by underscores. */
const plainValue = /(?:(?!_[a-z]{1,30}=|%(?:25)?26|\\["'])[^&;,\s"'<>#?])+/iy;
/** Of XML, with or without a prefix and attributes. */
const element = /(<(?:[\w.-]{1,40}:)?([a-z0-9.-]{1,60})(?:\s[^<>]{0,300})?>)[^<>]+/gi;

const userInfo = /:\/\/[^\s/?#"'<>]*@/g;
/** A password with a slash, as people write it: what is before the last @ cannot be a path of hosts. */
const sloppyUserInfo = /^[^\s/?#@"'<>]+:[^\s"'<>]{0,300}@(?=[\w[])/;
const longestUserInfo = 300;
/** A path segment that is a secret by itself, as UniFi gives streams: long, of letters and digits without sense. */
const secretSegment =
  /(\/)(?=[A-Za-z]*\d)(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{16,}(?=[/?#\s"';,]|$)/g;
const uuidSegment = /(\/)(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=[/?#\s"';,]|$)/gi;
const authorization =
  /((?:authorization)\\?["']?\s{0,4}[:=>]\s{0,4}\\?["']?)(basic|bearer)(\s{1,4})[^\s"'\\<>,]+/gi;

/** Lines of SDP with keys, and with who made the session (RFC 8866 sections 5.2, 5.5, 5.6 and 5.12). */
const keyLine = /^(k=|a=(?:crypto|key-mgmt):)[^\r\n]*/gim;
const personLine = /^([uep]=)[^\r\n]*/gim;
const originName = /^(o=)(?!-[ \t])[^\s]+/gim;
/** `user@host` of whoever sends (RFC 5576 section 6.1). */
const canonicalName = /\b(cname:)\S+/gi;

export function withoutSecretPlaces(text: string): string {
  return withoutNamedValues(
    withoutSloppyUserInfo(text)
      .replace(userInfo, `://${masked}@`)
      .replace(keyLine, `$1${masked}`)
      .replace(personLine, `$1${masked}`)
      .replace(originName, `$1${masked}`)
      .replace(canonicalName, `$1${masked}`)
      .replace(authorization, `$1$2$3${masked}`)
      .replace(element, (whole, tag, name) => (isTelling(name) ? tag + masked : whole))
      .replace(secretSegment, `$1${masked}`)
      .replace(uuidSegment, `$1${masked}`),
  );
}

/**
 * Values of secret parameters in a URL that was given for a camera. As people write them they may have any sign in
 * them: to the next `&`, and to the first sign that ends a value elsewhere.
 */
export function secretsOf(url: string): string[] {
  const found: string[] = [];
  for (const { name, nameAt, valueAt } of namesIn(url)) {
    if (!isTelling(name)) continue;
    const inQuery = /[?&]/.test(url[nameAt - 1] ?? '');
    const end = inQuery ? /^[^&\s"'<>]*/ : /^(?:(?!_[a-z]{1,30}=)[^&\s"'<>])*/i;
    const [long] = end.exec(url.slice(valueAt))!;
    found.push(long, ...long.split(/[;,#?]/, 1));
  }
  return [...new Set(found.flatMap((value) => [value, decoded(value)]))].filter((value) => value !== '');
}

interface NamedValue {
  readonly name: string;
  /** What stands between the name and the value. */
  readonly separator: string;
  readonly nameAt: number;
  readonly valueAt: number;
}

function* namesIn(text: string): Generator<NamedValue> {
  for (const { 0: whole, 1: name, 2: separator, index } of text.matchAll(named)) {
    yield { name: name!, separator: separator!, nameAt: index, valueAt: index + whole.length };
  }
}

function isTelling(name: string): boolean {
  return tellingPart.test(name) || tellingName.test(name) || shortName.test(name);
}

function withoutNamedValues(text: string): string {
  let result = '';
  let from = 0;
  for (const { name, separator, valueAt } of namesIn(text)) {
    if (valueAt < from || !isTelling(name)) continue;
    const quoted = matchAt(quotedValue, text, valueAt);
    if (quoted) {
      const quote = quoted[1] ?? quoted[2]!;
      result += `${text.slice(from, valueAt)}${quote}${masked}${quote}`;
      from = valueAt + quoted[0].length;
      continue;
    }
    // A colon is in many sentences.
    if (/:\s*$/.test(separator)) continue;
    const value = matchAt(plainValue, text, valueAt);
    if (!value || (shortName.test(name) && /^\d+$|^\W/.test(value[0]))) continue;
    result += text.slice(from, valueAt) + masked;
    from = valueAt + value[0].length;
  }
  return result + text.slice(from);
}

function withoutSloppyUserInfo(text: string): string {
  let result = '';
  let from = 0;
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    if (at < from) continue;
    const begin = at + 3;
    const found = sloppyUserInfo.exec(text.slice(begin, begin + longestUserInfo));
    if (!found) continue;
    result += `${text.slice(from, begin)}${masked}@`;
    from = begin + found[0].length;
  }
  return result + text.slice(from);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
