import { useEffect, useState } from 'preact/hooks';
import type { AlarmAnswer, StatusAnswer } from '../../src/api/contract/status.ts';
import { AlarmEntries } from '../alarms/alarm_list.tsx';
import { readStatus } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';
import { onUpdate } from '../api/updates.ts';
import { StateMark } from '../cameras/state_mark.tsx';
import { camerasSummary, concernOf, gravest } from '../cameras/stream_words.ts';
import { CameraCoverage } from '../coverage/camera_coverage.tsx';
import { Notice } from '../design/notice.tsx';
import { bitRate, bytes, duration } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { Link } from '../navigation.tsx';
import { cameraPath } from '../route.ts';
import { perDayBytes } from './outlook.ts';
import { Protections } from './protections.tsx';
import { RetentionDays } from './retention_days.tsx';
import { Roots } from './roots.tsx';
import './storage.css';

const refreshMs = 5_000;

/** Disk, rates, server: whether all is well, and for how long. */
export function StoragePage() {
  const { status, problem } = useStatus();
  return (
    <>
      <header class="page-head">
        <h1>{message('storage.title')}</h1>
        {status && !problem && <Health status={status} />}
      </header>
      <div class="page-body storage-page">
        {problem && (
          <Notice kind="alarm" advice={problem.advice}>
            {problem.detail}
          </Notice>
        )}
        {status ? <Status status={status} /> : <div class="skeleton storage-skeleton" />}
      </div>
    </>
  );
}

/** The status, anew every few seconds and whenever the storage changes. */
function useStatus() {
  const [status, setStatus] = useState<StatusAnswer | undefined>(undefined);
  const [problem, setProblem] = useState<RequestProblem | undefined>(undefined);
  useEffect(() => {
    const leaving = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        setStatus(await readStatus(leaving.signal));
        setProblem(undefined);
      } catch (thrown) {
        if (leaving.signal.aborted) return;
        if (!(thrown instanceof RequestProblem)) throw thrown;
        setProblem(thrown);
      }
    };
    void ask();
    const timer = setInterval(() => document.hidden || void ask(), refreshMs);
    const ends = [onUpdate('storage', () => void ask()), onUpdate('hello', () => void ask())];
    return () => {
      leaving.abort();
      clearInterval(timer);
      for (const end of ends) end();
    };
  }, []);
  return { status, problem };
}

/** The server's own problems first; then what keeps cameras from being recorded. */
function Health({ status }: { status: StatusAnswer }) {
  const { problems, cameras, nowMs } = status;
  const concerns = cameras.map((camera) => gravest(camera, nowMs)?.concern);
  const here = alarmsHere(status).length + problems.length;
  const concern = here === 0 ? (grave.find((each) => concerns.includes(each)) ?? 'fine') : 'alarm';
  const words = () => {
    if (here > 0) return message('storage.problems', { count: here });
    return concern === 'fine' ? message('storage.healthy') : camerasSummary(cameras, nowMs, true);
  };
  return (
    <p class="health small">
      <StateMark concern={concern} />
      {words()}
    </p>
  );
}

const grave = ['alarm', 'caution'] as const;

function Status({ status }: { status: StatusAnswer }) {
  const alarms = alarmsHere(status);
  return (
    <>
      {status.problems.map((text) => (
        <Notice key={text} kind="alarm">
          {text}
        </Notice>
      ))}
      {alarms.length > 0 && <AlarmEntries list={alarms} />}
      <Roots status={status} />
      <Verified status={status} />
      <RetentionDays />
      <Protections />
      <Streams status={status} />
      <CameraCoverage status={status} />
      <Server status={status} />
    </>
  );
}

/** Those of cameras are on their pages; what is a problem already is not said twice. */
function alarmsHere({ alarms, problems }: StatusAnswer): AlarmAnswer[] {
  const told = new Set<AlarmAnswer['kind']>(
    problems.length > 0 ? ['storage_missing', 'retention_overdue'] : [],
  );
  return alarms.filter(({ cameraId, kind }) => cameraId === undefined && !told.has(kind));
}

/** Whether the recorded files are still there. */
function Verified({ status: { verification, nowMs } }: { status: StatusAnswer }) {
  const { last, deep, files, missingFiles, damagedFiles } = verification;
  const isLooking = verification.running && !deep.underWay;
  const lost = missingFiles + damagedFiles;
  const words = [
    last
      ? message('storage.verified', { count: last.checked, ago: duration(nowMs - last.endedMs) })
      : message('storage.verified.never'),
    ...(isLooking ? [message('storage.verified.running')] : []),
    ...(deep.underWay ? [message('storage.read.running', { done: deep.underWay.checked, files })] : []),
    ...(deep.last && !deep.underWay
      ? [message('storage.read', { ago: duration(nowMs - deep.last.endedMs) })]
      : []),
    ...(lost > 0 ? [message('storage.verified.lost', { count: lost })] : []),
    ...(last && last.awayRoots.length > 0
      ? [message('storage.verified.away', { roots: last.awayRoots.join(', ') })]
      : []),
  ];
  return (
    <p class="health small">
      <StateMark concern={lost > 0 ? 'alarm' : 'fine'} />
      <span>{words.join(' ')}</span>
    </p>
  );
}

function Streams({ status: { cameras, nowMs } }: { status: StatusAnswer }) {
  if (cameras.length === 0) return null;
  return (
    <section>
      <h2>{message('storage.cameras')}</h2>
      <table class="streams">
        <thead>
          <tr>
            <th scope="col">{message('storage.column.stream')}</th>
            <th scope="col">{message('storage.column.rate')}</th>
            <th scope="col">{message('storage.column.per-day')}</th>
            <th scope="col" class="wide">
              {message('storage.column.lost')}
            </th>
            <th scope="col" class="wide" title={message('storage.bound.help')}>
              {message('storage.column.bound')}
            </th>
          </tr>
        </thead>
        <tbody>
          {cameras.flatMap((camera) =>
            camera.streams.map((stream, i) => (
              <tr key={stream.id} class={i === 0 ? 'first' : ''}>
                <th scope="row">
                  <span class="stream-name">
                    <StateMark concern={concernOf(stream, nowMs)} />
                    <Link href={cameraPath(camera.id)}>{camera.name}</Link>
                    <span class="faint">{message(`role.${stream.role}`)}</span>
                  </span>
                </th>
                <td>{orNone(stream.bitsPerSecond, bitRate)}</td>
                <td>{orNone(perDayBytes(stream.bitsPerSecond), bytes)}</td>
                <td class="wide">{stream.counters.packetsLost}</td>
                <td class="wide">
                  {orNone(stream.lossBoundMs, (ms) => message('storage.bound', { duration: duration(ms) }))}
                </td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </section>
  );
}

const orNone = (value: number, words: (value: number) => string): string =>
  value > 0 ? words(value) : message('storage.none');

function Server({ status }: { status: StatusAnswer }) {
  const { process, startedMs, nowMs, version } = status;
  const upMs = nowMs - startedMs;
  const percent = ((process.cpuSeconds * 100_000) / Math.max(1, upMs)).toFixed(0);
  return (
    <section>
      <h2>{message('storage.server')}</h2>
      <dl class="figures">
        <div>
          <dt>{message('storage.version')}</dt>
          <dd>{version}</dd>
        </div>
        <div>
          <dt>{message('storage.uptime')}</dt>
          <dd>{duration(upMs)}</dd>
        </div>
        <div>
          <dt>{message('storage.memory')}</dt>
          <dd>{bytes(process.residentBytes)}</dd>
        </div>
        <div>
          <dt>{message('storage.cpu')}</dt>
          <dd>{message('storage.cpu.share', { percent })}</dd>
        </div>
        <div title={message('storage.delay.help')}>
          <dt>{message('storage.delay')}</dt>
          <dd>{message('unit.milliseconds', { n: process.eventLoopDelayMs.toFixed(0) })}</dd>
        </div>
      </dl>
    </section>
  );
}
