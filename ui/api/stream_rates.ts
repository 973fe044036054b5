import { type Signal, signal } from '@preact/signals';
import type { StreamAnswer } from '../../src/api/contract/camera.ts';
import { onUpdate } from './updates.ts';

type Rates = Pick<StreamAnswer, 'bitsPerSecond' | 'framesPerSecond'>;

/** The newest rates by stream. They change every few seconds, and draw anew what shows them alone. */
const rates = new Map<string, Signal<Rates | undefined>>();

function ratesOf(streamId: string): Signal<Rates | undefined> {
  const known = rates.get(streamId) ?? signal(undefined);
  rates.set(streamId, known);
  return known;
}

/** The stream with the rates that came with its footage last. */
export function withRates(stream: StreamAnswer): StreamAnswer {
  if (stream.state !== 'recording') return stream;
  const { value } = ratesOf(stream.id);
  return value ? { ...stream, ...value } : stream;
}

/** Keeps the rates true from now on. */
export function followRates(): void {
  // What was pushed before may be of long ago; the list of cameras is asked for anew.
  onUpdate('hello', () => {
    for (const each of rates.values()) each.value = undefined;
  });
  onUpdate('footage', ({ streamId, bitsPerSecond, framesPerSecond }) => {
    // The first footage after a break comes before its rate.
    if (bitsPerSecond > 0) ratesOf(streamId).value = { bitsPerSecond, framesPerSecond };
  });
}
