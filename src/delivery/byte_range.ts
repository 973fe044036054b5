/**
 * Conditional and range requests: RFC 9110 sections 13 and 14. Tolerated on purpose: a `Range` that cannot be read,
 * has several ranges or another unit is ignored, as section 14.2 allows, and the whole is sent.
 */

/** Of the request's header fields, those that decide how much is sent. */
export interface RangeRequest {
  readonly range?: string | undefined;
  readonly ifRange?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/** What is true of the whole answer. */
export interface Representation {
  /** With its quotes, strong. */
  readonly etag: string;
  readonly totalBytes: number;
  readonly lastModifiedMs: number;
}

/** Which bytes to send, half-open, and with which status; `start` and `end` are 0 when there is no body. */
export interface RangeAnswer {
  readonly status: 200 | 206 | 304 | 416;
  readonly start: number;
  readonly end: number;
  /** Header fields, with the names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Decides the status and the bytes of an answer to GET or HEAD. */
export function answerRange(request: RangeRequest, whole: Representation): RangeAnswer {
  const { etag, totalBytes } = whole;
  const facts = { etag, 'last-modified': httpDate(whole.lastModifiedMs), 'accept-ranges': 'bytes' };
  if (request.ifNoneMatch !== undefined && matchesEtag(request.ifNoneMatch, etag)) {
    return { status: 304, start: 0, end: 0, headers: facts };
  }
  const asked = request.range === undefined ? undefined : parseRange(request.range, totalBytes);
  const isCurrent = request.ifRange === undefined || isUnchanged(request.ifRange, whole);
  if (asked === undefined || !isCurrent) {
    const headers = { ...facts, 'content-length': String(totalBytes) };
    return { status: 200, start: 0, end: totalBytes, headers };
  }
  if (asked === 'unsatisfiable') {
    return { status: 416, start: 0, end: 0, headers: { ...facts, 'content-range': `bytes */${totalBytes}` } };
  }
  const { start, end } = asked;
  const headers = {
    ...facts,
    'content-length': String(end - start),
    'content-range': `bytes ${start}-${end - 1}/${totalBytes}`,
  };
  return { status: 206, start, end, headers };
}

const singleRange = /^bytes[ \t]*=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i;

/** The one range of a `Range` field (section 14.1.2), half-open; undefined when the field is to be ignored. */
function parseRange(
  field: string,
  totalBytes: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const found = singleRange.exec(field);
  if (!found) return undefined;
  const [first, last] = [found[1]!, found[2]!];
  if (first === '') {
    if (last === '') return undefined;
    const suffix = Math.min(Number(last), totalBytes);
    return suffix === 0 ? 'unsatisfiable' : { start: totalBytes - suffix, end: totalBytes };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= totalBytes) return 'unsatisfiable';
  return { start, end: last === '' ? totalBytes : Math.min(Number(last) + 1, totalBytes) };
}

/** `If-None-Match` (section 13.1.2) compares weakly. */
export function matchesEtag(field: string, etag: string): boolean {
  if (field.trim() === '*') return true;
  return field.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}

/** `If-Range` (section 13.1.5) compares strongly; a date must be the exact one. */
function isUnchanged(field: string, { etag, lastModifiedMs }: Representation): boolean {
  const value = field.trim();
  return value.includes('"') ? value === etag : value === httpDate(lastModifiedMs);
}

/** A date as section 5.6.7 prefers it. */
function httpDate(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toUTCString();
}
