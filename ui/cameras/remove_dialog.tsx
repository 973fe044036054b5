import { useState } from 'preact/hooks';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { dropCamera } from '../api/camera_store.ts';
import { removeCamera } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';
import { Dialog } from '../design/dialog.tsx';
import { toast } from '../design/toasts.tsx';
import { message } from '../messages/message.ts';
import { navigate } from '../navigation.tsx';

/** Asks before a camera goes, and says what stays. */
export function RemoveDialog({ camera, onClose }: { camera: CameraAnswer; onClose: () => void }) {
  const { id, name } = camera;
  const [busy, setBusy] = useState(false);
  const title = message('camera.remove.title', { name });
  const remove = async (): Promise<void> => {
    setBusy(true);
    try {
      await removeCamera(id);
      navigate('/cameras');
      dropCamera(id);
      toast('done', message('camera.removed', { name }));
    } catch (problem) {
      if (!(problem instanceof RequestProblem)) throw problem;
      toast('problem', problem.detail, problem.advice);
      onClose();
    }
  };
  return (
    <Dialog label={title} onClose={onClose}>
      <h2>{title}</h2>
      <p class="dim">{message('camera.remove.text')}</p>
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {message('dialog.cancel')}
        </button>
        <button type="button" class="button alarm" disabled={busy} onClick={() => void remove()}>
          {message('camera.remove.confirm')}
        </button>
      </div>
    </Dialog>
  );
}
