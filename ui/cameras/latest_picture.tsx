import { useEffect, useState } from 'preact/hooks';
import type { CameraAnswer } from '../../src/api/contract.ts';
import { apiPath } from '../api/client.ts';
import { serverNowMs } from '../api/updates.ts';

const refreshMs = 30_000;

/** The newest key frame of a camera, decoded by the browser; the bare surface where there is none. */
export function LatestPicture({ camera }: { camera: CameraAnswer }) {
  const stream = camera.streams.findLast(({ lastFootageMs }) => lastFootageMs !== undefined);
  const [atMs, setAtMs] = useState(() => Math.round(serverNowMs()));
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => setAtMs(Math.round(serverNowMs())), refreshMs);
    return () => clearInterval(timer);
  }, []);
  const at = stream?.lastFootageMs === undefined ? undefined : Math.min(atMs, stream.lastFootageMs - 1);
  return (
    <div class="latest-picture">
      {stream && (
        <video
          class={shown ? 'shown' : ''}
          src={apiPath(`/cameras/${encodeURIComponent(camera.id)}/keyframe`, { stream: stream.id, at })}
          muted
          playsInline
          preload="auto"
          tabIndex={-1}
          aria-hidden="true"
          onLoadedData={() => setShown(true)}
          onError={() => setShown(false)}
        />
      )}
    </div>
  );
}
