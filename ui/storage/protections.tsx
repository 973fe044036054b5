import { useEffect, useState } from 'preact/hooks';
import type { ProtectionAnswer } from '../../src/api/contract/retention.ts';
import { listProtections, releaseProtection } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';
import { ReasonDialog } from '../design/reason_dialog.tsx';
import { toast } from '../design/toasts.tsx';
import { byLocale, message } from '../messages/message.ts';

const instants = byLocale(
  (locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }),
);

/** What is protected, by whom and why, and a way to release it. */
export function Protections() {
  const [protections, setProtections] = useState<ProtectionAnswer[]>();
  const [releasing, setReleasing] = useState<ProtectionAnswer>();
  useEffect(() => {
    const leaving = new AbortController();
    listProtections(leaving.signal).then(setProtections, (thrown: unknown) => {
      if (!leaving.signal.aborted && !(thrown instanceof RequestProblem)) throw thrown;
    });
    return () => leaving.abort();
  }, []);
  if (!protections) return null;
  const release = async ({ id }: ProtectionAnswer, by: string, reason: string): Promise<void> => {
    await releaseProtection(id, { by, reason });
    setProtections(protections.filter((each) => each.id !== id));
    toast('done', message('protection.released'));
  };
  return (
    <section data-testid="protections">
      <h2>{message('protection.title')}</h2>
      {protections.length === 0 && <p class="dim">{message('protection.none')}</p>}
      {protections.length > 0 && (
        <ul class="protection-list">
          {protections.map((protection) => (
            <li key={protection.id}>
              <div>
                <p>{protection.cameraName ?? message('protection.all-cameras')}</p>
                <p class="small dim">{timeWords(protection)}</p>
                <p class="small faint">
                  {message('protection.by', { by: protection.createdBy, reason: protection.reason })}
                </p>
              </div>
              <button type="button" class="button quiet" onClick={() => setReleasing(protection)}>
                {message('protection.release')}
              </button>
            </li>
          ))}
        </ul>
      )}
      {releasing && (
        <ReasonDialog
          title={message('protection.release.title')}
          text={message('protection.release.text')}
          confirm={message('protection.release')}
          onConfirm={(by, reason) => release(releasing, by, reason)}
          onClose={() => setReleasing(undefined)}
        />
      )}
    </section>
  );
}

function timeWords({ startMs, endMs }: ProtectionAnswer): string {
  const from = instants().format(startMs);
  return endMs === undefined
    ? message('protection.open', { from })
    : message('protection.time', { from, to: instants().format(endMs) });
}
