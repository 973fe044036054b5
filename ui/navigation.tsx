import { computed, signal } from '@preact/signals';
import type { JSX } from 'preact';
import { routeOf } from './route.ts';

const address = signal(new URL(location.href));

/** The page of the present address. */
export const route = computed(() => routeOf(address.value.pathname));

/** The parameters of the present address, for pages that keep their state there. */
export const query = computed(() => address.value.searchParams);

/** Goes to an address of the interface. With `replace` the way back skips the present one. */
export function navigate(path: string, { replace = false } = {}): void {
  const target = new URL(path, location.href);
  if (target.href === address.peek().href) return;
  if (replace) history.replaceState(null, '', target);
  else history.pushState(null, '', target);
  const samePage = target.pathname === address.peek().pathname;
  address.value = target;
  if (!samePage) scrollTo(0, 0);
}

/** Follows the browser's back and forward from now on. */
export function followHistory(): void {
  addEventListener('popstate', () => {
    address.value = new URL(location.href);
  });
}

let held: ((go: () => void) => void) | undefined;

/** From now on links ask before they lead away, until the function that it returns is called; `go` then does so. */
export function holdLinks(ask: (go: () => void) => void): () => void {
  held = ask;
  return () => {
    if (held === ask) held = undefined;
  };
}

/** A link within the interface: no page load, but it opens in a new tab as any link does. */
export function Link({ href, onClick, ...rest }: JSX.IntrinsicElements['a'] & { href: string }) {
  return (
    <a
      {...rest}
      href={href}
      onClick={(event) => {
        onClick?.(event);
        const plain =
          event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
        if (!plain || event.defaultPrevented) return;
        event.preventDefault();
        const go = () => navigate(href);
        if (held) held(go);
        else go();
      }}
    />
  );
}
