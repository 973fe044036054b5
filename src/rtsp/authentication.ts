/**
 * Which challenge of a camera is answered, and when its refusal is final. Pure: no randomness, no input or output.
 *
 * SHA-256 comes before MD5 before Basic. A new nonce may be asked for at any request. SHA-256 that is refused while MD5
 * is offered as well is given up for the session, since some cameras (newer Hikvision) offer it and get it wrong.
 */
import {
  basicAuthorization,
  type Challenge,
  type Credentials,
  digestAuthorization,
  parseChallenges,
} from './digest.ts';

export interface Authentication {
  /** The challenge that requests are answered with from now on; undefined while none was made. */
  readonly challenge?: Challenge;
  /** Requests that used the challenge's nonce. */
  readonly nonceCount: number;
  /** The client's nonce, random, chosen once for the session. */
  readonly cnonce: string;
  /** What was refused since a request was last accepted. */
  readonly refusals: readonly Refusal[];
  /** SHA-256 was refused where MD5 may be right. */
  readonly distrustSha256: boolean;
}

interface Refusal {
  readonly proof: string;
  readonly stale: boolean;
}

/** In a row, without the server calling the nonce stale: then name or password are wrong. */
const maximumPlainRefusals = 2;
/** In a row, stale ones included: a camera that calls every nonce stale must not be asked for ever. */
const maximumRefusals = 5;

export function startAuthentication(cnonce: string): Authentication {
  return { nonceCount: 0, cnonce, refusals: [], distrustSha256: false };
}

/**
 * The `Authorization` for the next request, and what tells this use of a challenge from others when it is refused;
 * both undefined while no challenge was made.
 */
export function authorize(
  state: Authentication,
  credentials: Credentials | undefined,
  request: { method: string; uri: string },
): { state: Authentication; header?: string; proof?: string } {
  const { challenge } = state;
  if (!challenge || !credentials) return { state };
  const proof = proofOf(challenge);
  if (challenge.scheme === 'basic') return { state, header: basicAuthorization(credentials), proof };
  const nonceCount = state.nonceCount + 1;
  const header = digestAuthorization(challenge, credentials, {
    ...request,
    nonceCount,
    cnonce: state.cnonce,
  });
  return { state: { ...state, nonceCount }, header, proof };
}

/** A request was answered with anything but 401. */
export function accepted(state: Authentication): Authentication {
  return state.refusals.length === 0 ? state : { ...state, refusals: [] };
}

/** `retry`: send the request again; `refused`: name or password are wrong; `unsupported`: no known challenge. */
export type ChallengeOutcome = 'retry' | 'refused' | 'unsupported';

/**
 * A request was answered with 401.
 *
 * @param proof what {@link authorize} gave for it; undefined when it went without `Authorization`
 * @param values all values of WWW-Authenticate in the answer
 */
export function challenged(
  state: Authentication,
  proof: string | undefined,
  values: readonly string[],
): { state: Authentication; outcome: ChallengeOutcome } {
  const offered = parseChallenges(values);
  if (proof === undefined) return adopt(state, offered);
  if (state.challenge && proof !== proofOf(state.challenge)) {
    // Two requests were under way with the same old nonce, and the other one's answer brought the new one.
    return { state, outcome: 'retry' };
  }
  const stale = offered.some((challenge) => challenge.scheme === 'digest' && challenge.stale);
  const refusals = [...state.refusals, { proof, stale }];
  const current = state.challenge;
  if (!stale && current?.scheme === 'digest' && current.hash === 'sha256') {
    const fallback = offered.filter((challenge) => challenge.scheme === 'digest' && challenge.hash === 'md5');
    if (fallback.length > 0) return adopt({ ...state, refusals: [], distrustSha256: true }, fallback);
  }
  const twice = refusals.filter((refusal) => refusal.proof === proof).length >= 2;
  const plain = refusals.filter((refusal) => !refusal.stale).length;
  const refused = twice || plain >= maximumPlainRefusals || refusals.length >= maximumRefusals;
  const next = adopt({ ...state, refusals }, offered);
  const sameBasic = current?.scheme === 'basic' && next.state.challenge?.scheme === 'basic';
  return refused || sameBasic || next.outcome !== 'retry' ? { state: next.state, outcome: 'refused' } : next;
}

function adopt(
  state: Authentication,
  offered: readonly Challenge[],
): { state: Authentication; outcome: ChallengeOutcome } {
  const strength = (challenge: Challenge) => {
    if (challenge.scheme === 'basic') return 1;
    return challenge.hash === 'sha256' ? (state.distrustSha256 ? 0 : 3) : 2;
  };
  const [challenge] = [...offered].sort((a, b) => strength(b) - strength(a));
  if (!challenge) return { state, outcome: 'unsupported' };
  const sameNonce = state.challenge !== undefined && proofOf(challenge) === proofOf(state.challenge);
  return { state: { ...state, challenge, nonceCount: sameNonce ? state.nonceCount : 0 }, outcome: 'retry' };
}

function proofOf(challenge: Challenge): string {
  return challenge.scheme === 'basic' ? 'basic' : `${challenge.hash} ${challenge.nonce}`;
}
