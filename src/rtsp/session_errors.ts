/** What is said to people when a session fails: always the request, the URL without credentials and the status. */
import type { ErrorCode } from '../errors/catalogue.ts';
import { type ErrorPlace, NightjarError } from '../errors/nightjar_error.ts';
import { cutMark } from './known_secrets.ts';
import type { RtspResponse } from './message.ts';
import type { Action, SessionState } from './session_state.ts';

const statusCodes: Record<number, ErrorCode> = {
  401: 'camera_authentication',
  404: 'camera_path_not_found',
  457: 'range_not_there',
  461: 'camera_transport_unsupported',
};

/** Of a reason phrase or a URL that the camera sent; enough for any honest one. */
const maximumQuoted = 200;

/** The server's status is the reason; `more` completes the sentence. */
export function statusError(action: Action, response: RtspResponse, more?: string): NightjarError {
  const redirected = response.status >= 300 && response.status < 400;
  const code = redirected ? 'camera_redirected' : (statusCodes[response.status] ?? 'camera_rejected');
  return failure(code, action, [`${response.status} ${printable(response.reason)}`.trim(), more]);
}

/** 401, and why it is final. */
export function authenticationError(
  action: Action,
  response: RtspResponse,
  why: 'refused' | 'unsupported' | 'none',
): NightjarError {
  if (why === 'none') return statusError(action, response, 'a user name and a password are needed');
  if (why === 'refused') return statusError(action, response, 'the user name or the password is wrong');
  const offered = response.headers.getAll('WWW-Authenticate').join(', ');
  const what =
    offered === '' ? 'no way to authenticate is offered' : `only this is offered: ${printable(offered)}`;
  return failure('camera_authentication_unsupported', action, [`${response.status}`, what]);
}

/** A host that a redirect led to wants the credentials that were given for another. */
export function redirectedError({ url, givenUrl }: SessionState): NightjarError {
  const there = printable(url);
  const detail = `${givenUrl}: the camera redirects to ${there}, which asks for a user name and a password. They are not sent to another host or port: give ${there} as the address.`;
  return new NightjarError('camera_redirected', detail, { place: { url: givenUrl } });
}

export function failure(
  code: ErrorCode,
  action: Action,
  parts: readonly (string | undefined)[],
): NightjarError {
  const detail = parts.filter((part) => part !== undefined).join('; ');
  const place = { url: action.url, request: action.method };
  return new NightjarError(code, `${action.method} ${action.url}: ${detail}.`, { place });
}

export function timeoutError(action: Action, afterMs: number): NightjarError {
  return failure('camera_timeout', action, [`no reply within ${afterMs / 1000} s`]);
}

/** The server closed the connection. */
export function closedError(state: SessionState, pendingBytes: number): NightjarError {
  const where = pendingBytes > 0 ? ' in the middle of a packet or message' : '';
  const waiting = state.pending.find(({ purpose }) => purpose !== 'keepAlive');
  if (waiting)
    return failure('camera_closed', waiting, [`the connection was closed${where} before the reply came`]);
  const place = { url: state.url };
  return new NightjarError('camera_closed', `${state.url}: the connection was closed${where}.`, { place });
}

/** An error of the connection or of the reader, with what was going on. */
export function brokenError(state: SessionState, error: NightjarError): NightjarError {
  const waiting = state.pending.find(({ purpose }) => purpose !== 'keepAlive');
  const place: ErrorPlace = { url: state.url, ...(waiting && { request: waiting.method }) };
  if (error.place.url !== undefined) return error.at(place);
  const subject = waiting ? `${waiting.method} ${waiting.url}` : state.url;
  return new NightjarError(error.code, `${subject}: ${error.message}`, { place, cause: error });
}

/** Text of a camera for a person: one line, bounded, without control characters or credentials in a URL. */
export function printable(text: string): string {
  const line = text.replace(/[^\x20-\x7e]/g, '?');
  const quoted = line.length > maximumQuoted ? line.slice(0, maximumQuoted) + cutMark : line;
  return quoted.replace(/:\/\/[^/\s]*@/g, '://');
}
