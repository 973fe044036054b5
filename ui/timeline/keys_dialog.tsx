import { useEffect, useRef } from 'preact/hooks';
import { message, type PlainKey } from '../messages/message.ts';

const rows: readonly (readonly [keys: readonly string[], label: PlainKey])[] = [
  [['Space'], 'keys.toggle'],
  [['J', 'K', 'L'], 'keys.shuttle'],
  [[',', '.'], 'keys.step'],
  [['←', '→'], 'keys.move'],
  [['Page ↑', 'Page ↓'], 'keys.page'],
  [['+', '−'], 'keys.zoom'],
  [['Home', 'End'], 'keys.ends'],
  [['N', 'P'], 'keys.events'],
  [['T'], 'keys.present'],
  [['G'], 'keys.type'],
  [['I', 'O'], 'keys.marks'],
  [['E'], 'keys.export'],
  [['S'], 'keys.still'],
  [['1', '9'], 'keys.camera'],
  [['F'], 'keys.full'],
  [['?'], 'keys.help'],
];

export function KeysDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="dialog" ref={dialog} onClose={onClose} aria-labelledby="keys-title">
      <div>
        <h1 id="keys-title">{message('keys.title')}</h1>
        <dl class="keys">
          {rows.map(([keys, label]) => (
            <div key={label}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{message(label)}</dd>
            </div>
          ))}
        </dl>
        <p class="dim">{message('keys.pointer')}</p>
        <form method="dialog" class="actions">
          <button type="submit" class="button">
            {message('dialog.close')}
          </button>
        </form>
      </div>
    </dialog>
  );
}
