import { signal } from '@preact/signals';
import type { UpdateEvents } from '../../src/api/contract/update.ts';
import { apiPath } from './client.ts';
import { type LinkState, UpdateLink } from './update_link.ts';

type Kind = keyof UpdateEvents;

// All of them: an event without a listener would be lost without a word.
const kinds = Object.keys({
  hello: 0,
  camera: 0,
  camera_removed: 0,
  footage: 0,
  footage_deleted: 0,
  footage_damaged: 0,
  camera_events: 0,
  storage: 0,
  alarms: 0,
} satisfies Record<Kind, 0>) as Kind[];

const listeners = new Map<Kind, Set<(data: never) => void>>();

/** Whether the server's push arrives; 'lost' until it does again. */
export const connection = signal<LinkState>('connecting');

/** Whether the states of cameras that were pushed last are still theirs, as far as one can know. */
export const statesKnown = signal(true);

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

/** Follows the server for as long as the page lives, but not while it is hidden. */
export function connectUpdates(): void {
  const link = new UpdateLink({
    open(onFailure) {
      const source = new EventSource(apiPath('/updates'));
      for (const kind of kinds) source.addEventListener(kind, (event) => receive(kind, event.data));
      // The browser's own retries stop for good at the first answer that is no stream, such as a proxy's 502.
      source.onerror = onFailure;
      return source;
    },
    after(ms, call) {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
    onChange(state, current) {
      connection.value = state;
      statesKnown.value = current;
    },
  });

  const receive = (kind: Kind, text: string): void => {
    const data = JSON.parse(text);
    if (kind === 'hello') {
      clockOffsetMs.value = (data as UpdateEvents['hello']).nowMs - Date.now();
      link.heard();
    }
    for (const listener of listeners.get(kind) ?? []) listener(data as never);
  };

  const look = (): void => link.seen(!document.hidden);
  addEventListener('online', () => link.hasten());
  document.addEventListener('visibilitychange', look);
  link.connect();
  if (document.hidden) look();
}
