import { signal } from '@preact/signals';
import type { AlarmAnswer } from '../../src/api/contract/status.ts';
import { listAlarms } from './client.ts';
import { RequestProblem } from './problem.ts';
import { onUpdate } from './updates.ts';

/** What needs a person, the gravest first; undefined until the server answered for the first time. */
export const alarms = signal<readonly AlarmAnswer[] | undefined>(undefined);

/** Keeps the list true from now on. */
export function followAlarms(): void {
  onUpdate('hello', () => void fetchAlarms());
  onUpdate('alarms', (all) => {
    alarms.value = all.alarms;
  });
}

async function fetchAlarms(): Promise<void> {
  try {
    alarms.value = await listAlarms();
  } catch (problem) {
    // The next connection asks again, and until then the word that there is none is shown.
    if (!(problem instanceof RequestProblem)) throw problem;
  }
}
