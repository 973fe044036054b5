import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';
import { cameras, camerasProblem } from '../api/camera_store.ts';
import { withRates } from '../api/stream_rates.ts';
import { serverNowMs, statesKnown } from '../api/updates.ts';
import { Icon } from '../design/icon.tsx';
import { Notice } from '../design/notice.tsx';
import { moment } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import { Link } from '../navigation.tsx';
import { cameraPath } from '../route.ts';
import './cameras.css';
import { LatestPicture } from './latest_picture.tsx';
import { NoCamera } from './no_camera.tsx';
import { StateMark } from './state_mark.tsx';
import { camerasSummary, concernOf, gravest, streamFacts } from './stream_words.ts';

export function CamerasPage() {
  const list = cameras.value;
  if (list?.length === 0) return <NoCamera />;
  return (
    <>
      <header class="page-head">
        <h1>{message('cameras.title')}</h1>
        <span class="summary">{list && camerasSummary(list, serverNowMs(), statesKnown.value)}</span>
        <span class="grow" />
        <Link class="button accent" href="/cameras/add">
          <Icon name="plus" />
          {message('cameras.add')}
        </Link>
      </header>
      <div class="page-body">
        {camerasProblem.value && !list ? (
          <Notice kind="alarm" advice={camerasProblem.value.advice}>
            {camerasProblem.value.detail}
          </Notice>
        ) : (
          <ul class="camera-list">
            {list ? list.map((camera) => <CameraRow key={camera.id} camera={camera} />) : <Skeletons />}
          </ul>
        )}
      </div>
    </>
  );
}

function CameraRow({ camera }: { camera: CameraAnswer }) {
  const worst = gravest(camera, serverNowMs());
  const concern = statesKnown.value ? worst?.concern : 'unknown';
  return (
    <li>
      <Link class="camera-row" href={cameraPath(camera.id)}>
        <LatestPicture camera={camera} />
        <div class="camera-what">
          <h2>{camera.name}</h2>
          <p class={`camera-state ${concern ?? ''}`}>
            {concern && <StateMark concern={concern} />}
            <span>{worst ? stateWords(worst.stream) : message('state.no-streams')}</span>
          </p>
        </div>
        <dl class="camera-streams">
          {camera.streams.map((stream) => (
            <div key={stream.id}>
              <dt>{message(`role.${stream.role}`)}</dt>
              <dd>{streamLine(stream)}</dd>
            </div>
          ))}
        </dl>
        <Icon name="next" />
      </Link>
    </li>
  );
}

/** The reason says all when something is wrong; else the state is enough. */
export function stateWords(stream: StreamAnswer): string {
  if (!statesKnown.value) return message('state.unknown-now');
  return stream.state === 'recording' ? message('state.recording') : stream.stateReason;
}

function streamLine(stream: StreamAnswer): string {
  const facts = streamFacts(withRates(stream));
  const concern = concernOf(stream, serverNowMs());
  if (concern === 'idle' && !stream.record) facts.push(message('stream.not-recorded'));
  else if (stream.lastFootageMs === undefined) facts.push(message('stream.no-footage'));
  else if (concern !== 'fine') {
    facts.push(message('stream.last-footage', { when: moment(stream.lastFootageMs, serverNowMs()) }));
  }
  return facts.join('  ·  ');
}

function Skeletons() {
  return [0, 1, 2].map((row) => (
    <li key={row} class="camera-row" aria-hidden="true">
      <div class="latest-picture skeleton" />
      <div class="camera-what">
        <div class="skeleton line" />
        <div class="skeleton line short" />
      </div>
    </li>
  ));
}
