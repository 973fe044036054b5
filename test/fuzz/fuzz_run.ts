import { NightjarError } from '../../src/errors/nightjar_error.ts';
import { seededRandom } from '../../src/rtp/test_support.ts';
import type { FuzzTarget } from './fuzz_target.ts';
import { mutated } from './mutation.ts';

/** What an input did that no input may do. */
export interface Finding {
  readonly target: string;
  readonly input: Uint8Array;
  readonly reason: string;
}

/** The input of a number; every seed of the campaign has others. */
export function inputOf(target: FuzzTarget, seed: number, index: number): Uint8Array {
  return mutated(target, seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)));
}

/** Runs one input: undefined when all is well, the reason as text when it is not. */
export async function tryInput(target: FuzzTarget, input: Uint8Array): Promise<string | undefined> {
  try {
    // Most targets are not asynchronous, and a turn of the event loop costs more than they do.
    const pending = target.run(input);
    if (pending) await pending;
    return undefined;
  } catch (error) {
    if (error instanceof NightjarError) return undefined;
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** Runs the inputs from one number on; ends early after `maxFindings`. */
export async function tryInputs(
  target: FuzzTarget,
  options: {
    seed: number;
    from: number;
    count: number;
    maxFindings?: number;
    onInput?: (index: number) => void;
  },
): Promise<{ tried: number; findings: Finding[]; slowestMs: number }> {
  const { seed, from, count, maxFindings = 5, onInput } = options;
  const findings: Finding[] = [];
  let slowestMs = 0;
  let tried = 0;
  for (let index = from; index < from + count && findings.length < maxFindings; index++) {
    onInput?.(index);
    const input = inputOf(target, seed, index);
    const copy = Uint8Array.from(input);
    const startMs = performance.now();
    const reason = await tryInput(target, input);
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
    tried++;
    if (reason !== undefined) findings.push({ target: target.name, input: copy, reason });
  }
  return { tried, findings, slowestMs };
}
