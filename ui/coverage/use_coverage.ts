import { useEffect, useState } from 'preact/hooks';
import type { CoverageAnswer } from '../../src/api/contract/coverage.ts';
import { readCoverage } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';

/** While a view is moved nothing is asked for. */
const restMs = 250;
/** A window that reaches into the present is asked for anew so often. */
const refreshMs = 10_000;

/**
 * How much of a window is recorded; undefined until that is known. What was known stays while the next is asked for, and
 * when the server is away.
 *
 * @param fromMs and `toMs` should not change with every pixel: each change is a question
 */
export function useCoverage(
  cameraId: string,
  streamId: string,
  fromMs: number,
  toMs: number,
): CoverageAnswer | undefined {
  const [answer, setAnswer] = useState<CoverageAnswer | undefined>(undefined);
  useEffect(() => {
    const leaving = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        setAnswer(await readCoverage(cameraId, { stream: streamId, from: fromMs, to: toMs }, leaving.signal));
      } catch (thrown) {
        if (!leaving.signal.aborted && !(thrown instanceof RequestProblem)) throw thrown;
      }
    };
    const first = setTimeout(() => void ask(), restMs);
    const again = setInterval(() => document.hidden || void ask(), refreshMs);
    return () => {
      leaving.abort();
      clearTimeout(first);
      clearInterval(again);
    };
  }, [cameraId, streamId, fromMs, toMs]);
  return answer?.streamId === streamId ? answer : undefined;
}
