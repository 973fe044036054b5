import { effect, signal } from '@preact/signals';

const key = 'nightjar.theme';

export const themes = ['system', 'dark', 'light'] as const;
export type Theme = (typeof themes)[number];

const stored = (): Theme => {
  const value = globalThis.localStorage?.getItem(key);
  return themes.find((theme) => theme === value) ?? 'system';
};

/** What the person chose; kept in this browser. */
export const theme = signal<Theme>(stored());

/** Keeps the page in the chosen theme from now on. */
export function applyTheme(root: HTMLElement): void {
  effect(() => {
    if (theme.value === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme.value;
    localStorage.setItem(key, theme.value);
  });
}
