import type { UpdateEvents } from '../contract/update.ts';

/** An event as server-sent events have it: https://html.spec.whatwg.org/multipage/server-sent-events.html. */
export function eventText<Name extends keyof UpdateEvents>(name: Name, data: UpdateEvents[Name]): string {
  // JSON has no line breaks outside of strings and escapes those within, so that one data line is enough.
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Says only that the connection is alive; programs do not see it. */
export const keepAliveText = ': alive\n\n';

/** @param delayMs after which a client that lost its connection tries again */
export function retryText(delayMs: number): string {
  return `retry: ${delayMs}\n\n`;
}
