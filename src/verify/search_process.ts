import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { FileFinding } from '../index/losses.ts';
import type { FromSearch, SearchOrder, SearchResult } from './search_job.ts';

const entry = fileURLToPath(new URL('./search_worker.ts', import.meta.url));
/** Of its heap: it keeps a page of rows. */
const heapMegabytes = 256;

export interface SearchProcessOptions {
  readonly order: SearchOrder;
  readonly clock: Clock;
  /** It is ended after this. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** What was found in a root; the search goes on when it has been taken. */
  readonly onFindings: (rootId: string, findings: readonly FileFinding[]) => Promise<void>;
}

/**
 * Looks for lost files in a process of its own, which is gone when this settles, unless it hangs in the disk.
 *
 * @throws NightjarError `stopping` when the signal is aborted, `internal` when it took too long, or ended by itself
 */
export async function searchInProcess(options: SearchProcessOptions): Promise<SearchResult> {
  const { order, clock, limitMs, signal, onFindings } = options;
  if (signal.aborted) throw stopping();
  // Neither flags nor environment of the server: it needs none, and there may be secrets in them.
  const child = fork(entry, [], {
    env: {},
    execArgv: [`--max-old-space-size=${heapMegabytes}`],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<SearchResult>();
  const onAbort = () => reject(stopping());
  signal.addEventListener('abort', onAbort, { once: true });
  const limit = clock.after(limitMs, () =>
    reject(new NightjarError('internal', `The look at the recorded files took longer than ${limitMs} ms.`)),
  );
  child.on('error', reject);
  child.on('exit', (code, by) =>
    reject(new NightjarError('internal', `The look at the recorded files ended early: ${by ?? code}.`)),
  );
  child.on('message', (message: FromSearch) => {
    if (message.kind === 'done') return resolve(message.result);
    if (message.kind === 'failed') return reject(new NightjarError('internal', message.reason));
    onFindings(message.rootId, message.findings).then(() => tell(child, 'taken'), reject);
  });
  tell(child, order);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    limit.cancel();
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    child.unref();
    if (child.connected) child.disconnect();
  }
}

/** A process that ended meanwhile is told of by its exit. */
function tell(child: ChildProcess, message: SearchOrder | 'taken'): void {
  if (child.connected) child.send(message, () => {});
}

function stopping(): NightjarError {
  return new NightjarError('stopping', 'The server is stopping.');
}
