/** What each key of the timeline does. */
export type Command =
  | { readonly kind: 'zoom'; readonly factor: number }
  /** Moves the playhead by so many milliseconds. */
  | { readonly kind: 'move'; readonly ms: number }
  /** Moves the playhead by a part of what is in view. */
  | { readonly kind: 'page'; readonly part: number }
  | { readonly kind: 'shuttle'; readonly direction: -1 | 1 }
  | { readonly kind: 'step'; readonly direction: -1 | 1 }
  | { readonly kind: 'event'; readonly direction: -1 | 1 }
  /** Has a camera lead, counted from 1 in the order of the list. */
  | { readonly kind: 'camera'; readonly number: number }
  | {
      readonly kind:
        | 'first'
        | 'last'
        | 'present'
        | 'toggle'
        | 'pause'
        | 'in'
        | 'out'
        | 'export'
        | 'still'
        | 'full'
        | 'help'
        | 'type';
    };

interface Key {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

const plain: Readonly<Record<string, Command>> = {
  '+': { kind: 'zoom', factor: 1 / 1.6 },
  '=': { kind: 'zoom', factor: 1 / 1.6 },
  '-': { kind: 'zoom', factor: 1.6 },
  ArrowLeft: { kind: 'move', ms: -5_000 },
  ArrowRight: { kind: 'move', ms: 5_000 },
  PageUp: { kind: 'page', part: -0.5 },
  PageDown: { kind: 'page', part: 0.5 },
  Home: { kind: 'first' },
  End: { kind: 'last' },
  t: { kind: 'present' },
  ' ': { kind: 'toggle' },
  j: { kind: 'shuttle', direction: -1 },
  k: { kind: 'pause' },
  l: { kind: 'shuttle', direction: 1 },
  ',': { kind: 'step', direction: -1 },
  '.': { kind: 'step', direction: 1 },
  n: { kind: 'event', direction: 1 },
  p: { kind: 'event', direction: -1 },
  i: { kind: 'in' },
  o: { kind: 'out' },
  e: { kind: 'export' },
  s: { kind: 'still' },
  f: { kind: 'full' },
  g: { kind: 'type' },
  '?': { kind: 'help' },
};

/** On a vertical timeline, which has the newest at the top. */
const turned: Readonly<Record<string, string>> = {
  ArrowUp: 'ArrowRight',
  ArrowDown: 'ArrowLeft',
  PageUp: 'PageDown',
  PageDown: 'PageUp',
};

/** @param isVertical whether it is pressed on a timeline that is */
export function commandOf(pressed: Key, isVertical = false): Command | undefined {
  const { shiftKey, ctrlKey, metaKey, altKey } = pressed;
  if (ctrlKey || metaKey || altKey) return undefined;
  const key = (isVertical && turned[pressed.key]) || pressed.key;
  if (/^[1-9]$/.test(key)) return { kind: 'camera', number: Number(key) };
  if (shiftKey && key === 'ArrowLeft') return { kind: 'move', ms: -60_000 };
  if (shiftKey && key === 'ArrowRight') return { kind: 'move', ms: 60_000 };
  return plain[key.length === 1 ? key.toLowerCase() : key];
}
