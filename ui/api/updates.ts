import { signal } from '@preact/signals';
import type { UpdateEvents } from '../../src/api/contract.ts';
import { backoffMs } from './backoff.ts';
import { apiPath } from './client.ts';

type Kind = keyof UpdateEvents;

// All of them: an event without a listener would be lost without a word.
const kinds = Object.keys({
  hello: 0,
  camera: 0,
  camera_removed: 0,
  footage: 0,
  footage_deleted: 0,
  storage: 0,
} satisfies Record<Kind, 0>) as Kind[];

const listeners = new Map<Kind, Set<(data: never) => void>>();

/** Whether the server's push arrives; 'lost' until it does again. */
export const connection = signal<'connecting' | 'open' | 'lost'>('connecting');

/** What to add to this machine's clock to get the server's. */
const clockOffsetMs = signal(0);

/** The present time by the server's clock, which all footage is placed by. */
export const serverNowMs = (): number => Date.now() + clockOffsetMs.peek();

/** Calls the listener at each such update until the function that it returns is called. */
export function onUpdate<Name extends Kind>(
  kind: Name,
  listener: (data: UpdateEvents[Name]) => void,
): () => void {
  const set = listeners.get(kind) ?? new Set();
  listeners.set(kind, set.add(listener));
  return () => set.delete(listener);
}

/** Holds the connection for as long as the page lives; reconnects by itself. */
export function connectUpdates(): void {
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource | undefined;

  const open = (): void => {
    clearTimeout(retry);
    source?.close();
    const mine = new EventSource(apiPath('/updates'));
    source = mine;
    for (const kind of kinds) mine.addEventListener(kind, (event) => receive(kind, event.data));
    mine.onerror = () => {
      // The browser's own retries stop for good at the first answer that is no stream, such as a proxy's 502.
      mine.close();
      connection.value = 'lost';
      retry = setTimeout(open, backoffMs(failures++));
    };
  };

  const receive = (kind: Kind, text: string): void => {
    const data = JSON.parse(text);
    if (kind === 'hello') {
      failures = 0;
      clockOffsetMs.value = (data as UpdateEvents['hello']).nowMs - Date.now();
      connection.value = 'open';
    }
    for (const listener of listeners.get(kind) ?? []) listener(data as never);
  };

  // A machine that wakes, or a network that comes back, need not wait for the next attempt.
  const hasten = (): void => {
    if (connection.value === 'lost' && !document.hidden) open();
  };
  addEventListener('online', hasten);
  document.addEventListener('visibilitychange', hasten);
  open();
}
