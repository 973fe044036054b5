/** A value that was understood, or in words what would have been right. */
export type Parsed<Value> = { readonly value: Value } | { readonly expected: string };

/** Reads the text of one setting; the same for flags, environment and file. */
export type ValueParser<Value> = (text: string) => Parsed<Value>;

/** Longest text of any setting. */
const maxTextLength = 4096;

export function wholeNumber(least: number, most: number): ValueParser<number> {
  const expected = `a whole number from ${least} to ${most}`;
  return (text) => {
    const value = Number(text);
    const fits = /^\d{1,15}$/.test(text) && value >= least && value <= most;
    return fits ? { value } : { expected };
  };
}

/** A whole number within limits, or 0 for "not at all". */
export function zeroOrNumber(least: number, most: number): ValueParser<number> {
  const number = wholeNumber(least, most);
  return (text) => {
    const parsed = text === '0' ? { value: 0 } : number(text);
    return 'value' in parsed ? parsed : { expected: `0, or ${parsed.expected}` };
  };
}

export function decimalNumber(least: number, most: number): ValueParser<number> {
  const expected = `a number from ${least} to ${most}`;
  return (text) => {
    const value = Number(text);
    const fits = /^\d{1,15}(\.\d{1,9})?$/.test(text) && value >= least && value <= most;
    return fits ? { value } : { expected };
  };
}

const byteUnits: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** A number of bytes, plain or with a unit: `5GiB` is 5 times 2^30, `5GB` is 5 times 10^9. */
export const byteCount: ValueParser<number> = (text) => {
  const expected = 'a number of bytes, such as 5000000000, 5GB or 5GiB, up to 1000TB';
  const parts = /^(\d{1,16}(?:\.\d{1,9})?) ?([a-z]{0,3})$/i.exec(text);
  const unit = byteUnits[(parts?.[2] || 'b').toLowerCase()];
  if (!parts || unit === undefined) return { expected };
  const value = Math.round(Number(parts[1]) * unit);
  return value <= 1e15 ? { value } : { expected };
};

/** As {@link byteCount}, but no less than a megabyte: a limit of nothing would delete everything. */
export const byteLimit: ValueParser<number> = (text) => {
  const parsed = byteCount(text);
  if ('expected' in parsed || parsed.value >= 1e6) return parsed;
  return { expected: 'a number of bytes of 1MB or more' };
};

/** A limit, or the word for there being none. */
export function orNone<Value>(parse: ValueParser<Value>): ValueParser<Value | 'none'> {
  return (text) => {
    if (text === 'none') return { value: text };
    const parsed = parse(text);
    return 'value' in parsed ? parsed : { expected: `none or ${parsed.expected}` };
  };
}

/** What is done by a schedule, or not at all. */
export function orOff<Value>(parse: ValueParser<Value>): ValueParser<Value | 'off'> {
  return (text) => {
    if (text === 'off') return { value: text };
    const parsed = parse(text);
    return 'value' in parsed ? parsed : { expected: `off or ${parsed.expected}` };
  };
}

/** A path; relative ones are meant from the working folder. */
export const folder: ValueParser<string> = (text) =>
  text.length > 0 && text.length <= maxTextLength && !text.includes('\0')
    ? { value: text }
    : { expected: 'the path of a folder' };

export function oneOf<Value extends string>(...values: readonly Value[]): ValueParser<Value> {
  const expected = `one of ${values.join(', ')}`;
  return (text) => {
    const value = values.find((candidate) => candidate === text);
    return value === undefined ? { expected } : { value };
  };
}

/** Names of network interfaces between commas; `all` stands for every one. */
export const interfaceNames: ValueParser<readonly string[]> = (text) => {
  const names = text.split(',').map((name) => name.trim());
  // Linux allows 15 bytes; other systems, and aliases, have longer ones.
  const fit = names.length <= 32 && names.every((name) => /^[\w.:@ -]{1,64}$/.test(name));
  return fit ? { value: names } : { expected: 'all, or names of network interfaces between commas' };
};

/** A further folder for footage. */
export interface StorageRootSetting {
  readonly name: string;
  readonly folder: string;
}

/** Names with folders: `disk2=/mnt/disk2,disk3=/mnt/disk3`. */
export const storageRootList: ValueParser<readonly StorageRootSetting[]> = (text) => {
  const expected =
    'names with folders, such as disk2=/mnt/disk2,disk3=/mnt/disk3, each name once, of letters, digits, - and _, and not "default"';
  const parts = text.trim() === '' ? [] : text.split(',').map((part) => part.trim());
  const roots: StorageRootSetting[] = [];
  for (const part of parts) {
    const [, name, path] = /^([a-z0-9][a-z0-9_-]{0,31})=(.+)$/i.exec(part) ?? [];
    const isKnown = name === 'default' || roots.some((root) => root.name === name);
    if (name === undefined || path === undefined || isKnown || !('value' in folder(path)))
      return { expected };
    roots.push({ name, folder: path });
  }
  return roots.length <= 32 ? { value: roots } : { expected };
};

/** A host name or an address to listen on; whether it is allowed is another question. */
export const hostName: ValueParser<string> = (text) =>
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[?[0-9a-f:.]{2,45}\]?)$/i.test(text)
    ? { value: text.replace(/^\[|\]$/g, '') }
    : { expected: 'a host name or an IP address' };

/** True for the addresses that only this machine reaches: 127.0.0.0/8 (RFC 1122), ::1 and the name `localhost`. */
export function isLoopback(host: string): boolean {
  return /^127(?:\.\d{1,3}){3}$/.test(host) || host === '::1' || host.toLowerCase() === 'localhost';
}
