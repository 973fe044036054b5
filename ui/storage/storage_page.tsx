import { useEffect, useState } from 'preact/hooks';
import type { StatusAnswer } from '../../src/api/contract.ts';
import { readStatus } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';
import { onUpdate } from '../api/updates.ts';
import { StateMark } from '../cameras/state_mark.tsx';
import { camerasSummary, concernOf, gravest } from '../cameras/stream_words.ts';
import { Notice } from '../design/notice.tsx';
import { bitRate, bytes, duration } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { Link } from '../navigation.tsx';
import { cameraPath } from '../route.ts';
import { perDayBytes, recordedRate, roomLastsMs, sharesOf } from './outlook.ts';
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
function Health({ status: { healthy, problems, cameras, nowMs } }: { status: StatusAnswer }) {
  const concerns = cameras.map((camera) => gravest(camera, nowMs)?.concern);
  const concern = healthy ? (grave.find((each) => concerns.includes(each)) ?? 'fine') : 'alarm';
  const words = () => {
    if (!healthy) return message('storage.problems', { count: problems.length });
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
  return (
    <>
      {status.problems.map((text) => (
        <Notice key={text} kind="alarm">
          {text}
        </Notice>
      ))}
      <Disk status={status} />
      <Streams status={status} />
      <Server status={status} />
    </>
  );
}

function Disk({ status: { storage, cameras } }: { status: StatusAnswer }) {
  const shares = sharesOf(storage);
  const rate = recordedRate(cameras);
  const lastsMs = shares && roomLastsMs(shares.room, rate);
  const percent = (share: number) => (shares ? `${(share / shares.total) * 100}%` : '0');
  return (
    <section>
      {!storage.usable && (
        <Notice kind="alarm" advice={message('storage.unusable.advice')}>
          {storage.reason ?? message('storage.unusable')}
        </Notice>
      )}
      {shares && (
        <>
          <p class="disk-free">
            <b>{message('storage.free', { free: bytes(shares.kept + shares.room) })}</b>{' '}
            <span class="faint">{message('storage.of', { total: bytes(shares.total) })}</span>
          </p>
          <div
            class="disk-bar"
            role="img"
            aria-label={message('storage.bar', { used: bytes(shares.used), total: bytes(shares.total) })}
          >
            <div class="used" style={{ width: percent(shares.used) }} />
            <div class="room" style={{ width: percent(shares.room) }} />
            {shares.kept > 0 && <div class="kept" style={{ width: percent(shares.kept) }} />}
          </div>
          <dl class="disk-legend">
            <div class="used">
              <dt>{message('storage.used')}</dt>
              <dd>{bytes(shares.used)}</dd>
            </div>
            <div class="room">
              <dt>{message('storage.rest')}</dt>
              <dd>{bytes(shares.room)}</dd>
            </div>
            {storage.minFreeBytes > 0 && (
              <div class="kept">
                <dt>{message('storage.kept-free')}</dt>
                <dd>{bytes(storage.minFreeBytes)}</dd>
              </div>
            )}
          </dl>
          <p class="dim">
            {shares.room === 0
              ? message('storage.full', { minimum: bytes(storage.minFreeBytes) })
              : lastsMs === undefined
                ? message('storage.idle')
                : message('storage.lasts', { duration: duration(lastsMs), rate: bitRate(rate) })}
          </p>
        </>
      )}
      <p class="small faint">
        {message('storage.folder')} <code>{storage.folder}</code>
      </p>
    </section>
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
