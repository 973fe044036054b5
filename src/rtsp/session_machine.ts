/**
 * The client's side of an RTSP session (RFC 2326 section 10 and appendix A.1) as a pure function:
 * connect, OPTIONS, DESCRIBE, one SETUP a medium, PLAY, keep-alives, PAUSE and PLAY, TEARDOWN; redirects at any of them.
 *
 * Tolerated on purpose: OPTIONS that fails; replies without CSeq; server-chosen channels or none; session ids that
 * change; keep-alives that are ignored, refused or answered with an old CSeq (media are the sign of life); a second
 * medium that cannot be set up; TEARDOWN answered with anything.
 */
import { type NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import { parseSessionDescription } from '../sdp/session_description.ts';
import type { UnixMillis } from '../units/time.ts';
import { agreedTransport, askedTransport } from './agreed_transport.ts';
import { accepted, authorize, challenged, startAuthentication } from './authentication.ts';
import { controlBase, joinControl } from './control_url.ts';
import { Headers, noBody, type RtspRequest, type RtspResponse, sequenceNumberOf } from './message.ts';
import { asksForReplay, playbackAnswer, playFields, replayRequired, withoutReplay } from './play_fields.ts';
import { parseRange } from './range.ts';
import { parseRtpInfo, type RtpInfo } from './rtp_info.ts';
import {
  authenticationError,
  brokenError,
  closedError,
  failure,
  printable,
  redirectedError,
  statusError,
  timeoutError,
} from './session_errors.ts';
import { parseSession } from './session_header.ts';
import {
  type Action,
  credentialsHere,
  isElsewhere,
  type MediaSelection,
  type PendingRequest,
  type Purpose,
  type SessionCommand,
  type SessionEvent,
  type SessionState,
  type SessionTimer,
  type SetupMedia,
} from './session_state.ts';
import { formatTransport } from './transport_header.ts';
import { splitCredentials } from './url.ts';

/** Redirects that are followed before a camera is taken to send in circles. */
export const maximumRedirects = 5;
/** A session that plays for so long has arrived; later redirects are others. Silent ones do not live longer. */
const settledMs = 10_000;
/** A server is asked to forget the session, and not waited for longer. */
export const teardownTimeoutMs = 1_000;
const longestKeepAliveMs = 30_000;
/** A server may announce that it goes away; not for a longer time ahead. */
const longestRedirectMs = 24 * 60 * 60 * 1000;

export interface Transition {
  state: SessionState;
  commands: SessionCommand[];
}

/** What the session does next. An event that does not fit its phase changes nothing. */
export function advance(state: SessionState, event: SessionEvent): Transition {
  const step = new Step(state);
  step.take(event);
  return { state: step.state, commands: step.commands };
}

class Step {
  state: SessionState;
  readonly commands: SessionCommand[] = [];

  constructor(state: SessionState) {
    this.state = state;
  }

  take(event: SessionEvent): void {
    const { phase } = this.state;
    if (phase === 'ended') return;
    switch (event.kind) {
      case 'connected':
        if (phase !== 'connecting' || this.state.pending.length > 0) return;
        return this.#send({ purpose: 'options', method: 'OPTIONS', url: this.state.url, fields: [] });
      case 'response':
        return this.#response(event.response);
      case 'request':
        return this.#request(event.request, event.nowMs);
      case 'timer':
        return this.#timeout(event.timer);
      case 'closed':
        if (phase === 'stopping') return this.#stopped();
        return this.#fail(closedError(this.state, event.pendingBytes));
      case 'broken':
        if (phase === 'stopping') return this.#stopped();
        // A tunnel asks for credentials before there is a request.
        if (event.error.code === 'camera_authentication' && isElsewhere(this.state))
          return this.#fail(redirectedError(this.state));
        return this.#fail(brokenError(this.state, event.error));
      case 'portsOpen':
        if (phase !== 'settingUp') return;
        this.#change({ clientPorts: event.ports });
        return this.#sendSetUp();
      case 'joined':
        return phase === 'settingUp' ? this.#setUpNext() : undefined;
      case 'play':
        if (phase !== 'described') return;
        this.#change({ phase: 'settingUp', toSetUp: event.selection });
        return this.#setUpNext();
      case 'pause':
        if (phase !== 'playing') return;
        this.#change({ phase: 'pausing' });
        return this.#control('pause', 'PAUSE');
      case 'resume':
        if (phase !== 'paused') return;
        // Without Range: go on from where it paused.
        this.#change({ phase: 'resuming' });
        return this.#control('play', 'PLAY');
      case 'stop':
        return phase === 'stopping' ? undefined : this.#stop();
    }
  }

  #timeout(timer: SessionTimer): void {
    switch (timer) {
      case 'reply':
        return this.#replyTimeout();
      case 'keepAlive':
        return this.#keepAlive();
      case 'teardown':
        return this.#stopped();
      case 'settled':
        return this.#change({ redirects: 0 });
      case 'redirect':
        return this.#leaveFor(this.state.redirectUrl!);
    }
  }

  #response(response: RtspResponse): void {
    if (response.status < 200) return;
    const request = this.#answered(response);
    if (!request) {
      // Tapo C100 and C110 answer a keep-alive with 400 and the CSeq of the request before.
      const status = `${response.status} ${printable(response.reason)}`.trim();
      return this.#warn('unasked', `The camera sent a reply to no request: ${status}.`);
    }
    this.#change({ pending: this.state.pending.filter((pending) => pending !== request) });
    if (request.purpose !== 'keepAlive') this.#timer('reply', undefined);
    if (response.status === 401) return this.#challenge(request, response);
    this.#change({ authentication: accepted(this.state.authentication) });
    const good = response.status < 300;
    if (isRedirect(response) && isFollowed(request.purpose)) return this.#redirect(request, response);
    if (response.status === 551 && request.fields.includes(replayRequired)) {
      this.#change({ plainReplay: true });
      return this.#send({ ...request, ...withoutReplay(request) });
    }
    switch (request.purpose) {
      case 'options':
        return this.#options(response);
      case 'describe':
        return good ? this.#describe(request, response) : this.#fail(statusError(request, response));
      case 'setup':
        return good ? this.#setUp(request, response) : this.#setUpRefused(request, response);
      case 'play':
        return good ? this.#playing(response) : this.#controlRefused(request, response);
      case 'pause':
        if (!good) return this.#controlRefused(request, response);
        this.#change({ phase: 'paused' });
        this.commands.push({ kind: 'paused' });
        return;
      case 'teardown':
        return this.#stopped();
      case 'keepAlive':
        return good ? undefined : this.#keepAliveRefused(request, response);
    }
  }

  /** The request that a response belongs to. Without CSeq it is the one that the dialogue waits for. */
  #answered(response: RtspResponse): PendingRequest | undefined {
    const { pending } = this.state;
    const number = sequenceNumberOf(response);
    if (number !== undefined) return pending.find(({ sequenceNumber }) => sequenceNumber === number);
    return pending.find(({ purpose }) => purpose !== 'keepAlive') ?? pending[0];
  }

  /** Answers requests of the server: it may ask whether we live, and must not hang on anything else. */
  #request(request: RtspRequest, nowMs: UnixMillis): void {
    const number = request.headers.get('CSeq');
    const headers = new Headers(number === undefined ? [] : [['CSeq', number]]);
    const [status, reason] = answerTo(request);
    if (request.method === 'OPTIONS') headers.append('Public', answeredMethods);
    this.commands.push({
      kind: 'send',
      message: { kind: 'response', status, reason, headers, body: noBody },
    });
    if (request.method === 'ANNOUNCE')
      this.#warn('announce', 'The camera announces another description; what it sends tells the same.');
    if (request.method === 'REDIRECT' && this.state.phase !== 'stopping') this.#redirectAsked(request, nowMs);
  }

  /** RFC 2326 section 10.10: at once, or when its Range begins. Without Location the session is to be begun anew. */
  #redirectAsked({ headers }: RtspRequest, nowMs: UnixMillis): void {
    const location = headers.get('Location');
    const target = location === undefined ? { url: this.state.url } : this.#redirectTarget(location);
    if ('refusal' in target) {
      const where = printable(location ?? '');
      return this.#warn(
        'redirect',
        `The camera redirects to "${where}", ${target.refusal}; it is not followed.`,
      );
    }
    const range = parseRange(headers.get('Range') ?? '');
    const aheadMs = range?.unit === 'clock' ? range.start - nowMs : 0;
    if (aheadMs <= 0) return this.#leaveFor(target.url);
    this.#change({ redirectUrl: target.url });
    this.#timer('redirect', Math.min(aheadMs, longestRedirectMs));
  }

  /** Takes leave of a server that wants to be left, without waiting for its answer. */
  #leaveFor(url: string): void {
    if (this.state.phase === 'stopping') return;
    if (this.state.session) this.#control('teardown', 'TEARDOWN');
    this.#reconnect(url);
  }

  #challenge(request: PendingRequest, response: RtspResponse): void {
    const hasCredentials = credentialsHere(this.state) !== undefined;
    const { state: authentication, outcome } = challenged(
      this.state.authentication,
      request.proof,
      response.headers.getAll('WWW-Authenticate'),
    );
    this.#change({ authentication });
    if (outcome === 'retry' && hasCredentials) return this.#send(request);
    if (request.purpose === 'teardown') return this.#stopped();
    if (request.purpose === 'keepAlive') return this.#keepAliveRefused(request, response);
    // Whoever asks for a password to say what it can may still describe without one.
    if (request.purpose === 'options' && request.proof === undefined) return this.#sendDescribe();
    if (isElsewhere(this.state)) return this.#fail(redirectedError(this.state));
    this.#fail(authenticationError(request, response, hasCredentials ? outcomeWord(outcome) : 'none'));
  }

  #options(response: RtspResponse): void {
    const methods = response.headers
      .getAll('Public')
      .join()
      .toUpperCase()
      .split(/[\s,]+/);
    if (methods.includes('GET_PARAMETER')) this.#change({ keepAliveMethod: 'GET_PARAMETER' });
    this.#sendDescribe();
  }

  #sendDescribe(): void {
    const fields = [['Accept', 'application/sdp']] as const;
    this.#change({ phase: 'describing' });
    this.#send({ purpose: 'describe', method: 'DESCRIBE', url: this.state.url, fields });
  }

  #redirect(request: PendingRequest, response: RtspResponse): void {
    const location = response.headers.get('Location') ?? '';
    const target = this.#redirectTarget(location);
    if ('url' in target) return this.#reconnect(target.url);
    const what = `the camera redirects to "${printable(location)}", ${target.refusal}`;
    this.#fail(statusError(request, response, what));
  }

  /** Where a Location leads, or why nobody goes there. */
  #redirectTarget(location: string): { url: string } | { refusal: string } {
    let url: string;
    try {
      url = splitCredentials(location).url;
    } catch {
      return { refusal: 'which is no address of a stream' };
    }
    if (this.state.url.startsWith('rtsps:') && !url.startsWith('rtsps:'))
      return { refusal: 'which is not encrypted' };
    if (this.state.redirects === maximumRedirects) return { refusal: `after ${maximumRedirects} others` };
    return { url };
  }

  /** Begins again from OPTIONS, with nothing of the session that was. */
  #reconnect(url: string): void {
    const { session, description, clientPorts, redirectUrl, ...kept } = this.state;
    this.state = {
      ...kept,
      phase: 'connecting',
      url,
      base: url,
      control: url,
      redirects: this.state.redirects + 1,
      pending: [],
      toSetUp: [],
      media: [],
      // Nonces of the old server mean nothing to the new one.
      authentication: startAuthentication(this.state.authentication.cnonce),
    };
    this.commands.push({ kind: 'reconnect', url });
  }

  #describe(request: PendingRequest, response: RtspResponse): void {
    let description: ReturnType<typeof parseSessionDescription>;
    try {
      description = parseSessionDescription(Buffer.from(response.body).toString('utf8'));
    } catch (error) {
      const { code, message } = toNightjarError(error);
      return this.#fail(failure(code, request, [message.replace(/\.$/, '')]));
    }
    if (!description.media.some(({ kind, formats }) => kind === 'video' && formats.length > 0)) {
      const kinds = description.media.map(({ kind }) => kind).join(', ') || 'nothing';
      return this.#fail(failure('sdp_no_video', request, [`no usable video is described, only: ${kinds}`]));
    }
    const base = controlBase(request.url, response.headers, description.control);
    const control = joinControl(base, description.control);
    this.#change({ phase: 'described', description, base, control });
    this.commands.push({ kind: 'described', description });
  }

  #setUpNext(): void {
    if (this.state.toSetUp.length > 0) {
      if (this.state.settings.carrier !== 'udp') return this.#sendSetUp();
      this.commands.push({ kind: 'openPorts' });
      return;
    }
    this.#change({ phase: 'starting' });
    this.#control('play', 'PLAY', playFields(this.state));
  }

  #sendSetUp(): void {
    const [next] = this.state.toSetUp;
    const url = joinControl(this.state.base, this.state.description?.media[next!.mediaIndex]?.control);
    const transport = formatTransport(askedTransport(this.state));
    const fields = [
      ['Transport', transport] as const,
      ...(asksForReplay(this.state) ? [replayRequired] : []),
    ];
    this.#send({ purpose: 'setup', method: 'SETUP', url, fields });
  }

  #setUp(request: PendingRequest, response: RtspResponse): void {
    const [selection, ...toSetUp] = this.state.toSetUp as [MediaSelection, ...MediaSelection[]];
    const description = this.state.description!.media[selection.mediaIndex]!;
    const answer = response.headers.getAll('Transport').join(',');
    const agreed = agreedTransport(this.state, description, answer);
    if ('refusal' in agreed) {
      const error = failure('camera_transport_unsupported', request, [agreed.refusal]);
      return this.#mayLeaveOut(selection, toSetUp) ? this.#leaveOut(error, toSetUp) : this.#fail(error);
    }
    const media: SetupMedia = {
      index: selection.mediaIndex,
      description,
      format: selection.format,
      controlUrl: request.url,
      ...agreed,
    };
    this.#change({ toSetUp, media: [...this.state.media, media] });
    this.#learnSession(response);
    this.commands.push({ kind: 'setUp', media });
    if (media.transport.kind !== 'multicast') this.#setUpNext();
  }

  #setUpRefused(request: PendingRequest, response: RtspResponse): void {
    const [selection, ...toSetUp] = this.state.toSetUp as [MediaSelection, ...MediaSelection[]];
    const error = statusError(request, response);
    if (this.#mayLeaveOut(selection, toSetUp)) this.#leaveOut(error, toSetUp);
    else this.#fail(error);
  }

  /** A medium besides the video must never cost the video. */
  #mayLeaveOut({ mediaIndex }: MediaSelection, toSetUp: readonly MediaSelection[]): boolean {
    const { kind } = this.state.description!.media[mediaIndex]!;
    return kind !== 'video' && this.state.media.length + toSetUp.length > 0;
  }

  #leaveOut(error: NightjarError, toSetUp: readonly MediaSelection[]): void {
    const { mediaIndex } = this.state.toSetUp[0]!;
    const { kind } = this.state.description!.media[mediaIndex]!;
    this.#warn(`setup ${kind}`, `The ${kind} is left out: ${error.message}`);
    this.#change({ toSetUp });
    this.#setUpNext();
  }

  #playing(response: RtspResponse): void {
    this.#learnSession(response);
    if (this.state.phase === 'starting' && this.state.redirects > 0) this.#timer('settled', settledMs);
    this.#change({ phase: 'playing' });
    const information = new Map<number, RtpInfo>();
    for (const entry of parseRtpInfo(response.headers.getAll('RTP-Info').join(','))) {
      const url = joinControl(this.state.base, entry.url);
      const media = this.state.media.find(({ controlUrl }) => controlUrl === url);
      if (media && entry.url !== '') information.set(media.index, entry);
    }
    this.commands.push({ kind: 'playing', information, answer: playbackAnswer(response) });
    this.#timer('keepAlive', this.#keepAliveMs());
  }

  /** The newest id counts, and the smallest time. */
  #learnSession(response: RtspResponse): void {
    const session = parseSession(response.headers.get('Session') ?? '');
    if (!session) return;
    const known = this.state.session?.timeoutSeconds ?? session.timeoutSeconds;
    this.#change({ session: { id: session.id, timeoutSeconds: Math.min(known, session.timeoutSeconds) } });
  }

  #controlRefused(request: PendingRequest, response: RtspResponse): void {
    const why = response.status === 457 ? 'there is no footage of that range' : undefined;
    const error = statusError(request, response, why);
    if (this.state.phase === 'starting') return this.#fail(error);
    this.#change({ phase: this.state.phase === 'pausing' ? 'playing' : 'paused' });
    this.commands.push({ kind: 'refused', error });
  }

  #keepAliveMs(): number {
    const timeoutSeconds = this.state.session?.timeoutSeconds ?? Number.POSITIVE_INFINITY;
    return Math.min(
      (timeoutSeconds * 1000) / 2,
      this.state.settings.longestKeepAliveMs ?? longestKeepAliveMs,
    );
  }

  #keepAlive(): void {
    // One that was never answered is forgotten: some cameras ignore them all (GW4089IP).
    this.#change({ pending: this.state.pending.filter(({ purpose }) => purpose !== 'keepAlive') });
    this.#control('keepAlive', this.state.keepAliveMethod);
    this.#timer('keepAlive', this.#keepAliveMs());
  }

  #keepAliveRefused(request: PendingRequest, response: RtspResponse): void {
    this.#warn('keepAlive', `The camera refuses to be kept awake: ${statusError(request, response).message}`);
    this.#change({ keepAliveMethod: 'OPTIONS' });
  }

  #replyTimeout(): void {
    const waiting = this.state.pending.find(({ purpose }) => purpose !== 'keepAlive');
    if (waiting) this.#fail(timeoutError(waiting, this.state.settings.replyTimeoutMs));
  }

  #stop(): void {
    if (!this.state.session && this.state.media.length === 0) return this.#stopped();
    this.#timer('keepAlive', undefined);
    this.#change({ phase: 'stopping', pending: [] });
    this.#control('teardown', 'TEARDOWN');
    this.#timer('reply', undefined);
    this.#timer('teardown', teardownTimeoutMs);
  }

  #stopped(): void {
    this.#change({ phase: 'ended', pending: [] });
    this.commands.push({ kind: 'stopped' });
  }

  #fail(error: NightjarError): void {
    this.#change({ phase: 'ended', pending: [] });
    this.commands.push({ kind: 'failed', error });
  }

  /** A request to the whole stream. */
  #control(purpose: Action['purpose'], method: string, fields: Action['fields'] = []): void {
    this.#send({ purpose, method, url: this.state.control, fields });
  }

  /** Every request says who asks, for which session, and proves it: some cameras answer 401 or go silent otherwise. */
  #send({ purpose, method, url, fields }: Action): void {
    const { settings, session, nextSequenceNumber: sequenceNumber } = this.state;
    const request = { method, uri: url };
    const {
      state: authentication,
      header,
      proof,
    } = authorize(this.state.authentication, credentialsHere(this.state), request);
    const headers = new Headers([
      ['CSeq', String(sequenceNumber)],
      ['User-Agent', settings.userAgent],
    ]);
    if (session) headers.append('Session', session.id);
    if (header !== undefined) headers.append('Authorization', header);
    for (const [name, value] of fields) headers.append(name, value);
    const pending = { purpose, method, url, fields, sequenceNumber, ...(proof !== undefined && { proof }) };
    this.#change({
      authentication,
      nextSequenceNumber: sequenceNumber + 1,
      pending: [...this.state.pending, pending],
    });
    this.commands.push({ kind: 'send', message: { kind: 'request', method, url, headers, body: noBody } });
    if (purpose !== 'keepAlive') this.#timer('reply', settings.replyTimeoutMs);
  }

  #timer(timer: SessionTimer, afterMs: number | undefined): void {
    this.commands.push({ kind: 'timer', timer, afterMs });
  }

  #warn(topic: string, message: string): void {
    if (this.state.warned.includes(topic)) return;
    this.#change({ warned: [...this.state.warned, topic] });
    this.commands.push({ kind: 'warn', message });
  }

  #change(changes: Partial<SessionState>): void {
    this.state = { ...this.state, ...changes };
  }
}

/** What a server may ask of a client, and get something else than 501. */
const answeredMethods = 'OPTIONS, GET_PARAMETER, SET_PARAMETER, ANNOUNCE, REDIRECT';

/** An empty question for a parameter asks whether we live; we have no parameters. */
function answerTo({ method, body }: RtspRequest): readonly [status: number, reason: string] {
  const parameters = method === 'GET_PARAMETER' || method === 'SET_PARAMETER';
  if (parameters && body.length > 0) return [451, 'Parameter Not Understood'];
  return answeredMethods.split(', ').includes(method) ? [200, 'OK'] : [501, 'Not Implemented'];
}

function isRedirect({ status }: RtspResponse): boolean {
  return status === 301 || status === 302 || status === 303 || status === 305 || status === 307;
}

function isFollowed(purpose: Purpose): boolean {
  return purpose === 'options' || purpose === 'describe' || purpose === 'setup' || purpose === 'play';
}

function outcomeWord(outcome: 'retry' | 'refused' | 'unsupported'): 'refused' | 'unsupported' {
  return outcome === 'unsupported' ? 'unsupported' : 'refused';
}
