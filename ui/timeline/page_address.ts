/** Keeps the address true to what is shown, and goes where another address leads. */
import { useEffect, useRef } from 'preact/hooks';
import { serverNowMs } from '../api/updates.ts';
import { navigate, query } from '../navigation.tsx';
import type { PlayerSession } from '../player/player_session.ts';
import { formatPageLocation, readPageLocation } from './page_location.ts';
import type { TimelineModel } from './timeline_model.ts';

/** Browsers allow few changes of the address: Safari 100 in 30 s. */
const writeEveryMs = 500;
/** What changes all the time is written every so many turns. */
const lateTicks = 5;
/** So near to now, while playing, the address names no instant: opened again it shows the present of then. */
const presentMs = 15_000;

export function useAddress(
  model: TimelineModel,
  session: PlayerSession | undefined,
  place: {
    camera: string;
    beside: readonly string[];
    stream: string;
    following: boolean;
    onArrive: (ms: number) => void;
  },
): void {
  const written = useRef(presentPath());
  const { camera, beside, stream, onArrive } = place;
  const others = beside.join(',');

  useEffect(() => {
    if (!session) return;
    let seen = '';
    let late = 0;
    const timer = setInterval(() => {
      const atMs = model.playheadMs.peek();
      const present = session.state.peek().playing && serverNowMs() - atMs < presentMs;
      const { spanMs } = model.view.peek();
      const path = formatPageLocation({ camera, beside, stream, atMs: present ? undefined : atMs, spanMs });
      // Somebody went elsewhere and is about to be followed.
      // While everything moves, the address may come after.
      const isMoving = path !== seen && ++late < lateTicks;
      seen = path;
      if (isMoving || path === written.current || presentPath() !== written.current) return;
      late = 0;
      written.current = path;
      navigate(path, { replace: true });
    }, writeEveryMs);
    return () => clearInterval(timer);
  }, [model, session, camera, others, stream]);

  // Back, forward, or a link on the same page.
  const asked = readPageLocation(query.value);
  const path = formatPageLocation(asked);
  useEffect(() => {
    if (!session || path === written.current || asked.camera !== camera) return;
    const isElsewhere = placeIn(path) !== placeIn(written.current);
    written.current = path;
    if (!isElsewhere) return;
    if (asked.spanMs !== undefined) model.look({ ...model.view.peek(), spanMs: asked.spanMs });
    if (asked.atMs !== undefined) onArrive(asked.atMs);
  }, [path]);
}

/** An address without the cameras beside the one that leads: others beside it are no other place. */
const placeIn = (path: string) => {
  const query = new URLSearchParams(path.slice(path.indexOf('?')));
  return formatPageLocation({ ...readPageLocation(query), beside: [] });
};

/** The present address in the form in which it is written. */
const presentPath = () => formatPageLocation(readPageLocation(query.peek()));
