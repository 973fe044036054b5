import { useEffect, useRef, useState } from 'preact/hooks';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { cameras, camerasProblem } from '../api/camera_store.ts';
import { serverNowMs, statesKnown } from '../api/updates.ts';
import { NoCamera } from '../cameras/no_camera.tsx';
import { camerasSummary } from '../cameras/stream_words.ts';
import { Notice } from '../design/notice.tsx';
import { ServerClock } from '../design/server_clock.tsx';
import { message } from '../messages/message.ts';
import { navigate, query } from '../navigation.tsx';
import { livePath } from '../route.ts';
import { gridLayout } from './grid_layout.ts';
import './live.css';
import { LiveTile } from './live_tile.tsx';

const gap = 6;
/** Below this width all tiles are in one column, and the page scrolls. */
const narrow = 720;

export function LivePage() {
  const list = cameras.value;
  if (list?.length === 0) return <NoCamera />;
  return (
    <>
      <header class="page-head">
        <h1 class="visually-hidden">{message('live.title')}</h1>
        <ServerClock />
        <span class="grow" />
        <span class="summary">{list && camerasSummary(list, serverNowMs(), statesKnown.value)}</span>
      </header>
      {camerasProblem.value && !list && (
        <div class="page-body">
          <Notice kind="alarm" advice={camerasProblem.value.advice}>
            {camerasProblem.value.detail}
          </Notice>
        </div>
      )}
      <Grid list={list ?? []} waiting={list === undefined} />
    </>
  );
}

function Grid({ list, waiting }: { list: readonly CameraAnswer[]; waiting: boolean }) {
  const wall = useRef<HTMLDivElement>(null);
  const [space, setSpace] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (!wall.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSpace({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(wall.current);
    return () => observer.disconnect();
  }, []);

  const asked = query.value.get('camera');
  const large = list.find(({ id }) => id === asked)?.id;

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const nth = list[Number(event.key) - 1];
      if (nth && /^[1-9]$/.test(event.key)) return navigate(livePath(nth.id));
      if (large === undefined) return;
      const at = list.findIndex(({ id }) => id === large);
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const next = step === undefined ? undefined : list[(at + step + list.length) % list.length];
      if (next) navigate(livePath(next.id), { replace: true });
      else if (event.key === 'Escape' && !document.fullscreenElement) navigate('/live');
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [list, large]);

  // One tile per camera that is expected, so that nothing moves when the list comes.
  const count = Math.max(1, list.length);
  const oneColumn = space.width > 0 && space.width < narrow;
  const { columns, tileWidth } = oneColumn
    ? { columns: 1, tileWidth: space.width }
    : gridLayout(count, space, gap);
  return (
    <div ref={wall} class={`wall ${large === undefined ? '' : 'has-large'} ${oneColumn ? 'one-column' : ''}`}>
      <div
        class="wall-grid"
        style={{ gridTemplateColumns: `repeat(${columns}, ${tileWidth}px)`, gap: `${gap}px` }}
      >
        {waiting && <div class="tile skeleton" />}
        {space.width > 0 &&
          list.map((camera) => (
            <LiveTile
              key={camera.id}
              camera={camera}
              large={camera.id === large}
              active={large === undefined || camera.id === large}
              onEnlarge={() => navigate(livePath(camera.id))}
              onBack={() => navigate('/live')}
            />
          ))}
      </div>
    </div>
  );
}
