import { useEffect, useState } from 'preact/hooks';
import { serverNowMs } from '../api/updates.ts';
import { clockTime, day, zone } from '../messages/format.ts';
import './server_clock.css';

/** The present time by the server's clock, large, as footage is placed by it. */
export function ServerClock() {
  const [nowMs, setNowMs] = useState(serverNowMs);
  useEffect(() => {
    // Anew at each full second, so that it never skips one.
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      const now = serverNowMs();
      setNowMs(now);
      timer = setTimeout(tick, 1000 - (now % 1000) + 5);
    };
    tick();
    return () => clearTimeout(timer);
  }, []);
  return (
    <p class="server-clock">
      <time dateTime={new Date(nowMs).toISOString()}>
        {day(nowMs)}&ensp;{clockTime(nowMs)}
      </time>
      <span class="faint small">{zone(nowMs)}</span>
    </p>
  );
}
