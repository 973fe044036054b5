import { useEffect, useState } from 'preact/hooks';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { newestFootageMs } from '../api/camera_store.ts';
import { apiPath } from '../api/client.ts';

const refreshMs = 30_000;

/** The newest key frame of a camera, decoded by the browser; the bare surface where there is none. */
export function LatestPicture({ camera }: { camera: CameraAnswer }) {
  const stream = camera.streams.findLast((each) => newestFootageMs(each) !== undefined);
  const endMs = stream && newestFootageMs(stream);
  // Kept until the next turn, however often the camera is drawn meanwhile.
  const [atMs, setAtMs] = useState(endMs);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (stream === undefined) return;
    setAtMs(newestFootageMs(stream));
    const timer = setInterval(() => setAtMs(newestFootageMs(stream)), refreshMs);
    return () => clearInterval(timer);
  }, [stream?.id]);
  return (
    <div class="latest-picture">
      {stream && atMs !== undefined && (
        <video
          class={shown ? 'shown' : ''}
          src={apiPath(`/cameras/${encodeURIComponent(camera.id)}/keyframe`, {
            stream: stream.id,
            // The end is exclusive.
            at: atMs - 1,
          })}
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
