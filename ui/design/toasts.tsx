import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { message } from '../messages/message.ts';
import { Icon, type IconName } from './icon.tsx';
import './toasts.css';

interface Toast {
  id: number;
  /** It went well, is merely good to know, or went wrong. */
  kind: 'done' | 'note' | 'problem';
  text: string;
  advice?: string;
}

/** The oldest gives way to one more. */
const maxToasts = 4;
const shownMs = { done: 5_000, note: 5_000, problem: 12_000 };
const icons = { done: 'check', note: 'info', problem: 'warning' } as const satisfies Record<string, IconName>;

const toasts = signal<readonly Toast[]>([]);
let lastId = 0;

/** Says the result of what the person did, for a few seconds. */
export function toast(kind: Toast['kind'], text: string, advice?: string): void {
  const id = ++lastId;
  const one = { id, kind, text, ...(advice !== undefined && { advice }) };
  toasts.value = [...toasts.value.slice(1 - maxToasts), one];
  setTimeout(() => dismiss(id), shownMs[kind]);
}

const dismiss = (id: number): void => {
  toasts.value = toasts.value.filter((each) => each.id !== id);
};

/** The results, above what stays until its cause is gone: neither covers the other. */
export function Toasts({ children }: { children: ComponentChildren }) {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((each) => (
        <div key={each.id} class={`toast ${each.kind}`}>
          <Icon name={icons[each.kind]} />
          <p>
            {each.text}
            {each.advice !== undefined && <span class="dim"> {each.advice}</span>}
          </p>
          <button
            type="button"
            class="button quiet square"
            aria-label={message('toast.dismiss')}
            onClick={() => dismiss(each.id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      {children}
    </div>
  );
}
