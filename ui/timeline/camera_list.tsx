import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { message } from '../messages/message.ts';
import { maxBeside } from './page_location.ts';

/** The cameras to choose from, with what each does now. */
export function CameraList(props: {
  readonly cameras: readonly CameraAnswer[];
  readonly current: CameraAnswer;
  /** Ids of those that are shown beside it. */
  readonly besideIds: readonly string[];
  readonly onChoose: (camera: CameraAnswer) => void;
  readonly onBeside: (cameraIds: readonly string[]) => void;
}) {
  const { cameras, current, besideIds, onChoose, onBeside } = props;
  const isFull = besideIds.length >= maxBeside;
  return (
    <ul class="camera-list" aria-label={message('side.cameras')}>
      {cameras.map((camera) => {
        const main = camera.streams.find(({ record }) => record) ?? camera.streams[0];
        return (
          <li key={camera.id}>
            <button
              type="button"
              aria-current={camera.id === current.id}
              onClick={() => onChoose(camera)}
              data-testid="choose-camera"
            >
              <span class={`state-dot ${main?.state === 'recording' ? 'on' : ''}`} />
              <span>
                <b>{camera.name}</b>
                <span class="small dim">{main?.stateReason}</span>
              </span>
            </button>
            {camera.id !== current.id && main?.record && (
              <Beside
                camera={camera}
                isShown={besideIds.includes(camera.id)}
                isFull={isFull}
                onToggle={(isShown) =>
                  onBeside(isShown ? [...besideIds, camera.id] : besideIds.filter((id) => id !== camera.id))
                }
              />
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** Shows a camera beside the one that leads, or no more. */
function Beside(props: {
  readonly camera: CameraAnswer;
  readonly isShown: boolean;
  readonly isFull: boolean;
  readonly onToggle: (isShown: boolean) => void;
}) {
  const { camera, isShown, isFull, onToggle } = props;
  const words =
    isFull && !isShown
      ? message('beside.full', { most: maxBeside + 1 })
      : message(isShown ? 'beside.remove' : 'beside.add', { camera: camera.name });
  return (
    <button
      type="button"
      class="beside"
      aria-pressed={isShown}
      aria-label={words}
      title={words}
      disabled={isFull && !isShown}
      data-testid="beside"
      onClick={() => onToggle(!isShown)}
    >
      <span class={`tick ${isShown ? 'on' : ''}`} />
    </button>
  );
}
