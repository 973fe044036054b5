import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

/** Words in place: what went well, what to know, what went wrong and what to do about it. */
export function Notice({
  kind,
  advice,
  children,
}: {
  kind: 'done' | 'caution' | 'alarm';
  advice?: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <div class={`notice ${kind}`} role={kind === 'alarm' ? 'alert' : 'status'}>
      <Icon name={kind === 'done' ? 'check' : 'warning'} />
      <p>
        {children}
        {advice !== undefined && <span class="dim"> {advice}</span>}
      </p>
    </div>
  );
}
