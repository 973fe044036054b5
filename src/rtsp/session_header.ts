/**
 * The `Session` header (RFC 2326 section 12.37).
 *
 * Tolerated on purpose: blanks around every part, no timeout, a timeout of 0 or one that is no number.
 */
export interface Session {
  readonly id: string;
  /** Seconds after which the server forgets a silent client; 60 when it does not say. */
  readonly timeoutSeconds: number;
}

export const defaultSessionTimeoutSeconds = 60;
const maximumSessionTimeoutSeconds = 24 * 60 * 60;

/** undefined when the header names no session. */
export function parseSession(value: string): Session | undefined {
  const [id, ...parameters] = value.split(';').map((part) => part.trim());
  if (!id) return undefined;
  for (const parameter of parameters) {
    const seconds = Number(/^timeout\s*=\s*"?(\d{1,10})/i.exec(parameter)?.[1] ?? 0);
    if (seconds > 0) return { id, timeoutSeconds: Math.min(seconds, maximumSessionTimeoutSeconds) };
  }
  return { id, timeoutSeconds: defaultSessionTimeoutSeconds };
}

/** The header of a server's reply. */
export function formatSession(session: Session): string {
  return `${session.id};timeout=${session.timeoutSeconds}`;
}
