import { useEffect, useRef, useState } from 'preact/hooks';
import type { CoverageAnswer } from '../../src/api/contract/coverage.ts';
import { readCoverage } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';

type Figures = ReadonlyMap<string, NonNullable<CoverageAnswer['days']>[number]>;

/** Months that are only leafed over are not asked about. */
const restMs = 100;

/**
 * How much of each day of a month is recorded, by its date: one question for each month, which is given up when another
 * one is shown first. Answers are kept while the calendar is open.
 *
 * @param fromMs and `toMs`, the instants of the month, half-open
 */
export function useMonthCoverage(
  address: { readonly cameraId: string; readonly streamId: string },
  zone: string,
  fromMs: number,
  toMs: number,
): { readonly figures: Figures | undefined; readonly problem: RequestProblem | undefined } {
  const { cameraId, streamId } = address;
  const known = useRef(new Map<string, Figures>());
  const [problem, setProblem] = useState<RequestProblem>();
  const [, setAnswered] = useState(0);
  const month = `${streamId} ${fromMs}`;
  useEffect(() => {
    setProblem(undefined);
    if (known.current.has(month)) return;
    const leaving = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const query = { stream: streamId, from: fromMs, to: toMs, zone };
        const { days = [] } = await readCoverage(cameraId, query, leaving.signal);
        known.current.set(month, new Map(days.map((day) => [day.date, day])));
        setAnswered((count) => count + 1);
      } catch (thrown) {
        if (leaving.signal.aborted) return;
        if (!(thrown instanceof RequestProblem)) throw thrown;
        setProblem(thrown);
      }
    };
    const timer = setTimeout(() => void ask(), restMs);
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [cameraId, month, toMs, zone]);
  return { figures: known.current.get(month), problem };
}
