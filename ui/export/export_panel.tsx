import { useEffect, useState } from 'preact/hooks';
import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';
import { readTimeline } from '../api/client.ts';
import { problemOf, RequestProblem } from '../api/problem.ts';
import { Icon } from '../design/icon.tsx';
import { bytes, duration } from '../messages/format.ts';
import { byLocale, message } from '../messages/message.ts';
import { causeWords, gapLength } from '../timeline/gap_words.ts';
import { counterWords, instantWords } from '../timeline/time_words.ts';
import type { TimelineModel } from '../timeline/timeline_model.ts';
import { type ClipContent, type ClipRequest, clipAddress, clipContent, maxClipMs } from './clip.ts';
import { ProtectTime } from './protect_time.tsx';
import './export.css';

/** Marks that are being dragged are asked about when they rest. */
const restMs = 250;
const maxGapsShown = 8;

interface Measured {
  readonly content: ClipContent;
  readonly sizeBytes: number;
}

/** Marks, and what the clip between them will be, before it is made. */
export function ExportPanel({
  model,
  camera,
  stream,
}: {
  model: TimelineModel;
  camera: CameraAnswer;
  stream: StreamAnswer;
}) {
  const { inMs, outMs } = model.marks.value;
  const [gaps, setGaps] = useState<'close' | 'keep'>('close');
  const ready = inMs !== undefined && outMs !== undefined && outMs > inMs;
  const clip = ready
    ? { cameraId: camera.id, streamId: stream.id, fromMs: inMs, toMs: outMs, gaps }
    : undefined;
  return (
    <div class="export" data-testid="export">
      <p class="small dim">{message('clip.hint')}</p>
      <dl class="export-marks">
        <Mark model={model} which="inMs" label={message('clip.in')} keyName="I" />
        <Mark model={model} which="outMs" label={message('clip.out')} keyName="O" />
      </dl>
      {clip && <Clip clip={clip} model={model} onGaps={setGaps} />}
      {clip && <ProtectTime camera={camera} fromMs={clip.fromMs} toMs={clip.toMs} />}
      {(inMs !== undefined || outMs !== undefined) && (
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            model.marks.value = { inMs: undefined, outMs: undefined };
          }}
        >
          {message('clip.clear')}
        </button>
      )}
    </div>
  );
}

function Mark({
  model,
  which,
  label,
  keyName,
}: {
  model: TimelineModel;
  which: 'inMs' | 'outMs';
  label: string;
  keyName: string;
}) {
  const ms = model.marks.value[which];
  return (
    <div>
      <dt>{label}</dt>
      <dd data-testid={which === 'inMs' ? 'mark-in' : 'mark-out'} data-ms={ms}>
        {ms === undefined ? (
          <span class="faint">{message('clip.unset')}</span>
        ) : (
          instantWords(model.zone, ms, model.playheadMs.peek())
        )}
      </dd>
      <dd class="act">
        <button type="button" class="button" onClick={() => model.setMark(which, model.playheadMs.peek())}>
          {message('clip.set')} <kbd>{keyName}</kbd>
        </button>
      </dd>
    </div>
  );
}

function Clip(props: { clip: ClipRequest; model: TimelineModel; onGaps: (gaps: 'close' | 'keep') => void }) {
  const { clip, model, onGaps } = props;
  const { fromMs, toMs } = clip;
  const lengthMs = toMs - fromMs;
  const tooLong = lengthMs > maxClipMs;
  const measured = useMeasured(clip, tooLong, model.footage.version.value > 0);
  if (tooLong) return <p class="export-problem">{message('clip.tooLong')}</p>;
  if (measured instanceof RequestProblem) {
    const none = measured.code === 'no_footage';
    return (
      <p class="export-problem" role="alert" data-testid="export-problem">
        {none
          ? `${message('clip.none')} ${message('clip.none.advice')}`
          : `${measured.detail} ${measured.advice}`}
      </p>
    );
  }
  const content = measured?.content;
  const waiting = <span class="faint">{message('clip.measuring')}</span>;
  const playsMs = content && clip.gaps === 'close' ? content.coveredMs : lengthMs;
  return (
    <>
      <dl class="export-facts">
        <Fact label={message('clip.length')}>{counterWords(lengthMs)}</Fact>
        <Fact label={message('clip.covered')}>
          {content
            ? message('clip.covered.part', {
                length: duration(Math.round(content.coveredMs / 1000) * 1000),
                percent: percent(content.coveredMs / lengthMs),
              })
            : waiting}
        </Fact>
        {content !== undefined && content.damagedMs > 0 && (
          <Fact label={message('clip.damaged')}>
            {message('clip.damaged.part', { length: gapLength(content.damagedMs) })}
          </Fact>
        )}
        <Fact label={message('clip.size')}>
          <span data-testid="export-size" data-bytes={measured?.sizeBytes}>
            {measured ? bytes(measured.sizeBytes) : waiting}
          </span>
        </Fact>
        <Fact label={message('clip.gaps')}>
          {content ? <Gaps content={content} model={model} besideMs={fromMs} /> : waiting}
        </Fact>
      </dl>
      {content !== undefined && content.gaps.length > 0 && (
        <>
          <div class="segments">
            {(['close', 'keep'] as const).map((each) => (
              <button key={each} type="button" aria-pressed={clip.gaps === each} onClick={() => onGaps(each)}>
                {message(`clip.${each}`)}
              </button>
            ))}
          </div>
          <p class="small dim">{message('clip.close.hint', { length: duration(playsMs) })}</p>
        </>
      )}
      <a
        class="button accent"
        href={clipAddress(clip)}
        // The server names the file.
        download
        data-testid="export-download"
        aria-disabled={measured === undefined}
      >
        <Icon name="download" />
        {measured
          ? message('clip.download.size', { size: bytes(measured.sizeBytes) })
          : message('clip.download')}
      </a>
    </>
  );
}

function Gaps({
  content,
  model,
  besideMs,
}: {
  content: ClipContent;
  model: TimelineModel;
  besideMs: number;
}) {
  const { gaps } = content;
  if (gaps.length === 0) return <>{message('clip.gaps.none')}</>;
  return (
    <ul class="export-gaps">
      {gaps.slice(0, maxGapsShown).map((gap) => (
        <li key={gap.startMs}>
          {message('clip.gap', {
            from: instantWords(model.zone, gap.startMs, besideMs),
            length: gapLength(gap.endMs - gap.startMs),
            cause: causeWords(gap.cause),
          })}
        </li>
      ))}
      {gaps.length > maxGapsShown && (
        <li>{message('clip.gaps.more', { count: gaps.length - maxGapsShown })}</li>
      )}
    </ul>
  );
}

function Fact({ label, children }: { label: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** What the server says of the clip; `undefined` while it is asked. */
function useMeasured(
  clip: ClipRequest,
  skip: boolean,
  known: boolean,
): Measured | RequestProblem | undefined {
  const address = clipAddress(clip);
  const [result, setResult] = useState<{ address: string; value: Measured | RequestProblem }>();
  // The address names all that the question depends on.
  useEffect(() => {
    if (skip || !known) return;
    const gone = new AbortController();
    const timer = setTimeout(() => {
      measure(clip, address, gone.signal)
        .catch((thrown: unknown) => thrown)
        .then((value) => {
          if (gone.signal.aborted) return;
          if (value instanceof RequestProblem || isMeasured(value)) setResult({ address, value });
        });
    }, restMs);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [address, skip, known]);
  return result?.address === address ? result.value : undefined;
}

function isMeasured(value: unknown): value is Measured {
  return typeof value === 'object' && value !== null && 'sizeBytes' in value;
}

async function measure(clip: ClipRequest, address: string, signal: AbortSignal): Promise<Measured> {
  const { cameraId, streamId, fromMs, toMs } = clip;
  const [head, timeline] = await Promise.all([
    fetch(address, { method: 'HEAD', signal }),
    readTimeline(cameraId, { stream: streamId, from: Math.round(fromMs), to: Math.round(toMs) }, signal),
  ]);
  if (!head.ok) {
    // An answer to HEAD has no words; the same question by GET has.
    const response = await fetch(address, { signal });
    const problem: unknown = await response.json().catch(() => undefined);
    throw problemOf(head.status, problem);
  }
  return {
    sizeBytes: Number(head.headers.get('content-length')),
    content: clipContent(timeline, fromMs, toMs),
  };
}

const oneDecimal = byLocale((locale) => new Intl.NumberFormat(locale, { minimumFractionDigits: 1 }));

function percent(part: number): string {
  // Never rounded up to a hundred: that would hide a gap.
  return part >= 1 ? '100' : oneDecimal().format(Math.floor(part * 1000) / 10);
}
