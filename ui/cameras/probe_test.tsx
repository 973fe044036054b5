import { useEffect, useRef, useState } from 'preact/hooks';
import type { ProbeAnswer, ProbeInput } from '../../src/api/contract/probe.ts';
import { probeStream } from '../api/device_requests.ts';
import { RequestProblem } from '../api/problem.ts';
import { Notice } from '../design/notice.tsx';
import { message } from '../messages/message.ts';
import { namedFingerprint } from './camera_form.ts';
import { streamFacts } from './stream_words.ts';

type Outcome =
  | { running: true }
  | { running: false; found: ProbeAnswer }
  | { running: false; problem: RequestProblem };

/** The state of one test button: forgets its answer when what was tested changes. */
export function useProbe(target: ProbeInput) {
  const [outcome, setOutcome] = useState<Outcome | undefined>(undefined);
  const running = useRef<AbortController | undefined>(undefined);
  const key = JSON.stringify(target);

  useEffect(
    () => () => {
      running.current?.abort();
      setOutcome(undefined);
    },
    [key],
  );

  const start = async (): Promise<void> => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setOutcome({ running: true });
    try {
      const found = await probeStream(target, mine.signal);
      setOutcome({ running: false, found });
    } catch (problem) {
      if (mine.signal.aborted) return;
      if (!(problem instanceof RequestProblem)) throw problem;
      setOutcome({ running: false, problem });
    }
  };
  // What is wrong with the address itself belongs beside its field.
  const wrongUrl = outcome && 'problem' in outcome ? outcome.problem.fields.get('url') : undefined;
  return { outcome, wrongUrl, start };
}

export function TestButton({ probe, disabled }: { probe: ReturnType<typeof useProbe>; disabled: boolean }) {
  const running = probe.outcome?.running === true;
  return (
    <button type="button" class="button" disabled={disabled || running} onClick={() => void probe.start()}>
      {running && <span class="spinner" />}
      {message('test.action')}
    </button>
  );
}

/** What the test found, in words; a certificate that nobody vouches for can be trusted from there. */
export function TestOutcome({
  probe: { outcome },
  onTrust,
}: {
  probe: ReturnType<typeof useProbe>;
  onTrust?: (fingerprint: string) => void;
}) {
  if (!outcome) return null;
  if (outcome.running) return <p class="small faint">{message('test.running')}</p>;
  if ('problem' in outcome) {
    const { code, detail, advice } = outcome.problem;
    const fingerprint = code === 'camera_certificate_unknown' ? namedFingerprint(detail) : undefined;
    return (
      <>
        <Notice kind="alarm" advice={advice}>
          {detail}
        </Notice>
        {fingerprint !== undefined && onTrust && (
          <button type="button" class="button" onClick={() => onTrust(fingerprint)}>
            {message('test.trust')}
          </button>
        )}
      </>
    );
  }
  const { found } = outcome;
  return (
    <>
      <Notice kind="done">{message('test.works', { facts: factsOf(found).join(', ') })}</Notice>
      {cautionsOf(found).map((text) => (
        <Notice key={text} kind="caution">
          {text}
        </Notice>
      ))}
    </>
  );
}

function factsOf({ video, audio }: ProbeAnswer): string[] {
  return streamFacts({
    ...video,
    codecs: [video.codecString, ...(audio ? [audio.codecString] : [])],
    bitsPerSecond: video.bitsPerSecond + (audio?.bitsPerSecond ?? 0),
  });
}

/** What the server advises, but for what could merely be better, and what is not recorded. */
function cautionsOf({ advice, notes }: ProbeAnswer): string[] {
  return [...advice.filter(({ level }) => level !== 'hint').map(({ text }) => text), ...notes];
}
