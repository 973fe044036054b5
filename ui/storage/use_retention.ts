import { useEffect, useState } from 'preact/hooks';
import type { RetentionAnswer } from '../../src/api/contract/retention.ts';
import { readRetention } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';

const refreshMs = 60_000;

/**
 * Days of footage, asked for now and then. Undefined until they are known; what is shown stays while the server cannot be asked.
 *
 * @param changed asks anew when it is another value
 */
export function useRetention(changed?: unknown): RetentionAnswer | undefined {
  const [retention, setRetention] = useState<RetentionAnswer>();
  useEffect(() => {
    const leaving = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        setRetention(await readRetention(leaving.signal));
      } catch (thrown) {
        // The page says by itself that the server does not answer.
        if (!leaving.signal.aborted && !(thrown instanceof RequestProblem)) throw thrown;
      }
    };
    void ask();
    const timer = setInterval(() => document.hidden || void ask(), refreshMs);
    return () => {
      leaving.abort();
      clearInterval(timer);
    };
  }, [changed]);
  return retention;
}
