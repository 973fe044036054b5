import { useState } from 'preact/hooks';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { protect } from '../api/client.ts';
import { Switch } from '../design/field.tsx';
import { ReasonDialog } from '../design/reason_dialog.tsx';
import { toast } from '../design/toasts.tsx';
import { message } from '../messages/message.ts';

/** Protects what lies between the marks, for this camera, with all that follows if that is wanted. */
export function ProtectTime({
  camera,
  fromMs,
  toMs,
}: {
  camera: CameraAnswer;
  fromMs: number;
  toMs: number;
}) {
  const [asking, setAsking] = useState(false);
  const [follows, setFollows] = useState(false);
  const confirm = async (by: string, reason: string): Promise<void> => {
    const endMs = follows ? null : Math.ceil(toMs);
    await protect({ cameraId: camera.id, startMs: Math.floor(fromMs), endMs, reason, by });
    toast('done', message('protection.protected'));
  };
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)} data-testid="protect">
        {message('protection.protect')}
      </button>
      {asking && (
        <ReasonDialog
          title={message('protection.protect.title', { name: camera.name })}
          text={message('protection.protect.text')}
          confirm={message('protection.protect.confirm')}
          onConfirm={confirm}
          onClose={() => setAsking(false)}
        >
          <Switch label={message('protection.follows')} checked={follows} onChecked={setFollows} />
        </ReasonDialog>
      )}
    </>
  );
}
