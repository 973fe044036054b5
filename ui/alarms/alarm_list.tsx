import type { AlarmAnswer } from '../../src/api/contract/status.ts';
import { serverNowMs } from '../api/updates.ts';
import { StateMark } from '../cameras/state_mark.tsx';
import { duration, moment } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { Link } from '../navigation.tsx';
import { cameraPath } from '../route.ts';
import './alarms.css';

/** What needs a person: what is so, what to do, since when, and where that is. */
export function AlarmEntries({ list, onFollow }: { list: readonly AlarmAnswer[]; onFollow?: () => void }) {
  return (
    <ul class="alarm-list">
      {list.map((alarm) => (
        <li key={alarm.id} class={alarm.severity}>
          <StateMark concern={alarm.severity === 'critical' ? 'alarm' : 'caution'} />
          <div>
            <p>{alarm.text}</p>
            <p class="dim">{alarm.advice}</p>
            <p class="small faint">
              {sinceWords(alarm.sinceMs)}
              {alarm.cameraId !== undefined && (
                <>
                  {' · '}
                  <Link href={cameraPath(alarm.cameraId)} onClick={() => onFollow?.()}>
                    {message('alarms.camera')}
                  </Link>
                </>
              )}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** In whole minutes, for nobody counts the seconds of an alarm. */
function sinceWords(sinceMs: number): string {
  const nowMs = serverNowMs();
  const minutes = Math.floor((nowMs - sinceMs) / 60_000);
  const when = moment(sinceMs, nowMs);
  if (minutes < 1) return message('alarms.since', { when });
  return message('alarms.since-for', { when, length: duration(minutes * 60_000) });
}
