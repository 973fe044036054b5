import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { message } from '../messages/message.ts';

/** The cameras to choose from, with what each does now. */
export function CameraList(props: {
  readonly cameras: readonly CameraAnswer[];
  readonly current: CameraAnswer;
  readonly onChoose: (camera: CameraAnswer) => void;
}) {
  const { cameras, current, onChoose } = props;
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
          </li>
        );
      })}
    </ul>
  );
}
