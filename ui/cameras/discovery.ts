import { signal } from '@preact/signals';
import type { Discovery } from '../../src/api/contract/device.ts';
import { readDiscovery, startDiscovery } from '../api/device_requests.ts';
import { RequestProblem } from '../api/problem.ts';

const pollMs = 400;

/** The search that runs or ran last; kept while the page lives, so that one search serves several cameras. */
export const discovery = signal<Discovery | undefined>(undefined);
export const discoveryProblem = signal<RequestProblem | undefined>(undefined);

let current = new AbortController();

/** Looks for cameras on every network, or at one address. A search before it is given up. */
export async function discover(address?: string): Promise<void> {
  current.abort();
  current = new AbortController();
  const mine = current.signal;
  discoveryProblem.value = undefined;
  discovery.value = undefined;
  try {
    let found = await startDiscovery(address);
    while (!mine.aborted) {
      discovery.value = found;
      if (found.state === 'done') return;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
      found = await readDiscovery(found.id, mine);
    }
  } catch (problem) {
    if (mine.aborted) return;
    if (!(problem instanceof RequestProblem)) throw problem;
    discoveryProblem.value = problem;
  }
}
