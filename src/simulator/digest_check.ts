/** Judges answers to challenges that were written by hand: RFC 2069, RFC 2617 and RFC 7616, and Basic. */
import { createHash } from 'node:crypto';

/** What is wrong with a request's `Authorization`; undefined when it is right. */
export function digestFault(options: {
  readonly authorization: string | undefined;
  /** The `WWW-Authenticate` fields that were sent last. */
  readonly challenges: readonly string[];
  readonly login: { readonly username: string; readonly password: string };
  readonly method: string;
  readonly url: string;
}): string | undefined {
  const { authorization, challenges, login, method, url } = options;
  if (authorization === undefined) return 'there is no Authorization';
  const { username, password } = login;
  if (/^basic /i.test(authorization)) {
    const expected = Buffer.from(`${username}:${password}`).toString('base64');
    return authorization.slice(6).trim() === expected ? undefined : 'name or password are wrong';
  }
  if (!/^digest /i.test(authorization)) return `"${authorization.split(' ')[0]}" is no scheme`;
  const answer = parameters(authorization);
  const challenge = challenges.map(parameters).find(({ nonce, algorithm }) => {
    return (
      nonce === answer.nonce &&
      (algorithm ?? 'MD5').toLowerCase() === (answer.algorithm ?? 'MD5').toLowerCase()
    );
  });
  if (!challenge) return `the nonce "${answer.nonce}" is not the newest`;
  for (const [name, value] of [
    ['username', username],
    ['realm', challenge.realm],
    ['uri', url],
  ] as const) {
    if (answer[name] !== value) return `${name} is "${answer[name]}" and not "${value}"`;
  }
  if (challenge.algorithm === undefined && answer.algorithm !== undefined) return 'it names an algorithm';
  if (challenge.qop === undefined && answer.qop !== undefined) return 'it has a qop that nobody offered';
  const hashName = /^sha-256/i.test(answer.algorithm ?? '') ? 'sha256' : 'md5';
  const hash = (text: string) => createHash(hashName).update(text).digest('hex');
  const secret = hash(`${username}:${challenge.realm}:${password}`);
  const what = hash(`${method}:${url}`);
  const middle =
    answer.qop === undefined ? answer.nonce : [answer.nonce, answer.nc, answer.cnonce, answer.qop].join(':');
  return answer.response === hash(`${secret}:${middle}:${what}`) ? undefined : 'the response is wrong';
}

function parameters(text: string): Record<string, string | undefined> {
  const found: Record<string, string> = {};
  for (const [, name, quoted, bare] of text.matchAll(/([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([^\s,]*))/g)) {
    found[name!.toLowerCase()] = quoted ?? bare ?? '';
  }
  return found;
}
