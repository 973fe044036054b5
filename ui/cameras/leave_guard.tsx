import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../design/dialog.tsx';
import { message } from '../messages/message.ts';
import { holdLinks } from '../navigation.tsx';

/** While it is there, links and the closing of the tab ask before changes that are not saved are lost. */
export function LeaveGuard() {
  const [leaving, setLeaving] = useState<{ go: () => void } | undefined>(undefined);
  useEffect(() => {
    const release = holdLinks((go) => setLeaving({ go }));
    // The browser asks in words of its own.
    const onUnload = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', onUnload);
    return () => {
      release();
      removeEventListener('beforeunload', onUnload);
    };
  }, []);
  if (!leaving) return null;
  const stay = (): void => setLeaving(undefined);
  return (
    <Dialog label={message('camera.leave.title')} onClose={stay}>
      <h2>{message('camera.leave.title')}</h2>
      <p class="dim">{message('camera.leave.text')}</p>
      <div class="actions">
        <button type="button" class="button" onClick={stay}>
          {message('camera.leave.stay')}
        </button>
        <button type="button" class="button alarm" onClick={leaving.go}>
          {message('camera.leave.confirm')}
        </button>
      </div>
    </Dialog>
  );
}
