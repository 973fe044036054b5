import { useEffect, useState } from 'preact/hooks';
import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';
import { cameras, camerasProblem, fetchCameras } from '../api/camera_store.ts';
import { serverNowMs } from '../api/updates.ts';
import { message } from '../messages/message.ts';
import { Link, navigate, query } from '../navigation.tsx';
import { behindPresentMs } from '../player/playback.ts';
import { formatPageLocation, readPageLocation } from './page_location.ts';
import { type CameraStream, StreamTimeline } from './stream_timeline.tsx';

const defaultSpanMs = 30 * 60_000;

/** Recorded footage of one camera: the picture, the timeline, and what belongs to them. */
export function TimelinePage() {
  const list = cameras.value;
  const location = readPageLocation(query.value);
  // Where the page was opened; what follows is kept by the stream's timeline.
  const [opened] = useState(() => ({
    atMs: location.atMs,
    spanMs: location.spanMs ?? defaultSpanMs,
    nowMs: serverNowMs(),
  }));
  const camera = location.camera === undefined ? list?.[0] : list?.find(({ id }) => id === location.camera);
  const stream = camera && chosenStream(camera, location.stream);

  useEffect(() => {
    document.documentElement.classList.add('fills');
    return () => document.documentElement.classList.remove('fills');
  }, []);

  if (list === undefined) return <Waiting />;
  if (list.length === 0) return <Empty />;
  if (!camera) return <Unknown others={list} />;
  if (!stream) return <Lonely title={camera.name} text={message('timeline.unrecorded')} />;
  const atMs = location.atMs ?? opened.atMs ?? opened.nowMs - behindPresentMs;
  return (
    <StreamTimeline
      key={`${camera.id} ${stream.id}`}
      {...{ camera, stream, cameras: list, atMs, spanMs: location.spanMs ?? opened.spanMs }}
      beside={besideOf(location.beside, camera, list)}
      following={location.atMs === undefined}
      onBeside={(ids) =>
        navigate(formatPageLocation({ ...readPageLocation(query.peek()), camera: camera.id, beside: ids }), {
          replace: true,
        })
      }
      onChoose={(next, role, place) => {
        // Two cameras of one view change places.
        const beside = location.beside.map((id) => (id === next.id ? camera.id : id));
        navigate(formatPageLocation({ camera: next.id, beside, stream: role, ...place }), {
          replace: next.id === camera.id,
        });
      }}
    />
  );
}

/** The cameras that are shown beside the one that leads, each with the stream that costs least: the pictures are small. */
function besideOf(
  ids: readonly string[],
  leader: CameraAnswer,
  list: readonly CameraAnswer[],
): readonly CameraStream[] {
  return ids.flatMap((id) => {
    const camera = list.find((each) => each.id === id);
    const recorded = camera?.streams.filter(({ record }) => record) ?? [];
    const stream = recorded.find(({ role }) => role === 'sub') ?? recorded[0];
    return camera && stream && id !== leader.id ? [{ camera, stream }] : [];
  });
}

/** The stream of the address, else the best that is recorded. */
function chosenStream(camera: CameraAnswer, asked: string | undefined): StreamAnswer | undefined {
  const { streams } = camera;
  return (
    streams.find(({ id, role }) => id === asked || role === asked) ??
    streams.find(({ record }) => record) ??
    streams[0]
  );
}

function Waiting() {
  const problem = camerasProblem.value;
  if (problem) {
    return (
      <Lonely title={problem.detail} text={problem.advice}>
        <button type="button" class="button accent" onClick={() => void fetchCameras()}>
          {message('problem.retry')}
        </button>
      </Lonely>
    );
  }
  return (
    <div class="timeline-page" aria-busy="true">
      <span class="visually-hidden">{message('timeline.loading')}</span>
      <header class="page-head">
        <span class="skeleton skeleton-time" />
      </header>
      <div class="skeleton skeleton-stage" />
      <div class="skeleton skeleton-track" />
    </div>
  );
}

function Empty() {
  return (
    <Lonely title={message('timeline.empty.title')} text={message('timeline.empty.text')}>
      <Link class="button accent" href="/cameras/add">
        {message('timeline.empty.action')}
      </Link>
    </Lonely>
  );
}

function Unknown({ others }: { others: readonly CameraAnswer[] }) {
  const first = others[0]!;
  return (
    <Lonely title={message('timeline.unknown.title')} text={message('timeline.unknown.text')}>
      <Link
        class="button accent"
        href={formatPageLocation({
          camera: first.id,
          beside: [],
          stream: undefined,
          atMs: undefined,
          spanMs: undefined,
        })}
      >
        {message('timeline.unknown.action', { camera: first.name })}
      </Link>
    </Lonely>
  );
}

function Lonely({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children?: preact.ComponentChildren;
}) {
  return (
    <div class="lonely">
      <h1>{title}</h1>
      <p>{text}</p>
      {children}
    </div>
  );
}
