import { useEffect, useRef, useState } from 'preact/hooks';
import { alarms } from '../api/alarm_store.ts';
import { connection } from '../api/updates.ts';
import { Icon } from '../design/icon.tsx';
import { message } from '../messages/message.ts';
import { AlarmEntries } from './alarm_list.tsx';
import './alarms.css';

const refreshMs = 15_000;

/** A bell with the number of alarms, and behind it what they are. */
export function AlarmBell() {
  const panel = useRef<HTMLDivElement>(null);
  const isOpen = useOpen(panel);
  const list = alarms.value ?? [];
  const isGrave = list.some(({ severity }) => severity === 'critical');
  const count = list.length;
  return (
    <>
      <button type="button" class="page end" popovertarget="alarms">
        <span class="bell">
          <Icon name="bell" />
          {count > 0 && (
            <span aria-hidden="true" class={`alarm-count ${isGrave ? 'critical' : 'warning'}`}>
              {count > 99 ? '99+' : count}
            </span>
          )}
        </span>
        <span aria-hidden={count > 0}>{message('alarms.title')}</span>
        {count > 0 && <span class="visually-hidden">{message('alarms.label', { count })}</span>}
      </button>
      {/* Said when the number changes, wherever one is. */}
      <p class="visually-hidden" role="status">
        {count > 0 && message('alarms.count', { count })}
      </p>
      <div
        id="alarms"
        ref={panel}
        class="alarm-panel"
        popover="auto"
        role="dialog"
        aria-label={message('alarms.title')}
      >
        {isOpen && (
          <>
            <h2>{count > 0 ? message('alarms.count', { count }) : message('alarms.title')}</h2>
            {connection.value === 'lost' && <p class="dim">{message('alarms.unknown')}</p>}
            {count > 0 ? (
              <AlarmEntries list={list} onFollow={() => panel.current?.hidePopover()} />
            ) : (
              <p class="dim">{message('alarms.none')}</p>
            )}
          </>
        )}
      </div>
    </>
  );
}

/** Whether the panel is open; while it is, it is drawn anew now and then, for what it says of time grows old. */
function useOpen(panel: { readonly current: HTMLElement | null }): boolean {
  const [isOpen, setOpen] = useState(false);
  const [, redraw] = useState(0);
  useEffect(() => {
    const element = panel.current;
    const onToggle = (event: Event) => setOpen((event as ToggleEvent).newState === 'open');
    element?.addEventListener('toggle', onToggle);
    return () => element?.removeEventListener('toggle', onToggle);
  }, []);
  useEffect(() => {
    if (!isOpen) return;
    const timer = setInterval(() => redraw((times) => times + 1), refreshMs);
    return () => clearInterval(timer);
  }, [isOpen]);
  return isOpen;
}
