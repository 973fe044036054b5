import './coverage.css';
import type { StatusAnswer } from '../../src/api/contract/status.ts';
import { StateMark } from '../cameras/state_mark.tsx';
import { concernOf } from '../cameras/stream_words.ts';
import { message } from '../messages/message.ts';
import { Link } from '../navigation.tsx';
import { gapLength } from '../timeline/gap_words.ts';
import { formatPageLocation } from '../timeline/page_location.ts';
import { percentWords } from './coverage_words.ts';
import { useCoverage } from './use_coverage.ts';

const day = 86_400_000;
/** Instants of the windows are whole minutes, so that they are not asked for with every look at the status. */
const stepMs = 60_000;
/** Around the longest gap, when somebody looks at it. */
const leastSpanMs = 60_000;

type Camera = StatusAnswer['cameras'][number];

/** A line for each recorded stream: how much of the last day and week there is. */
export function CameraCoverage({ status: { cameras, nowMs } }: { status: StatusAnswer }) {
  const rows = cameras.flatMap((camera) =>
    camera.streams.filter(({ state }) => state !== 'paused').map((stream) => ({ camera, stream })),
  );
  if (rows.length === 0) return null;
  const toMs = Math.ceil(nowMs / stepMs) * stepMs;
  return (
    <section>
      <h2>{message('coverage.title')}</h2>
      <table class="streams camera-coverage" data-testid="camera-coverage">
        <thead>
          <tr>
            <th scope="col">{message('storage.column.stream')}</th>
            <th scope="col">{message('coverage.day')}</th>
            <th scope="col">{message('coverage.week')}</th>
            <th scope="col" class="wide">
              {message('coverage.gap')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ camera, stream }) => (
            <Row key={stream.id} {...{ camera, stream, toMs, nowMs }} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  camera: Camera;
  stream: Camera['streams'][number];
  toMs: number;
  nowMs: number;
}

function Row({ camera, stream, toMs, nowMs }: RowProps) {
  const lastDay = useCoverage(camera.id, stream.id, toMs - day, toMs);
  const lastWeek = useCoverage(camera.id, stream.id, toMs - 7 * day, toMs);
  const gap = lastWeek?.longestGap;
  const percent = (value: number | undefined) =>
    value === undefined
      ? message('coverage.none')
      : message('coverage.percent', { percent: percentWords(value) });
  return (
    <tr class={stream.role === 'main' ? 'first' : ''}>
      <th scope="row">
        <span class="stream-name">
          <StateMark concern={concernOf(stream, nowMs)} />
          {camera.name}
          <span class="faint">{message(`role.${stream.role}`)}</span>
        </span>
      </th>
      <td>{percent(lastDay?.percent)}</td>
      <td>{percent(lastWeek?.percent)}</td>
      <td class="wide">
        {gap ? (
          <Link
            href={formatPageLocation({
              camera: camera.id,
              beside: [],
              stream: stream.role,
              atMs: gap.startMs,
              spanMs: Math.max(leastSpanMs, 3 * (gap.endMs - gap.startMs)),
            })}
          >
            {gapLength(gap.endMs - gap.startMs)}
          </Link>
        ) : (
          message('coverage.none')
        )}
      </td>
    </tr>
  );
}
