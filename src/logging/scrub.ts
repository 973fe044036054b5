/** What stands in the place of a secret. */
export const scrubbed = '***';

const userInfo = /([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/"'<>\\]*@/gi;
const authorization =
  /(authorization(?:\\?")?\s*[:=]\s*(?:\\?")?)(?:basic|digest|bearer)\s(?:\\[^rn]|[^"\\])*/gi;
const secretMember = /("[^"\\]{0,40}(?:password|passwd|secret|token)"\s*:\s*)"(?:\\.|[^"\\])*"/gi;
const quotedSecretMember =
  /(\\"[^"\\]{0,40}(?:password|passwd|secret|token)\\"\s*:\s*)\\"(?:\\\\.|[^"\\])*\\"/gi;
const secretParameter = /((?:password|passwd|secret|token)=)[^\s"',&}\\]+/gi;

/**
 * A log line in JSON without credentials: the user and password of URLs, values of Authorization headers, and
 * values of members or parameters named password, secret or token, also inside a quoted text. The line stays
 * JSON. The last guard before it is written; callers keep secrets out by themselves.
 */
export function scrub(line: string): string {
  return line
    .replace(userInfo, `$1${scrubbed}@`)
    .replace(authorization, `$1${scrubbed}`)
    .replace(secretMember, `$1"${scrubbed}"`)
    .replace(quotedSecretMember, `$1\\"${scrubbed}\\"`)
    .replace(secretParameter, `$1${scrubbed}`);
}
